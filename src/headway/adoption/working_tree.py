"""Reads a team's repository for a plan, and carries the plan out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from headway.adoption.plan import Plan
from headway.adoption.record import RECORD, Record, read_record, record_text
from headway.contracts import atomic
from headway.errors import InputError


def read_present(root: Path, paths: Iterable[str]) -> Mapping[str, bytes]:
    """Return path -> bytes of those of `paths` that are files below `root`.

    Raises:
        InputError: one is a folder, or reached through a symbolic link, which might lead out of the repository.
    """
    return {path: (root / path).read_bytes() for path in paths if _is_file(root, path)}


def find_record(root: Path) -> Record | None:
    """Return what the last `headway init` wrote down; None where there was none.

    Raises:
        InputError: the record cannot be used.
    """
    return read_record((root / RECORD).read_bytes()) if _is_file(root, RECORD) else None


def carry_out(plan: Plan, root: Path) -> None:
    """Write, each file whole; the record comes last, so that after a kill the same command goes on."""
    for step in plan.steps:
        if not step.writes:
            continue
        if step.after is None:
            (root / step.path).unlink()
        else:
            atomic.write_bytes(root / step.path, step.after)
    record = record_text(plan.record)
    if not _is_file(root, RECORD) or (root / RECORD).read_bytes() != record:
        atomic.write_bytes(root / RECORD, record)


def _is_file(root: Path, path: str) -> bool:
    place = root / path
    through = [place, *place.parents[: len(Path(path).parts) - 1]]
    linked = next((one for one in through if one.is_symlink()), None)
    if linked:
        raise InputError(
            f"{linked} is a symbolic link", hint="replace it by a file or folder: nothing is written through links"
        )
    if place.is_dir():
        raise InputError(f"{place} is a folder, and should be a file", hint="move it away")
    return place.is_file()
