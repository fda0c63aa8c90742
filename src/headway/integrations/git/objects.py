"""Git: the files of one commit, and the history of some of them, from its objects alone.

The program itself, not GitPython: one `ls-tree` and one `cat-file --batch` read what is needed in some 10 ms.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import tempfile
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from headway.contracts.commit import FileKind
from headway.errors import InputError, OutsideError
from headway.integrations.git.blobs import Blobs

LineEnds = Literal["stored", "unix", "dos"]

_KINDS: Mapping[bytes, FileKind] = {b"120000": "link", b"160000": "submodule"}
_TEXT_ATTRIBUTES = ("text", "eol", "crlf")
_FILTER_ATTRIBUTES = ("filter", "ident", "working-tree-encoding")
_UNSET = ("unset", "unspecified")
_BYTES_LOOKED_AT = 8000
"""Git takes a file for binary that has a NUL byte in so many of its first."""


class Commit:
    """One commit, seen from a project's folder. Implements `ports.CommittedFiles`; close it, or use it in a `with`."""

    def __init__(self, project: Path, revision: str) -> None:
        """Open `revision`, which is anything that names a commit to Git.

        Raises:
            InputError: the folder lies in no repository, or there is no such commit.
            OutsideError: there is no git program.
        """
        self._project = project
        self._prefix = _ask(project, "rev-parse", "--show-prefix").rstrip("\n")
        self.commit = _resolve(project, revision)
        self._blobs = Blobs(project)
        self._md5s: dict[tuple[bytes, LineEnds], str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End the process that reads objects."""
        self._blobs.close()

    @cached_property
    def _entries(self) -> Mapping[str, tuple[FileKind, bytes]]:
        """Path in the project -> kind and object; sorted by path."""
        listing = _run(self._project, "ls-tree", "-r", "-z", "--full-tree", self.commit)
        entries = {}
        for line in filter(None, listing.split(b"\0")):
            facts, _, name = line.partition(b"\t")
            mode, _, blob = facts.split(b" ")
            path = os.fsdecode(name)
            if path.startswith(self._prefix):
                entries[path[len(self._prefix) :]] = _KINDS.get(mode, "file"), blob
        return dict(sorted(entries.items()))

    @cached_property
    def _paths(self) -> Sequence[str]:
        return list(self._entries)

    def kinds(self, path: str) -> Mapping[str, FileKind]:
        if path in self._entries:
            return {path: self._entries[path][0]}
        folder = f"{path}/" if path else ""
        found = {}
        for name in self._paths[bisect_left(self._paths, folder) :]:
            if not name.startswith(folder):
                break
            found[name] = self._entries[name][0]
        return found

    def read(self, path: str) -> bytes | None:
        """Return the bytes of a file as they are stored; None where the commit has no such file."""
        entry = self._entries.get(path)
        return None if entry is None or entry[0] != "file" else self._blobs.read(entry[1])

    def md5s(self, paths: Sequence[str], *, line_ends: LineEnds = "stored") -> Sequence[str]:
        return [self._md5(self._entries[path][1], line_ends) for path in paths]

    def _md5(self, blob: bytes, line_ends: LineEnds) -> str:
        key = blob, line_ends
        if key not in self._md5s:
            content = _with_line_ends(self._blobs.read(blob), line_ends)
            self._md5s[key] = hashlib.md5(content, usedforsecurity=False).hexdigest()
        return self._md5s[key]

    def changed_by_checkout(self, paths: Sequence[str]) -> Mapping[str, Literal["line-ends", "filter"]]:
        converts = _ask(self._project, "config", "--default", "false", "--get", "core.autocrlf").strip() != "false"
        found: dict[str, Literal["line-ends", "filter"]] = {}
        for path, attributes in self._attributes(paths).items():
            text = [attributes[name] for name in _TEXT_ATTRIBUTES]
            if any(attributes[name] not in _UNSET for name in _FILTER_ATTRIBUTES):
                found[path] = "filter"
            elif any(value not in _UNSET for value in text) or (converts and attributes["text"] != "unset"):
                found[path] = "line-ends"
        return found

    def _attributes(self, paths: Sequence[str]) -> Mapping[str, Mapping[str, str]]:
        """Return path -> attribute -> value, by the .gitattributes of the commit.

        `check-attr --source` is newer (2.40) than the Git of many machines: an index of the commit's own does the same.
        """
        asked = b"".join(os.fsencode(f"{self._prefix}{path}") + b"\0" for path in paths)
        with tempfile.TemporaryDirectory() as folder:
            index = {"GIT_INDEX_FILE": str(Path(folder, "index"))}
            _run(self._project, "read-tree", self.commit, environment=index)
            names = [*_TEXT_ATTRIBUTES, *_FILTER_ATTRIBUTES]
            top = Path(_ask(self._project, "rev-parse", "--show-toplevel").rstrip("\n"))
            answer = _run(top, "check-attr", "--cached", "--stdin", "-z", *names, environment=index, stdin=asked).split(
                b"\0"
            )[:-1]
        found: dict[str, dict[str, str]] = {}
        for path, name, value in zip(answer[::3], answer[1::3], answer[2::3], strict=True):
            found.setdefault(os.fsdecode(path)[len(self._prefix) :], {})[name.decode()] = value.decode()
        return found

    def was_there(self, path: str) -> bool:
        place = f":(top,literal){self._prefix}{path}"
        return bool(_run(self._project, "log", "-1", "--format=%H", self.commit, "--", place))

    def history(self, paths: Sequence[str], revision: str | None = None) -> FileHistory:
        """Return the commits, from this one or `revision` back, that changed one of `paths`.

        Raises:
            InputError: there is no such commit.
        """
        last = self.commit if revision is None else _resolve(self._project, revision)
        return FileHistory(self._project, self._prefix, last, paths, self._blobs)

    @property
    def is_dirty(self) -> bool:
        """Whether tracked files of the working tree differ from its last commit."""
        return bool(_run(self._project, "--no-optional-locks", "status", "--porcelain", "-uno"))


class FileHistory:
    """The commits that changed certain files. Implements `ports.LockHistory`.

    Git simplifies it: of a merge that took the files whole from one side, only that side is followed.
    """

    def __init__(self, project: Path, prefix: str, commit: str, paths: Sequence[str], blobs: Blobs) -> None:
        places = [f":(top,literal){prefix}{path}" for path in paths]
        lines = (
            _ask(project, "rev-list", "--parents", "--topo-order", commit, "--", *places).splitlines() if paths else []
        )
        self._parents = {own: tuple(parents) for own, *parents in map(str.split, lines)}
        self._prefix, self._blobs = prefix, blobs

    @property
    def tip(self) -> str | None:
        return next(iter(self._parents), None)

    @property
    def commits(self) -> Sequence[str]:
        return list(self._parents)

    def parents(self, commit: str) -> Sequence[str]:
        return self._parents[commit]

    def read(self, commit: str, lock: str) -> bytes:
        if "\n" in lock:  # cannot be asked for; nothing is proven by it then
            return b""
        return self._blobs.find(os.fsencode(f"{commit}:{self._prefix}{lock}")) or b""


def _with_line_ends(content: bytes, line_ends: LineEnds) -> bytes:
    if line_ends == "stored" or b"\0" in content[:_BYTES_LOOKED_AT]:
        return content
    unix = content.replace(b"\r\n", b"\n")
    return unix if line_ends == "unix" else unix.replace(b"\n", b"\r\n")


def _resolve(project: Path, revision: str) -> str:
    try:
        name = f"{revision}^{{commit}}"
        return _ask(project, "rev-parse", "--verify", "--quiet", "--end-of-options", name).strip()
    except InputError as error:
        raise InputError(f"{revision!r} names no commit", hint="git log shows the commits") from error


def _ask(project: Path, *arguments: str) -> str:
    return os.fsdecode(_run(project, *arguments))


def _run(
    project: Path, *arguments: str, environment: Mapping[str, str] | None = None, stdin: bytes | None = None
) -> bytes:
    """Return what `git ARGUMENTS` prints.

    Raises:
        InputError: it says no.
        OutsideError: there is no git program.
    """
    try:
        result = subprocess.run(
            ["git", *arguments],
            cwd=project,
            env={**os.environ, **environment} if environment else None,
            input=stdin,
            capture_output=True,
            check=False,
        )
    except FileNotFoundError as error:
        raise OutsideError("there is no git program on the PATH", hint="install Git") from error
    if result.returncode != 0:
        said = result.stderr.decode(errors="replace").strip()
        raise InputError(f"git {arguments[0]}: {said or 'no'}", hint="run this in a Git repository that has commits")
    return result.stdout
