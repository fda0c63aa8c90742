"""Whether a change touches the pipeline, by the names of its files alone: nothing that a stranger wrote is opened."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import Any

from headway.contracts.commit import PipelineStage
from headway.contracts.layout import LOCK, REPORTS, VERDICT
from headway.contracts.lock import Entries

_FOLDER = ".dvc"
_FILES = {"dvc.yaml", "dvc.lock", ".dvcignore", ".gitattributes", ".gitmodules"}
"""What tells DVC what to run and where to look, and Git what a checkout writes."""
_RESULTS = (REPORTS.as_posix(), "models")
"""Folders of what runs leave behind; also the folder of what is in production."""


def touches_pipeline(changed: Iterable[str], entries: Entries, stages: Iterable[PipelineStage] = ()) -> bool:
    """Return whether one of the changed files steers DVC, is read or written by a stage, or claims to be a result.

    Args:
        changed: paths from the repository's root.
        entries: of the base's dvc.lock, not of the change's.
        stages: of the base, where what no entry names counts too.
    """
    known = {*_RESULTS, *(path for entry in entries.values() for path in _paths(entry))}
    known |= {path for stage in stages for path in _paths_of_stage(stage)}
    return any(_steers(path) or any(_overlap(path, one) for one in known) for path in changed)


def results_among(changed: Iterable[str]) -> tuple[str, ...]:
    """Return which of the changed files say what a model is and how it was judged: only a run may change them."""
    exact = {LOCK.as_posix(), VERDICT.as_posix()}
    return tuple(path for path in changed if path in exact or fnmatchcase(path, "models/*/manifest.json"))


def _steers(path: str) -> bool:
    parts = PurePosixPath(path).parts
    return _FOLDER in parts or parts[-1] in _FILES or parts[-1].endswith(_FOLDER)


def _paths(entry: Mapping[str, Any]) -> Iterator[str]:
    yield from entry.get("params", ())
    for item in (*entry.get("deps", ()), *entry.get("outs", ())):
        yield item["path"]


def _paths_of_stage(stage: PipelineStage) -> Iterator[str]:
    paths = [*(one.path for one in stage.dependencies), *(one.path for one in stage.outputs)]
    yield from (path for path in paths if path is not None)
    yield from (parameter.name.rpartition(":")[0] for parameter in stage.changed_parameters)


def _overlap(one: str, other: str) -> bool:
    """Return whether two paths are the same, or one lies in the other: a link may take a folder's place."""
    one, other = f"{one}/", f"{other}/"
    return one.startswith(other) or other.startswith(one)
