"""Merges dvc.lock stage by stage, so that only what two branches made differently has to run again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import yaml

from headway.errors import InputError
from headway.pull_request.lock_text import STAGES, LockText, join_lock, split_lock

Part = TypeVar("Part")


@dataclass(frozen=True)
class MergedLock:
    """The outcome of a merge.

    Attributes:
        content: the merged dvc.lock, in DVC's own form.
        dropped: stages whose entries both sides changed, each in its own way; they have none now and run again.
    """

    content: bytes
    dropped: tuple[str, ...]


@dataclass(frozen=True)
class _Side:
    values: Mapping[str, Any]
    text: LockText

    @property
    def entries(self) -> Mapping[str, Any]:
        entries: Mapping[str, Any] = self.values.get(STAGES) or {}
        return entries


def merge_locks(base: bytes | None, ours: bytes, theirs: bytes) -> MergedLock:
    """Merge two dvc.lock files that come from `base`; None where both are new.

    An entry that one side changed, added or deleted is taken from that side. The order is ours, then what is new in
    theirs.

    Raises:
        InputError: one of them is no dvc.lock, or both sides changed something other than stages differently.
    """
    before, mine, other = (
        _read(base or b"", "the common ancestor"),
        _read(ours, "our side"),
        _read(theirs, "their side"),
    )
    entries: dict[str, bytes] = {}
    dropped: list[str] = []
    for name in dict.fromkeys((*mine.entries, *other.entries)):
        side = _choose(name, before.entries, mine.entries, other.entries)
        if side is None:
            dropped.append(name)
        elif name in (mine, other)[side].entries:
            entries[name] = (mine, other)[side].text.entries[name]
    return MergedLock(join_lock(LockText(_merge_sections(before, mine, other), entries)), tuple(dropped))


def _merge_sections(before: _Side, mine: _Side, other: _Side) -> dict[str, bytes]:
    sections: dict[str, bytes] = {}
    for name in dict.fromkeys((*mine.text.sections, *other.text.sections)):
        side = _choose(name, before.values, mine.values, other.values)
        if side is None:
            raise InputError(f"dvc.lock: both sides changed {name!r}", hint="merge it by hand, then: dvc repro")
        if name in (mine, other)[side].text.sections:
            sections[name] = (mine, other)[side].text.sections[name]
    return sections


def _choose(name: str, before: Mapping[str, Any], mine: Mapping[str, Any], other: Mapping[str, Any]) -> int | None:
    """Return the side that counts, 0 for ours and 1 for theirs; None where both changed it differently."""
    if mine.get(name) == other.get(name) or before.get(name) == other.get(name):
        return 0
    return 1 if before.get(name) == mine.get(name) else None


def _read(content: bytes, whose: str) -> _Side:
    text = split_lock(content)
    try:
        # Every scalar as its text: what YAML 1.1 and 1.2 read differently must not be equal here by chance.
        values = yaml.load(content.decode(), Loader=yaml.BaseLoader) or {}  # noqa: S506
        side = _Side(values, text)
        intact = [*side.entries] == [*text.entries] and set(values) - {STAGES} == set(text.sections)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError, AttributeError, TypeError) as error:
        raise _broken(whose) from error
    if not intact or (values and not isinstance(side.entries, Mapping)):
        raise _broken(whose)
    return side


def _broken(whose: str) -> InputError:
    return InputError(f"dvc.lock: {whose} is not in the form that DVC writes", hint="merge it by hand, then: dvc repro")
