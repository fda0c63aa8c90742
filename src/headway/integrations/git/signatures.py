"""Git: whether the signatures of tags are good, by the keys and programs that this machine's Git is set up with.

OpenPGP, SSH keys and gitsign (which is an X.509 program to Git) are all asked through `git verify-tag`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from headway.integrations.git.command import ask

_AT_ONCE = 50
_AS_STORED = {"GIT_NO_REPLACE_OBJECTS": "1"}
_NOT_SET_UP = ("allowedSignersFile", "cannot run", "cannot spawn", "No public key", "No such file or directory")
_PLAIN = {"No principal matched.": "its key is of nobody whom gpg.ssh.allowedSignersFile lists"}


@dataclass(frozen=True)
class BadSignature:
    """Why a tag's signature is not known to be good.

    Attributes:
        checked: False where this machine lacks what a check needs: a program, a key, a list of signers.
        said: by Git or the program that it asked.
    """

    checked: bool
    said: str


def find_bad_signatures(
    root: Path, tags: Sequence[str], progress: Callable[[Sequence[Sequence[str]]], Iterable[Sequence[str]]]
) -> Mapping[str, BadSignature]:
    """Return tag object -> why its signature does not count, of those that are not signed well.

    Args:
        root: of the clone.
        tags: objects of annotated tags; unsigned ones are not signed well.
        progress: shows how far it is; it is given the groups that are asked about at once.

    Raises:
        InputError: Git is not installed.
    """
    groups = [tags[start : start + _AT_ONCE] for start in range(0, len(tags), _AT_ONCE)]
    bad: dict[str, BadSignature] = {}
    for group in progress(groups):
        good = _find_good(root, group)
        bad |= {tag: _examine(root, tag) for tag in group if tag not in good}
    return bad


def _find_good(root: Path, tags: Sequence[str]) -> frozenset[str]:
    """Return those that are signed well: with a format, `git verify-tag` prints only them."""
    answer = ask(root, "verify-tag", "--format=%(objectname)", *tags, environment=_AS_STORED)
    return frozenset(answer.output.split())


def _examine(root: Path, tag: str) -> BadSignature:
    complaint = ask(root, "verify-tag", tag, environment=_AS_STORED).complaint
    lines = [line.strip().removeprefix("error: ") for line in complaint.splitlines() if line.strip()]
    said = lines[-1] if lines else "Git takes its signature for no good one, and says no more"
    return BadSignature(not any(mark in complaint for mark in _NOT_SET_UP), _PLAIN.get(said, said))
