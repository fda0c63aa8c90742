"""What `headway data check --fix` does about problems that have an obvious way of mending. Originals stay as is."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from headway.contracts.problem import Problem, problem_values
from headway.contracts.problems import KINDS, Policy, sorted_problems
from headway.data.findings import SHOWN_PROBLEMS, Findings
from headway.data.readers.records import Record, name_of, root_for, unseen_problems, write_records
from headway.data.source import Source
from headway.errors import InputError

_SUFFIX = "-mended"


@dataclass(frozen=True)
class Mended:
    """What was mended.

    Attributes:
        file: the records that were written; None where nothing was.
        mends: each problem and what was done about it.
        unmendable: failing problems of rows and images, which records could only lose; with any, nothing is written.
    """

    file: Path | None
    mends: Sequence[tuple[Problem, str]]
    unmendable: Sequence[Problem]

    def values(self) -> dict[str, Any]:
        """Return JSON values."""
        return {
            "file": None if self.file is None else self.file.as_posix(),
            "mends": [problem_values(problem) | {"mend": done} for problem, done in self.mends],
            "unmendable": [problem_values(problem) for problem in self.unmendable],
        }

    def text(self) -> Iterator[str]:
        """Yield lines for a terminal."""
        if self.unmendable:
            yield f"nothing was written: {len(self.unmendable):,} without an obvious way of mending, the first:"
            yield from (f"  {problem} [{problem.code}]" for problem in self.unmendable[:SHOWN_PROBLEMS])
            yield "mend them in the data, or set their prepare.policy to drop"
        elif self.file is None:
            yield "nothing to mend, so nothing was written"
        else:
            yield from (f"mended {problem} [{problem.code}]: {done}" for problem, done in self.mends)
            yield f"wrote {self.file}, {len(self.mends):,} mended; go on with: headway data import {self.file}"


def fixing_policies(policies: Mapping[str, Policy]) -> dict[str, Policy]:
    """Return policies under which every kind that can be mended is; what `policies` keep or drop stays so."""
    fixes = {kind.code: kind.fix for kind in KINDS.values() if kind.fix is not None}
    return fixes | {code: policy for code, policy in policies.items() if policy != "fail" or code not in fixes}


def write_mended(
    path: Path, source: Source, findings: Findings, records: Sequence[Record], classes: Sequence[str]
) -> Mended:
    """Write `data/NAME-mended.jsonl`, unless something would be lost by it or nothing is to be mended.

    Args:
        path: the data set, as it was named.
        source: as it was opened.
        findings: what was found under `fixing_policies`.
        records: the images that the policies keep, without the rows that they drop, boxes cut at the border.
        classes: class names in the order of their ids.

    Raises:
        InputError: the file is `path` itself.
        OSError: it cannot be written.
    """
    unmendable = [problem for problem in findings.failing() if KINDS[problem.code].takes != "set"]
    mends = list_mends(findings, {record.image.image_id for record in records})
    if unmendable or not mends:
        return Mended(None, mends, unmendable)
    file = Path("data") / f"{name_of(path).removesuffix(_SUFFIX)}{_SUFFIX}.jsonl"
    if file.resolve() == path.resolve():
        raise InputError(f"{file} is the data set itself, and originals are not rewritten", hint="rename it first")
    write_records(file, source, records, classes, unseen_problems(findings, records), root=root_for(source.root, file))
    return Mended(file, mends, ())


def list_mends(findings: Findings, kept: Collection[str]) -> list[tuple[Problem, str]]:
    """Return each problem that was mended and what was done, sorted; `kept` are the ids of the images that are left."""
    problems = sorted_problems(findings.problems)
    mends = [(problem, _mend(problem, findings.policy(problem.code), kept)) for problem in problems]
    return [(problem, done) for problem, done in mends if done]


def _mend(problem: Problem, policy: Policy, kept: Collection[str]) -> str:
    kind = KINDS[problem.code]
    if kind.takes == "row":
        return "left out" if policy == "drop" else kind.kept
    is_gone = problem.image_id is not None and problem.image_id not in kept
    return "left out" if kind.takes == "image" and policy == "drop" and is_gone else ""
