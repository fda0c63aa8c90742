"""Git: the contents of many objects, through one process."""

from __future__ import annotations

import subprocess
from contextlib import suppress
from pathlib import Path
from typing import IO

from headway.errors import OutsideError


class Blobs:
    """Reads objects through one `git cat-file --batch`, which is started when it is first needed."""

    def __init__(self, project: Path) -> None:
        self._project = project
        self._process: subprocess.Popen[bytes] | None = None

    def read(self, blob: bytes) -> bytes:
        """Return an object that is there.

        Raises:
            OutsideError: it is not: the repository is damaged.
        """
        content = self.find(blob)
        if content is None:
            raise OutsideError(f"Git's object {blob.decode()} is missing", hint="run: git fsck")
        return content

    def find(self, name: bytes) -> bytes | None:
        """Return the content that `name` names; None where it names nothing, or a folder or a commit."""
        stdin, stdout = self._pipes()
        stdin.write(name + b"\n")
        stdin.flush()
        header = stdout.readline()
        if header.endswith((b" missing\n", b" ambiguous\n")):
            return None
        try:
            _, kind, size = header.split()
            content = stdout.read(int(size) + 1)[:-1]
        except ValueError as error:
            raise OutsideError(f"git cat-file answered {header!r}", hint="run: git fsck") from error
        return content if kind == b"blob" else None

    def _pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        if self._process is None:
            self._process = subprocess.Popen(
                ["git", "cat-file", "--batch"], cwd=self._project, stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
        assert self._process.stdin and self._process.stdout
        return self._process.stdin, self._process.stdout

    def close(self) -> None:
        if self._process is not None:
            with self._process:
                for pipe in self._pipes():
                    with suppress(BrokenPipeError):
                        pipe.close()
            self._process = None
