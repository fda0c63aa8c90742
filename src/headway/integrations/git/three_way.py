"""Git, through GitPython: three-way merges of single files, against a text that a commit once held."""

from __future__ import annotations

import tempfile
from pathlib import Path
from types import ModuleType

from headway.errors import InputError, OutsideError

_CONFLICTS = 127
"""git merge-file ends with the number of conflicts, at most this; anything above is an error."""


def find_top(folder: Path) -> Path | None:
    """Return the root of the working tree that holds `folder`; None outside a repository.

    Raises:
        InputError: no Git program is installed.
    """
    git = _git()
    while not folder.exists():
        folder = folder.parent
    try:
        top = git.Repo(folder, search_parent_directories=True).working_tree_dir
    except (git.InvalidGitRepositoryError, git.NoSuchPathError):
        return None
    return Path(top).resolve() if top else None


def start_repository(folder: Path) -> None:
    """Make `folder` a repository whose first branch is main.

    Raises:
        InputError: no Git program is installed.
        OutsideError: Git refuses.
    """
    git = _git()
    try:
        git.Repo.init(folder, initial_branch="main")
    except git.GitCommandError as error:
        raise OutsideError(f"git init in {folder} failed: {error.stderr.strip()}") from error


def read_blob(root: Path, blob: str) -> bytes | None:
    """Return the content that Git keeps under a SHA-1; None where this clone does not hold it."""
    git = _git()
    try:
        content = git.Repo(root).git.cat_file("blob", blob, stdout_as_string=False, strip_newline_in_stdout=False)
    except git.GitCommandError:
        return None
    return bytes(content)


def merge_texts(base: bytes, ours: bytes, theirs: bytes, *, labels: tuple[str, str, str]) -> tuple[bytes, bool]:
    """Return the three-way merge, and whether it holds conflict markers.

    Args:
        base: what both began with.
        ours, theirs: what became of it.
        labels: what the markers call ours, base and theirs.

    Raises:
        OutsideError: Git cannot merge them, for example because one is no text.
    """
    git = _git()
    with tempfile.TemporaryDirectory(prefix="headway-") as temporary:
        names = ("ours", "base", "theirs")
        for name, content in zip(names, (ours, base, theirs), strict=True):
            (Path(temporary) / name).write_bytes(content)
        options = [word for label in labels for word in ("-L", label)]
        code, merged, errors = git.Git(temporary).execute(
            ["git", "merge-file", "--stdout", *options, *names],
            with_extended_output=True,
            with_exceptions=False,
            stdout_as_string=False,
            strip_newline_in_stdout=False,
        )
    if not 0 <= code <= _CONFLICTS:
        raise OutsideError(f"git merge-file failed: {errors.strip()}")
    return bytes(merged), code > 0


def _git() -> ModuleType:
    try:
        import git
    except ImportError as error:  # GitPython refuses to import where no git program is
        raise InputError("Git is not installed here", hint='install git, then: pip install "headway[git]"') from error
    return git
