"""Git: merge drivers, and its own merge of a file's lines."""

from __future__ import annotations

import subprocess
from pathlib import Path

from headway.errors import InputError, OutsideError


def merge_lines(base: Path, ours: Path, theirs: Path) -> None:
    """Merge three versions of a file as Git itself does; `ours` becomes the result, with markers at conflicts."""
    _git(
        ["merge-file", "-L", "ours", "-L", "base", "-L", "theirs", "--", str(ours), str(base), str(theirs)], Path.cwd()
    )


def install_driver(folder: Path, name: str, description: str, command: str) -> None:
    """Set up a merge driver in the configuration of the one repository that holds `folder`.

    Raises:
        InputError: it lies in no repository.
        OutsideError: there is no git program.
    """
    for key, value in (("name", description), ("driver", command)):
        result = _git(["config", "--local", f"merge.{name}.{key}", value], folder)
        if result.returncode != 0:
            raise InputError(f"git config: {result.stderr.strip()}", hint="run this in a Git repository")


def find_top(folder: Path) -> Path:
    """Return the top folder of the working tree that holds `folder`.

    Raises:
        InputError: there is none.
        OutsideError: there is no git program.
    """
    result = _git(["rev-parse", "--show-toplevel"], folder)
    if result.returncode != 0:
        raise InputError(f"{folder} lies in no Git repository", hint="run this in one")
    return Path(result.stdout.rstrip("\n"))


def _git(arguments: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise OutsideError("there is no git program on the PATH", hint="install Git") from error
