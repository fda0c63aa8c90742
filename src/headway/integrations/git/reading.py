"""Git, through GitPython: facts about the commit that a run was made from."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from headway.errors import InputError


@dataclass(frozen=True)
class Revision:
    """The commit of a working tree.

    Attributes:
        commit: full hash; None outside a repository or before its first commit.
        dirty: whether tracked files differ from that commit.
    """

    commit: str | None
    dirty: bool


def read_revision(folder: Path) -> Revision:
    """Return the commit of the repository that holds `folder`; no repository is not an error."""
    try:
        import git
    except ImportError:  # GitPython refuses to import where no git program is
        return Revision(None, dirty=False)
    try:
        repository = git.Repo(folder, search_parent_directories=True)
        return Revision(repository.head.commit.hexsha, repository.is_dirty(untracked_files=False))
    except (git.InvalidGitRepositoryError, git.NoSuchPathError, ValueError):
        return Revision(None, dirty=False)


def file_at(folder: Path, revision: str, path: Path) -> bytes | None:
    """Return what `path` held at `revision`, in the repository that holds `folder`.

    Args:
        folder: the repository, or a folder in it; a relative `path` is relative to it.
        revision: anything that names a commit to Git.
        path: of the file, whether or not it is there now.

    Returns:
        None if the commit has no such file, or there is no repository, no commit yet, or no Git.

    Raises:
        InputError: `revision` names no commit, though the repository has some.
    """
    try:
        import git
    except ImportError:
        return None
    try:
        repository = git.Repo(folder, search_parent_directories=True)
        repository.head.commit  # noqa: B018  raises where there is none yet
    except (git.InvalidGitRepositoryError, git.NoSuchPathError, ValueError):
        return None
    try:
        tree = repository.commit(revision).tree
    except (git.BadName, ValueError) as error:
        raise InputError(f"{revision!r} names no commit", hint="git log shows the commits") from error
    if repository.working_tree_dir is None:
        return None
    below = Path(os.path.relpath(folder / path, repository.working_tree_dir)).as_posix()
    try:
        found = tree / below
    except KeyError:
        return None
    return bytes(found.data_stream.read()) if isinstance(found, git.Blob) else None


def revisions_of(folder: Path, path: Path, *, limit: int = 20) -> list[str]:
    """Return the newest commits, at most `limit`, that changed `path`; none where there is no repository.

    A shallow clone knows only the commits that it holds. `folder` and `path` are as for `file_at`.
    """
    try:
        import git
    except ImportError:
        return []
    try:
        repository = git.Repo(folder, search_parent_directories=True)
        below = os.path.relpath(folder / path, repository.working_tree_dir or folder)
        return [commit.hexsha for commit in repository.iter_commits("HEAD", paths=below, max_count=limit)]
    except (git.InvalidGitRepositoryError, git.NoSuchPathError, git.GitCommandError, ValueError):
        return []
