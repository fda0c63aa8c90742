"""Finding files, naming their places, and reading numbers: what every reader needs in the same way."""

from __future__ import annotations

import math
import os
import re
import stat
from collections.abc import Collection
from decimal import Context, Decimal
from pathlib import Path
from typing import Literal

from headway.data.findings import Findings

IMAGE_SUFFIXES = frozenset({".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"})

EXACT = Context(prec=60, traps=[])
"""Arithmetic on the digits as they are written: nothing is rounded before the last step."""

_NUMBER = re.compile(r"[+-]?(?:\d++(?:\.\d*+)?|\.\d++)(?:[eE][+-]?\d++)?", re.ASCII)
_NOT_FINITE = re.compile(r"[+-]?(?:nan|inf|infinity)", re.IGNORECASE | re.ASCII)
_QUOTED_CHARACTERS = 40

FileState = Literal["file", "missing", "outside", "odd"]
"""`outside`: it leads out of the data set. `odd`: a folder, a pipe, a link to nothing; nothing to read."""


class Enclosure:
    """The folder that a data set may not lead out of, by `..` or by symbolic links; each folder is resolved once."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._root = os.path.realpath(root)
        self._below = os.path.join(self._root, "")  # noqa: PTH118  (20,000 of these: strings)
        self._folders: dict[str, bool] = {}

    def escapes(self, path: str) -> bool:
        """Return whether `path`, all links followed, lies outside."""
        real = os.path.realpath(path)
        return real != self._root and not real.startswith(self._below)

    def state(self, path: str) -> FileState:
        """Return whether `path` is a file that may be read; takes one system call for a plain file."""
        try:
            mode = os.lstat(path).st_mode
        except (FileNotFoundError, NotADirectoryError, ValueError):  # ValueError: what no file can be called
            return "missing"
        folder = os.path.dirname(path)  # noqa: PTH120
        if folder not in self._folders:
            self._folders[folder] = self.escapes(folder)
        if self._folders[folder] or (stat.S_ISLNK(mode) and self.escapes(path)):
            return "outside"
        return "file" if stat.S_ISREG(mode) or (stat.S_ISLNK(mode) and Path(path).is_file()) else "odd"

    def find_images(self, folder: str, findings: Findings) -> list[str]:
        """Return the image files below `folder`; what may not or cannot be read is a problem, and left out.

        Raises:
            OSError: a folder cannot be listed.
        """
        names, links = _walk(folder, IMAGE_SUFFIXES)
        for link in links:
            findings.add("path-escapes", "a link to a folder is not followed", self.place(link))
        return [name for name in names if self._is_readable(name, findings)]

    def place(self, path: str) -> str:
        """Return `path` relative to the data set, as text that can be written anywhere."""
        return printable(place(Path(path), self.root))

    def _is_readable(self, path: str, findings: Findings) -> bool:
        state = self.state(path)
        if state == "outside":
            findings.add("path-escapes", "it leads out of the data set and is not read", self.place(path))
        elif state != "file":
            findings.add("image-unreadable", "it is no file, or a link to nothing", self.place(path))
        elif printable(path) != path:
            findings.add("image-unreadable", "its name is not UTF-8 text; rename it", self.place(path))
        else:
            return True
        return False


def escapes(path: Path, root: Path) -> bool:
    """Return whether `path`, all symbolic links followed, lies outside of the folder `root`."""
    return Enclosure(root).escapes(str(path))


def find_files(folder: Path, suffixes: Collection[str]) -> list[Path]:
    """Return the files below `folder` with one of these lower-case suffixes, by path.

    What is hidden is left out, and links to folders are not followed.

    Raises:
        OSError: a folder cannot be listed.
    """
    return [Path(name) for name in sorted(_walk(str(folder), suffixes)[0])]


def place(path: Path, root: Path) -> str:
    """Return `path` as messages and records name it: relative to the data set, so that it is the same everywhere."""
    return Path(os.path.relpath(path, root)).as_posix()


def printable(text: str) -> str:
    """Return `text` with what is no Unicode (a file name in another encoding) escaped."""
    return text if text.isascii() else text.encode(errors="backslashreplace").decode()


def parse_number(text: str) -> float:
    """Return a plain decimal number, rounded once.

    Python's own `float` also takes "nan", "1_000" and other scripts' digits; a label that holds them is damaged.

    Raises:
        ValueError: `text` is no decimal number, or too large for one.
    """
    if not _NUMBER.fullmatch(text):
        raise ValueError(field_problem(text)[1])
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(field_problem(text)[1])
    return number


def exact(text: str) -> Decimal:
    """Return a plain decimal number, every digit kept (up to 60). Compute with it under `localcontext(EXACT)`.

    Raises:
        ValueError: as `parse_number`.
    """
    parse_number(text)
    return EXACT.create_decimal(text)


def field_problem(text: str) -> tuple[str, str]:
    """Return the code of what is wrong with a field that `parse_number` refuses, and a sentence about it."""
    if _NOT_FINITE.fullmatch(text) or _NUMBER.fullmatch(text):
        return "label-not-finite", f"{quoted(text)} is not finite"
    return "label-number", f"{quoted(text)} is not a number"


def quoted(text: str) -> str:
    """Return `text` for a message: in quotes, without control characters, cut when long."""
    return repr(text if len(text) <= _QUOTED_CHARACTERS else f"{text[:_QUOTED_CHARACTERS]}...")


def _walk(folder: str, suffixes: Collection[str]) -> tuple[list[str], list[str]]:
    """Return the files below `folder` with these suffixes, and the links to folders, which are not followed."""
    files, links = [], []
    for where, folders, names in os.walk(folder, onerror=_raise):
        folders[:] = [name for name in folders if not name.startswith(".")]
        links += [path for name in folders if os.path.islink(path := f"{where}{os.sep}{name}")]  # noqa: PTH114
        files += [
            f"{where}{os.sep}{name}"
            for name in names
            if not name.startswith(".") and os.path.splitext(name)[1].lower() in suffixes  # noqa: PTH122
        ]
    return files, sorted(links)


def _raise(error: OSError) -> None:
    raise error
