"""Git: its own merge of a file's lines, and merge drivers."""

from __future__ import annotations

import tempfile
from pathlib import Path

from headway.errors import InputError, OutsideError
from headway.integrations.git.command import ask

_CONFLICTS = 127
"""git merge-file ends with the number of conflicts, at most this; anything above is an error."""


def merge_texts(base: bytes, ours: bytes, theirs: bytes, *, labels: tuple[str, str, str]) -> tuple[bytes, bool]:
    """Return the three-way merge, and whether it holds conflict markers.

    Args:
        base: what both began with.
        ours, theirs: what became of it.
        labels: what the markers call ours, base and theirs.

    Raises:
        InputError: Git is not installed.
        OutsideError: Git cannot merge them, for example because one is no text.
    """
    names = ("ours", "base", "theirs")
    with tempfile.TemporaryDirectory(prefix="headway-") as temporary:
        for name, content in zip(names, (ours, base, theirs), strict=True):
            (Path(temporary) / name).write_bytes(content)
        options = [word for label in labels for word in ("-L", label)]
        answer = ask(Path(temporary), "merge-file", "--stdout", *options, *names)
    if not 0 <= answer.status <= _CONFLICTS:
        raise OutsideError(f"git merge-file failed: {answer.last_line}")
    return answer.content, answer.status > 0


def install_driver(folder: Path, name: str, description: str, command: str) -> None:
    """Set up a merge driver in the configuration of the one repository that holds `folder`.

    Raises:
        InputError: it lies in no repository, or Git is not installed.
    """
    for key, value in (("name", description), ("driver", command)):
        answer = ask(folder, "config", "--local", f"merge.{name}.{key}", value)
        if answer.status != 0:
            raise InputError(f"git config: {answer.last_line}", hint="run this in a Git repository")
