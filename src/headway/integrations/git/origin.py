"""Git, through GitPython: where a remote leads, and its default branch."""

from __future__ import annotations

from pathlib import Path

from headway.errors import InputError
from headway.integrations.git.command import ask

_HEAD = "refs/remotes/origin/HEAD"


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


def default_branch(folder: Path) -> str:
    """Return the default branch of `origin`, as this clone knows it.

    Raises:
        InputError: it does not.
    """
    answer = ask(folder, "symbolic-ref", "--quiet", _HEAD)
    if answer.status != 0:
        raise InputError(
            "this clone does not know the default branch of origin", hint="git remote set-head origin --auto"
        )
    return answer.output.strip().removeprefix("refs/remotes/origin/")
