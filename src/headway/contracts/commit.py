"""A pipeline as it stands in one commit: what dvc.yaml, dvc.lock and the .dvc files say, without any data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

FileKind = Literal["file", "link", "submodule"]
"""What a path in a commit is; "file" also where it is executable."""


@dataclass(frozen=True, slots=True)
class StageDependency:
    """A file or folder that a stage reads.

    Attributes:
        path: relative to the project, with slashes; None for what lies outside of it.
        name: as dvc.yaml writes it.
        md5: what dvc.lock recorded, with ".dir" at its end for a folder; None where it has no such entry.
        old: whether DVC 2 recorded it, which hashed texts with Unix ends of lines.
    """

    path: str | None
    name: str
    md5: str | None
    old: bool = False


@dataclass(frozen=True, slots=True)
class StageParameter:
    """A parameter whose value at the commit is not what dvc.lock recorded; None for no value.

    Attributes:
        name: file and key, "params.yaml:train.epochs".
        recorded, found: the values as JSON.
    """

    name: str
    recorded: str | None
    found: str | None


@dataclass(frozen=True, slots=True)
class MissingParameters:
    """A file of parameters that a run has read, and that the commit lacks.

    Attributes:
        path, name: as of a `StageDependency`.
        recorded: what the run read in it; nothing is found.
    """

    path: str | None
    name: str
    recorded: tuple[StageParameter, ...]


@dataclass(frozen=True, slots=True)
class StageOutput:
    """A file or folder that a stage writes, or that a .dvc file points to.

    Attributes:
        path, name, md5, old: as of a `StageDependency`.
        cached: whether DVC keeps it; Git does where not.
        pushed: whether `dvc push` sends it to a remote.
        remote: the remote that it alone goes to; None for the usual one.
    """

    path: str | None
    name: str
    md5: str | None
    old: bool = False
    cached: bool = True
    pushed: bool = True
    remote: str | None = None


@dataclass(frozen=True, slots=True)
class PipelineStage:
    """A stage as DVC resolves it at a commit, templates filled in, or a .dvc file.

    Attributes:
        name: what `dvc repro` calls it.
        lock: path of the dvc.lock that holds its entry; "" for a .dvc file.
        key: name of that entry.
        entry: the entry; None where there is none.
        command: as dvc.yaml says.
        dependencies, outputs: in the order of dvc.yaml.
        changed_parameters: those whose value differs from the entry's, or that only the entry names.
        missing_parameters: the files that have others of the entry's.
        frozen, always_changed: as dvc.yaml says.
        records_runs: whether DVC keeps a record of its runs.
        imported: whether it is a .dvc file of `dvc import` or `dvc import-url`.
    """

    name: str
    lock: str
    key: str
    entry: Mapping[str, Any] | None
    command: str | Sequence[str] | None
    dependencies: tuple[StageDependency, ...]
    outputs: tuple[StageOutput, ...]
    changed_parameters: tuple[StageParameter, ...] = ()
    missing_parameters: tuple[MissingParameters, ...] = ()
    frozen: bool = False
    always_changed: bool = False
    records_runs: bool = True
    imported: bool = False
