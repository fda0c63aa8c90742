"""The grammar of registry tags: GTO's, of which this is a subset.

`detector@v1.2.0` is a version, `detector#production#7` the seventh declaration for a stage, `detector#production!#8`
one that leaves the stage empty. https://github.com/iterative/gto, `gto/constants.py` of 1.10.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from headway.contracts.layout import NAME

_NUMBER = r"0|[1-9]\d*"
_VERSION = rf"v(?P<major>{_NUMBER})\.(?P<minor>{_NUMBER})\.(?P<patch>{_NUMBER})"
_VERSION_TAG = re.compile(rf"(?P<model>{NAME})@{_VERSION}", re.ASCII)
_STAGE_TAG = re.compile(rf"(?P<model>{NAME})#(?P<stage>{NAME})(?P<empty>!?)#(?P<n>[1-9]\d*)", re.ASCII)

HIGHEST_N = 10**9
"""Numbers of echoes above it count only where none between is free, so that the next one always counts."""
PATTERNS = ("refs/tags/*@v*", "refs/tags/*#*")
"""What `git for-each-ref` is asked for; the grammar decides afterwards."""


class VersionNumber(NamedTuple):
    """A semantic version; https://semver.org. Ordered by precedence."""

    major: int
    minor: int
    patch: int

    def __str__(self) -> str:
        return f"v{self.major}.{self.minor}.{self.patch}"


class VersionTag(NamedTuple):
    """The name of a version's tag."""

    model: str
    number: VersionNumber

    def __str__(self) -> str:
        return f"{self.model}@{self.number}"


class Slot(NamedTuple):
    """One model in one stage: what a stage file declares."""

    stage: str
    model: str

    def __str__(self) -> str:
        return f"{self.model}#{self.stage}"


class StageTag(NamedTuple):
    """The name of a declaration's echo; `n` counts from 1, `empty` leaves the stage without the model."""

    slot: Slot
    n: int
    empty: bool = False

    def __str__(self) -> str:
        return f"{self.slot}{'!' if self.empty else ''}#{self.n}"


def parse_version(text: str) -> VersionNumber | None:
    """Return the number that "v1.2.0" means, None where the text is none."""
    found = re.fullmatch(_VERSION, text, re.ASCII)
    return _number(found) if found else None


@lru_cache(maxsize=1 << 15)
def parse_tag(name: str) -> VersionTag | StageTag | None:
    """Return what a tag's name (without "refs/tags/") means to the registry, None where it is none of its tags."""
    if found := _VERSION_TAG.fullmatch(name):
        return VersionTag(found["model"], _number(found))
    if found := _STAGE_TAG.fullmatch(name):
        return StageTag(Slot(found["stage"], found["model"]), int(found["n"]), empty=bool(found["empty"]))
    return None


def _number(found: re.Match[str]) -> VersionNumber:
    return VersionNumber(int(found["major"]), int(found["minor"]), int(found["patch"]))
