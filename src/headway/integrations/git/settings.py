"""Git: settings, attributes and what is tracked in the repository that holds a folder."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from headway.integrations.git.command import ask, names, tell


def git_version(folder: Path) -> tuple[int, ...]:
    """Return the version of the Git program, for example (2, 39, 5).

    Raises:
        InputError: Git is not installed.
    """
    found = re.search(r"\d+(\.\d+)+", tell(folder, "version"))
    return tuple(map(int, found[0].split("."))) if found else ()


def read_setting(folder: Path, name: str) -> str | None:
    """Return the value of a setting such as "merge.ours.driver", of the repository, the user or the machine."""
    return ask(folder, "config", "--get", name).output or None


def read_attribute(folder: Path, path: str, name: str) -> str | None:
    """Return the value of an attribute of `path`; None where it is not set."""
    _path, _name, value = (*names(ask(folder, "check-attr", "-z", name, "--", path).output), "", "", "")[:3]
    return value if value not in {"", "unspecified", "unset"} else None


def find_tracked(folder: Path, paths: Iterable[str]) -> frozenset[str]:
    """Return which of `paths`, relative to `folder`, Git tracks."""
    return frozenset(names(ask(folder, "ls-files", "-z", "--", *(f":(literal){path}" for path in paths)).output))


def default_branch(folder: Path) -> str | None:
    """Return the branch that origin's HEAD names, as this clone knows it."""
    found = ask(folder, "symbolic-ref", "--quiet", "refs/remotes/origin/HEAD").output
    return found.removeprefix("refs/remotes/origin/") or None
