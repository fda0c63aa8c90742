"""What checking a data set says: in words, as Markdown and as JSON values. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from headway.contracts.markdown import code, escape, table
from headway.contracts.problem import Problem, problem_values
from headway.contracts.problems import KINDS, sorted_problems
from headway.data.findings import Findings

SHOWN_PLACES = 3
LISTED_PLACES = 20
_REVIEWED = ("suspect-missing", "suspect-class", "suspect-box")
"""Kinds whose problems stay in the order in which they were found: the surest first."""


@dataclass(frozen=True)
class Checked:
    """What was looked at.

    Attributes:
        where: path of the data set, as it was given.
        format: that it was read as.
        images: how many the source lists.
        boxes: how many rows could be read as one.
    """

    where: str
    format: str
    images: int
    boxes: int


def by_kind(findings: Findings) -> dict[str, list[Problem]]:
    """Return the problems of each code that occurs, both in the order of reports."""
    kinds: dict[str, list[Problem]] = {name: [] for name in findings.counts()}
    for problem in sorted_problems(one for one in findings.problems if one.code not in _REVIEWED):
        kinds[problem.code].append(problem)
    for problem in findings.problems:
        if problem.code in _REVIEWED:
            kinds[problem.code].append(problem)
    return kinds


def check_text(checked: Checked, findings: Findings) -> Iterator[str]:
    """Yield lines for a terminal: each kind with its count and policy, the first places below it."""
    yield f"{checked.where} ({checked.format}): {checked.images:,} images, {checked.boxes:,} boxes"
    for name, problems in by_kind(findings).items():
        yield f"{len(problems):>6}  {name}: {KINDS[name].title} [{_outcome(name, findings)}]"
        for problem in problems[:SHOWN_PLACES]:
            yield f"        {problem}"
        if len(problems) > SHOWN_PLACES:
            yield f"        ... and {len(problems) - SHOWN_PLACES:,} more"
    yield _verdict(findings)


def check_markdown(checked: Checked, findings: Findings, sheets: Mapping[str, str]) -> str:
    """Return a page: a table of kinds, then each with its contact sheet and first places.

    Args:
        checked: what was looked at.
        findings: what was found.
        sheets: path of the contact sheet of each code that has one, relative to the page.
    """
    kinds = by_kind(findings)
    lines = [
        "# Data check",
        "",
        f"{code(checked.where)}, read as {checked.format}: {checked.images:,} images, {checked.boxes:,} boxes.",
        f"{_verdict(findings)}.",
        "",
    ]
    if kinds:
        rows = [
            [f"{code(name)} {KINDS[name].title}", f"{len(found):,}", _outcome(name, findings)]
            for name, found in kinds.items()
        ]
        lines += [*table(["kind", "count", "policy"], rows), ""]
    for name, problems in kinds.items():
        lines += [f"## {name}", "", f"{len(problems):,}: {KINDS[name].title}; {_outcome(name, findings)}.", ""]
        if name in sheets:
            lines += [f"![{KINDS[name].title}]({sheets[name]})", ""]
        lines += [f"- {_listed(problem)}" for problem in problems[:LISTED_PLACES]]
        if len(problems) > LISTED_PLACES:
            lines.append(f"- ... and {len(problems) - LISTED_PLACES:,} more in `problems.jsonl`")
        lines.append("")
    return "\n".join(lines)


def check_values(checked: Checked, findings: Findings) -> dict[str, Any]:
    """Return JSON values: what was looked at, counts and policies by code, and every problem."""
    kinds = by_kind(findings)
    return {
        "checked": asdict(checked),
        "sound": not findings.failing(),
        "kinds": {
            name: {"title": KINDS[name].title, "count": len(problems), "policy": findings.policy(name)}
            for name, problems in kinds.items()
        },
        "problems": [problem_values(problem) for problems in kinds.values() for problem in problems],
    }


def codes_text() -> Iterator[str]:
    """Yield a table of every kind of problem: code, default policy, the policies that may be set, and what it is."""
    longest = max(map(len, KINDS))
    yield f"{'code':<{longest}}  {'default':<7}  {'allowed':<14}  what"
    for kind in KINDS.values():
        what = f"{kind.title}; kept: {kind.kept}" if kind.kept else kind.title
        yield f"{kind.code:<{longest}}  {kind.default:<7}  {' '.join(kind.allowed):<14}  {what}"


def codes_values() -> list[dict[str, Any]]:
    """Return every kind of problem as JSON values."""
    return [{**asdict(kind), "allowed": list(kind.allowed)} for kind in KINDS.values()]


def _outcome(name: str, findings: Findings) -> str:
    policy = findings.policy(name)
    if policy == "keep" and KINDS[name].kept:
        return f"keep: {KINDS[name].kept}"
    return policy


def _listed(problem: Problem) -> str:
    return f"{code(problem.place)} {escape(problem.message)}" if problem.place else escape(problem.message)


def _verdict(findings: Findings) -> str:
    count, failing = len(findings.problems), len(findings.failing())
    if not count:
        return "No problem found"
    found = "1 problem" if count == 1 else f"{count:,} problems"
    if not failing:
        return f"{found}, none of a kind whose policy is to fail"
    return f"{found}, {failing:,} of a kind whose policy is to fail"
