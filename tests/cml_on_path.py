"""Folders for PATH with a `cml`: the stand-in, and the real program where it is installed; both take the same tests."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.cml_double import install_cml_double

BOTH = ["double", pytest.param("real", marks=pytest.mark.real_cml)]


def search_path(folder: Path, kind: str | None) -> str:
    """Return a PATH with git and a shell, and a `cml` of the kind: "double", "real", a mode of the double, or none."""
    folder.mkdir(parents=True, exist_ok=True)
    for program in ("git", "sh", "sleep"):
        _link(folder, program)
    if kind == "real":
        _link(folder, "cml")
        _link(folder, "node")
        _link(folder, "env")
    elif kind is not None:
        install_cml_double(folder, "working" if kind == "double" else kind)
    return str(folder)


def _link(folder: Path, program: str) -> None:
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"{program} is not on the PATH")
    (folder / program).symlink_to(Path(found).resolve())
