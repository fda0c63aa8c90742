"""What reading and checking finds, and what the policies make of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from headway.contracts.problem import Problem
from headway.contracts.problems import KINDS, Policy, sorted_problems
from headway.data.source import SourceImage
from headway.errors import InputError

SHOWN_PROBLEMS = 20


@dataclass
class Findings:
    """Every problem of a data set, and the policies that params.yaml sets for them.

    Attributes:
        policies: policies by code; codes that are missing have their default.
        problems: all that was found, in the order of finding.
    """

    policies: Mapping[str, Policy] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def add(
        self, code: str, message: str, file: str = "", line: int | None = None, *, others: Iterable[str] = ()
    ) -> None:
        """Note a problem of the set as a whole."""
        self.problems.append(Problem(code, message, file, line, others=tuple(others)))

    def policy(self, code: str) -> Policy:
        return self.policies.get(code, KINDS[code].default)

    def counts(self) -> dict[str, int]:
        """Return how often each code occurs, in the order of reports."""
        found = Counter(problem.code for problem in self.problems)
        return {code: found[code] for code in KINDS if found[code]}

    def failing(self) -> list[Problem]:
        """Return the problems whose policy is to fail, sorted."""
        return sorted_problems(problem for problem in self.problems if self.policy(problem.code) == "fail")

    def note(self, problems: Iterable[Problem]) -> set[str]:
        """Note problems of images that were settled before, and return the ids of those to leave out after all."""
        left_out = set()
        for problem in problems:
            self.problems.append(problem)
            takes_image = KINDS[problem.code].takes == "image"
            if takes_image and problem.image_id is not None and self.policy(problem.code) == "drop":
                left_out.add(problem.image_id)
        return left_out

    def settle(self, image: SourceImage, problems: Iterable[Problem]) -> SourceImage | None:
        """Note the problems of one image, and return it without the rows that are dropped; None if it is dropped."""
        dropped = set()
        keep = True
        for problem in problems:
            self.problems.append(problem)
            if self.policy(problem.code) != "drop":
                continue
            if KINDS[problem.code].takes == "image":
                keep = False
            elif problem.box is not None:
                dropped.add(problem.box)
        if not keep or not dropped:
            return image if keep else None
        kept = [index for index in range(len(image.boxes)) if index not in dropped]
        return replace(
            image,
            boxes=tuple(image.boxes[index] for index in kept),
            lines=tuple(image.lines[index] for index in kept),
        )

    def refuse_failing(self, where: Path) -> None:
        """Do nothing if no problem's policy is to fail.

        Raises:
            InputError: naming the first such problems, and how many there are in all.
        """
        failing = self.failing()
        if not failing:
            return
        count = "1 problem" if len(failing) == 1 else f"{len(failing)} problems"
        lines = [f"{count} in {where}:", *(f"{problem} [{problem.code}]" for problem in failing[:SHOWN_PROBLEMS])]
        if len(failing) > SHOWN_PROBLEMS:
            lines.append(f"... and {len(failing) - SHOWN_PROBLEMS} more")
        raise InputError("\n  ".join(lines), hint=_hint(failing))


def _hint(failing: list[Problem]) -> str:
    """Return the way forward: the codes that may be dropped or kept, as lines for params.yaml."""
    ways = []
    for code in dict.fromkeys(problem.code for problem in failing):
        others = [policy for policy in KINDS[code].allowed if policy != "fail"]
        if others:
            ways.append(f"{code}: {' or '.join(others)}")
    mend = "mend the data (headway data check shows everything)"
    return f"{mend}, or set prepare.policy: {{{', '.join(ways)}}}" if ways else mend
