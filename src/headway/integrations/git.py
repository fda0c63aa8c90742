"""Git, through GitPython: facts about the commit that a run was made from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


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
