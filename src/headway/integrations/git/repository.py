"""Git: where a repository lies, how one begins, and what it keeps."""

from __future__ import annotations

from pathlib import Path

from headway.errors import OutsideError
from headway.integrations.git.command import ask, tell

_NONE = ("not a git repository", "must be run in a work tree")


def find_top(folder: Path) -> Path | None:
    """Return the root of the working tree that holds `folder`, which may not be there yet; None outside a repository.

    Raises:
        InputError: Git is not installed.
        OutsideError: Git does not say, for example because the repository belongs to another user.
    """
    while not folder.exists():
        folder = folder.parent
    answer = ask(folder, "rev-parse", "--show-toplevel")
    if answer.status == 0:
        return Path(answer.output).resolve()
    if any(text in answer.complaint for text in _NONE):
        return None
    raise OutsideError(f"git rev-parse in {folder} failed: {answer.last_line}", hint="run there: git status")


def start_repository(folder: Path) -> None:
    """Make `folder` a repository whose first branch is main.

    Raises:
        InputError: Git is not installed.
        OutsideError: Git refuses.
    """
    tell(folder, "init", "--quiet", "--initial-branch=main")


def read_blob(root: Path, blob: str) -> bytes | None:
    """Return the content that Git keeps under a SHA-1; None where this clone does not hold it."""
    answer = ask(root, "cat-file", "blob", blob)
    return answer.content if answer.status == 0 else None
