"""Whether a change touches the pipeline, by the names of its files alone: nothing that a stranger wrote is opened."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from headway.contracts.lock import Entries

_FOLDER = ".dvc"
_FILES = {"dvc.yaml", "dvc.lock", ".dvcignore", ".gitattributes", ".gitmodules"}
"""What tells DVC what to run and where to look, and Git what a checkout writes."""


def touches_pipeline(changed: Iterable[str], entries: Entries) -> bool:
    """Return whether one of the changed files steers DVC, or is read or written by a stage.

    Args:
        changed: paths from the repository's root.
        entries: of the base's dvc.lock, not of the change's.
    """
    known = {path for entry in entries.values() for path in _paths(entry)}
    return any(_steers(path) or any(_overlap(path, one) for one in known) for path in changed)


def _steers(path: str) -> bool:
    parts = PurePosixPath(path).parts
    return _FOLDER in parts or parts[-1] in _FILES or parts[-1].endswith(_FOLDER)


def _paths(entry: Mapping[str, Any]) -> Iterator[str]:
    yield from entry.get("params", ())
    for item in (*entry.get("deps", ()), *entry.get("outs", ())):
        yield item["path"]


def _overlap(one: str, other: str) -> bool:
    """Return whether two paths are the same, or one lies in the other: a link may take a folder's place."""
    one, other = f"{one}/", f"{other}/"
    return one.startswith(other) or other.startswith(one)
