"""Git: where a remote leads, and its default branch."""

from __future__ import annotations

from pathlib import Path

from headway.errors import InputError
from headway.integrations.git.command import ask

_HEAD = "refs/remotes/origin/HEAD"


def remote_url(folder: Path, name: str = "origin") -> str | None:
    """Return the address of a remote of the repository that holds `folder`; None where there is no such thing."""
    try:
        return ask(folder, "config", "--get", f"remote.{name}.url").output or None
    except InputError:  # there is no git program, as on a device
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
