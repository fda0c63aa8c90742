"""The repository on GitHub that a verb works on: from the environment, or from where `origin` leads."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from headway.errors import InputError
from headway.integrations.git.origin import remote_url
from headway.integrations.github import Account, GitHub, read_account


def open_forge(root: Path, environment: Mapping[str, str] = os.environ) -> GitHub:
    """Return the repository on GitHub.

    Raises:
        InputError: there is no token, or nothing names a repository on GitHub.
    """
    return GitHub(find_account(root, environment))


def find_forge(root: Path, environment: Mapping[str, str] = os.environ) -> GitHub | None:
    """Return the repository on GitHub; None where none is configured, that is, no token or no repository.

    Raises:
        InputError: a token and a repository are named, but cannot be used.
    """
    try:
        return open_forge(root, environment)
    except InputError:
        named = environment.get("HEADWAY_TOKEN") or environment.get("GITHUB_TOKEN")
        if named and environment.get("GITHUB_REPOSITORY"):
            raise
        return None


def find_account(root: Path, environment: Mapping[str, str] = os.environ) -> Account:
    """Return the repository's name, addresses and token.

    Raises:
        InputError: there is no token, or nothing names a repository on GitHub.
    """
    named = environment.get("GITHUB_REPOSITORY")
    return read_account(environment, None if named else remote_url(root))
