"""What differs between two runs: params, stages, and the files that stages depend on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from headway.contracts.canonical import canonical_json
from headway.contracts.layout import LOCK, PARAMS
from headway.contracts.lock import Entries, output_digests
from headway.pull_request.generated import is_result
from headway.pull_request.report.facts import Base, Change, Run

ABSENT = None
"""Where a parameter is not written down. A value is never None: null is the text "null"."""


@dataclass(frozen=True)
class ParamChange:
    """One parameter, by dotted key; values as JSON, or ABSENT."""

    key: str
    before: str | None
    now: str | None


@dataclass(frozen=True)
class StageChange:
    """What became of one stage's entry in dvc.lock.

    Attributes:
        stage: its name.
        outcome: "ran" when the entry is another than before.
        parts: of the entry, those that differ: command, params, dependencies, outputs.
    """

    stage: str
    outcome: Literal["ran", "same", "gone"]
    parts: tuple[str, ...] = ()


@dataclass(frozen=True)
class FileChange:
    """A file that stages depend on."""

    path: str
    change: Change
    stages: tuple[str, ...]


def changed_params(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[ParamChange]:
    """Return every parameter whose value differs, by key."""
    old, new = dict(_flat(before, ())), dict(_flat(now, ()))
    keys = sorted(key for key in {*old, *new} if old.get(key) != new.get(key))
    return [ParamChange(key, old.get(key, ABSENT), new.get(key, ABSENT)) for key in keys]


def changed_stages(before: Entries, now: Entries) -> list[StageChange]:
    """Return every stage of either lock, in the order of the newer one."""
    return [_stage(name, before.get(name), now.get(name)) for name in (*now, *sorted({*before} - {*now}))]


def changed_code(base: Base, run: Run) -> tuple[list[FileChange], int]:
    """Return the changed files that stages depend on, by path, and how many others changed.

    What the run itself wrote (outputs of stages, reports, dvc.lock) and params.yaml are neither.
    """
    both = [entries for entries in (base.run.stages, run.stages) if entries is not None]
    written = {path for entries in both for path in output_digests(entries)}
    written |= {LOCK.as_posix(), PARAMS.as_posix()}
    files = [path for path in sorted(base.changes) if path not in written and not is_result(path)]
    found = [FileChange(path, base.changes[path], _stages_of(path, both)) for path in files]
    return [one for one in found if one.stages], sum(not one.stages for one in found)


def _flat(value: Any, path: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping) and (value or not path):
        for key, below in value.items():
            yield from _flat(below, (*path, str(key)))
    else:
        yield ".".join(path), _text(value)


def _text(value: Any) -> str:
    try:
        return canonical_json(value)
    except (TypeError, ValueError):  # YAML knows dates, sets, keys that are no text, and .nan
        return str(value)


_PARTS = {"cmd": "command", "params": "params", "deps": "dependencies", "outs": "outputs"}


def _stage(name: str, before: Mapping[str, Any] | None, now: Mapping[str, Any] | None) -> StageChange:
    if now is None:
        return StageChange(name, "gone")
    if before is None:
        return StageChange(name, "ran", ("new",))
    parts = tuple(said for key, said in _PARTS.items() if before.get(key) != now.get(key))
    return StageChange(name, "ran" if parts else "same", parts)


def _stages_of(path: str, locks: list[Entries]) -> tuple[str, ...]:
    stages = {
        name: None
        for entries in locks
        for name, entry in entries.items()
        if any(_covers(str(item.get("path")), path) for item in entry.get("deps", ()))
    }
    return tuple(stages)


def _covers(dependency: str, path: str) -> bool:
    return path == dependency or path.startswith(f"{dependency.rstrip('/')}/")
