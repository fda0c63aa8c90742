"""Git, through GitPython: where a remote leads."""

from __future__ import annotations

from pathlib import Path


def remote_url(folder: Path, name: str = "origin") -> str | None:
    """Return the address of a remote of the repository that holds `folder`; None where there is no such thing."""
    try:
        import git
    except ImportError:  # GitPython refuses to import where no git program is
        return None
    try:
        return str(git.Repo(folder, search_parent_directories=True).remote(name).url)
    except (git.InvalidGitRepositoryError, git.NoSuchPathError, git.GitCommandError, ValueError):
        return None
