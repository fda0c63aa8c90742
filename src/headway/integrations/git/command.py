"""The git program, run once: what it said is a value, and no word of it goes through a shell."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from headway.errors import InputError, OutsideError


@dataclass(frozen=True)
class Answer:
    """What a run of git said: its exit code, what it printed, byte for byte, and what it complained of."""

    status: int
    content: bytes
    complaint: str

    @property
    def output(self) -> str:
        """What it printed as text, without the last line's end."""
        return os.fsdecode(self.content).removesuffix("\n")

    @property
    def last_line(self) -> str:
        """The last line of the complaint, which is what failed."""
        lines = [line for line in self.complaint.splitlines() if line.strip()]
        return lines[-1].strip() if lines else f"git ended with exit code {self.status}"


def ask(root: Path, *words: str, environment: Mapping[str, str] | None = None) -> Answer:
    """Run `git WORDS` in `root`; it never asks for a password, and speaks English.

    Raises:
        InputError: Git is not installed.
    """
    try:
        import git
    except ImportError as error:  # GitPython refuses to import where no git program is
        raise InputError("Git is not installed here", hint='install git, then: pip install "headway[git]"') from error
    status, content, complaint = git.Git(root).execute(
        ["git", *words],
        with_extended_output=True,
        with_exceptions=False,
        stdout_as_string=False,
        strip_newline_in_stdout=False,
        env={"GIT_TERMINAL_PROMPT": "0", **(environment or {})},
    )
    return Answer(int(status or 0), bytes(content), str(complaint))


def tell(root: Path, *words: str, environment: Mapping[str, str] | None = None) -> str:
    """Run `git WORDS` in `root` and return what it printed.

    Raises:
        OutsideError: it failed.
    """
    answer = ask(root, *words, environment=environment)
    if answer.status != 0:
        raise OutsideError(
            f"git {words[0]} failed: {answer.last_line}", hint="run it again with --debug before the verb"
        )
    return answer.output


def names(output: str) -> tuple[str, ...]:
    """Return the paths of a list that git ended with NUL each (`-z`)."""
    return tuple(name for name in output.split("\0") if name)
