"""The git program, run once: what it said is a value, and no word of it goes through a shell."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

from headway.errors import InputError, OutsideError

_QUIET_ENGLISH = {"GIT_TERMINAL_PROMPT": "0", "LANGUAGE": "C", "LC_ALL": "C"}


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


def ask(root: Path, *words: str, environment: Mapping[str, str] | None = None, stdin: bytes = b"") -> Answer:
    """Run `git WORDS` in `root`; it never asks for a password, and speaks English.

    It reads and writes files, not pipes: so it never waits for another thread of this process that is busy.

    Raises:
        InputError: Git is not installed.
    """
    with TemporaryFile() as asked, TemporaryFile() as said:
        asked.write(stdin)
        asked.seek(0)
        try:
            result = subprocess.run(
                ["git", *words],
                cwd=root,
                env={**os.environ, **_QUIET_ENGLISH, **(environment or {})},
                stdin=asked,
                stdout=said,
                stderr=subprocess.PIPE,
                check=False,
            )
        except FileNotFoundError as error:
            if not root.is_dir():
                raise
            hint = 'install git, then: pip install "headway[git]"'
            raise InputError("Git is not installed here", hint=hint) from error
        said.seek(0)
        return Answer(result.returncode, said.read(), os.fsdecode(result.stderr).removesuffix("\n"))


def tell(root: Path, *words: str, environment: Mapping[str, str] | None = None, stdin: bytes = b"") -> str:
    """Run `git WORDS` in `root` and return what it printed.

    Raises:
        OutsideError: it failed.
    """
    answer = ask(root, *words, environment=environment, stdin=stdin)
    if answer.status != 0:
        raise OutsideError(
            f"git {words[0]} failed: {answer.last_line}", hint="run it again with --debug before the verb"
        )
    return answer.output


def names(output: str) -> tuple[str, ...]:
    """Return the paths of a list that git ended with NUL each (`-z`)."""
    return tuple(name for name in output.split("\0") if name)
