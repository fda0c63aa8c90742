"""The project that a verb works on."""

from __future__ import annotations

from pathlib import Path

from headway.errors import InputError

_DVC = ".dvc"


def find_project(folder: Path) -> Path:
    """Return the DVC project that `folder` lies in.

    Raises:
        InputError: it lies in none.
    """
    for place in (folder, *folder.parents):
        if (place / _DVC).is_dir():
            return place
    raise InputError(f"{folder} lies in no DVC project", hint="change into one; headway init makes one")
