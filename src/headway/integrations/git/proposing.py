"""Git: a commit of a few changed files, made from objects alone; branches, index and working tree stay as they are."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping
from pathlib import Path

from headway.errors import InputError
from headway.integrations.git.command import ask, tell
from headway.integrations.git.writing import Identity

_MODE = "100644"
_IDENTITY = re.compile(r"(?P<name>.+) <(?P<email>.*)> \d+ [-+]\d{4}")


def make_commit(root: Path, parent: str, files: Mapping[str, bytes], message: str, identity: Identity) -> str:
    """Make a commit upon `parent` in which these files differ, and return it; no ref is made.

    It is signed where `commit.gpgSign` asks for it.

    Args:
        root: of the project.
        parent: full hash.
        files: path from the project's root, with slashes -> content.
        message: of the commit.
        identity: who commits.

    Raises:
        OutsideError: Git failed, for example because it could not sign.
    """
    prefix = tell(root, "rev-parse", "--show-prefix")
    with tempfile.TemporaryDirectory(prefix="headway-") as scratch:
        environment = {"GIT_INDEX_FILE": str(Path(scratch) / "index"), **identity.environment}
        tell(root, "read-tree", parent, environment=environment)
        for path, content in files.items():
            blob = tell(root, "hash-object", "-w", "--stdin", stdin=content)
            entry = f"{_MODE},{blob},{prefix}{path}"
            tell(root, "update-index", "--add", "--replace", "--cacheinfo", entry, environment=environment)
        tree = tell(root, "write-tree", environment=environment)
        signed = ["-S"] if ask(root, "config", "--type=bool", "--get", "commit.gpgSign").output == "true" else []
        words = "commit-tree", *signed, "-p", parent, "-F", "-", tree
        return tell(root, *words, environment=environment, stdin=message.encode())


def is_same_proposal(root: Path, commit: str, other: str) -> bool:
    """Return whether two commits, both in this clone, put the same content upon the same parents."""
    sides = [ask(root, "rev-parse", f"{one}^{{tree}}", f"{one}^@").output for one in (commit, other)]
    return sides[0] == sides[1]


def find_user(root: Path) -> Identity:
    """Return who commits here by Git's settings and environment.

    Raises:
        InputError: they do not say.
    """
    found = _IDENTITY.fullmatch(ask(root, "-c", "user.useConfigOnly=true", "var", "GIT_AUTHOR_IDENT").output)
    if found is None:
        raise InputError(
            "Git does not know who you are", hint="git config --global user.name NAME; likewise user.email"
        )
    return Identity(found["name"], found["email"])
