"""The section about what changed against the merge base: params, data, code, stages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from headway.contracts.layout import DATASET_REPORT, LOCK, PARAMS
from headway.contracts.markdown import code, prose
from headway.pull_request.report.changes import ABSENT, changed_code, changed_params, changed_stages
from headway.pull_request.report.facts import Base, DataFacts, Facts, Run
from headway.pull_request.report.figures import count, count_change, plural
from headway.pull_request.report.tables import short_table

_SHORT = 10
_MOST_NAMES = 20
_LONGEST_VALUE = 60


def differences(facts: Facts) -> Iterator[str]:
    """Yield what the branch changed."""
    base, run = facts.base, facts.run
    yield "### What changed"
    yield ""
    if base is None:
        yield f"Nothing can be said about what changed: {prose(facts.no_base)}."
        return
    yield f"Since {code(base.commit[:_SHORT])}, where the branch left {code(base.name)}:"
    for part in (_params(base.run, run), _data(base.run, run), _code(base, run), _stages(base.run, run)):
        yield ""
        yield from part


def _params(before: Run, now: Run) -> Iterator[str]:
    if before.params is None or now.params is None:
        yield f"**Params:** {_unknown(before, now, PARAMS)}"
        return
    changes = changed_params(before.params, now.params)
    if not changes:
        yield "**Params:** none changed."
        return
    yield f"**Params:** {plural(len(changes), 'value')}."
    yield ""
    rows = [(code(one.key), _value(one.before), _value(one.now)) for one in changes]
    yield from short_table(("param", "before", "now"), rows)
    if any(one.key.split(".")[0] == "gate" for one in changes):
        yield from ("", "What it changes under `gate` does not count here: the policy is the base branch's.")


def _value(value: str | None) -> str:
    return "*not written*" if value is ABSENT else code(value, _LONGEST_VALUE)


def _data(before: Run, now: Run) -> Iterator[str]:
    if before.data is None or now.data is None:
        yield f"**Data:** {_unknown(before, now, DATASET_REPORT)}"
        return
    old, new = before.data, now.data
    if old.digest == new.digest:
        yield f"**Data:** the same, digest {code(new.digest[:_SHORT])}."
        return
    yield f"**Data:** digest {code(old.digest[:_SHORT])} → {code(new.digest[:_SHORT])}."
    yield from _classes("New classes", [name for name in new.classes if name not in old.classes])
    yield from _classes("Classes gone", [name for name in old.classes if name not in new.classes])
    yield ""
    yield from short_table(("of the data", "before", "now", "change"), list(_counts(old, new)))


def _classes(title: str, names: Sequence[str]) -> Iterator[str]:
    if names:
        rest = len(names) - _MOST_NAMES
        more = f" and {rest:,} more" if rest > 0 else ""
        yield f"{title}: {', '.join(code(name, _LONGEST_VALUE) for name in names[:_MOST_NAMES])}{more}."


def _counts(old: DataFacts, new: DataFacts) -> Iterator[tuple[str, str, str, str]]:
    """Yield rows of counts: every split, and the classes whose number of boxes changed."""
    for name in dict.fromkeys((*old.splits, *new.splits)):
        splits = [data.splits.get(name) for data in (old, new)]
        yield _row(f"images, {code(name)}", *(split.images if split else None for split in splits))
        yield _row(f"boxes, {code(name)}", *(split.boxes if split else None for split in splits))
    for name in dict.fromkeys((*old.classes, *new.classes)):
        sums = [_boxes(data, name) for data in (old, new)]
        if sums[0] != sums[1]:
            yield _row(f"boxes of {code(name, _LONGEST_VALUE)}", *sums)


def _boxes(data: DataFacts, name: str) -> int:
    return sum(split.boxes_per_class.get(name, 0) for split in data.splits.values())


def _row(title: str, before: int | None, now: int | None) -> tuple[str, str, str, str]:
    return title, count(before), count(now), count_change(before, now)


def _code(base: Base, run: Run) -> Iterator[str]:
    found, others = changed_code(base, run)
    rest = f"; {plural(others, 'other file')} changed" if others else ""
    if not found:
        yield f"**Code:** no file that a stage depends on changed{rest}."
        return
    yield f"**Code:** {plural(len(found), 'file')} that stages depend on{rest}."
    yield ""
    rows = [(code(one.path), one.change, _names(one.stages)) for one in found]
    yield from short_table(("file", "", "stages"), rows, left=3)


def _stages(before: Run, now: Run) -> Iterator[str]:
    if before.stages is None or now.stages is None:
        yield f"**Stages:** {_unknown(before, now, LOCK)}"
        return
    changes = changed_stages(before.stages, now.stages)
    ran = [f"{code(one.stage)} ({', '.join(one.parts)})" for one in changes if one.outcome == "ran"]
    same = [one.stage for one in changes if one.outcome == "same"]
    gone = [one.stage for one in changes if one.outcome == "gone"]
    yield f"**Stages:** ran again: {', '.join(ran[:_MOST_NAMES]) or 'none'}."
    if same:
        yield f"As before: {_names(same)}."
    if gone:
        yield f"Gone: {_names(gone)}."


def _names(names: Sequence[str]) -> str:
    rest = len(names) - _MOST_NAMES
    more = f" and {rest:,} more" if rest > 0 else ""
    return ", ".join(map(code, names[:_MOST_NAMES])) + more


def _unknown(before: Run, now: Run, path: Path) -> str:
    """Say which side lacks a file."""
    sides = (("at the merge base", before), ("here", now))
    reasons = [f"`{path}` {run.missing[path]} {side}" for side, run in sides if path in run.missing]
    return f"not known: {' and '.join(reasons)}."
