"""The repository on GitHub that a verb works on: from the environment, or from where `origin` leads."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from headway.integrations.git.origin import remote_url
from headway.integrations.github import Account, GitHub, read_account


def open_forge(root: Path, environment: Mapping[str, str] = os.environ) -> GitHub:
    """Return the repository on GitHub.

    Raises:
        InputError: there is no token, or nothing names a repository on GitHub.
    """
    return GitHub(find_account(root, environment))


def find_account(root: Path, environment: Mapping[str, str] = os.environ) -> Account:
    """Return the repository's name, addresses and token.

    Raises:
        InputError: there is no token, or nothing names a repository on GitHub.
    """
    named = environment.get("GITHUB_REPOSITORY")
    return read_account(environment, None if named else remote_url(root))
