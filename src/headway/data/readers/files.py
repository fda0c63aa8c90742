"""Finding files, naming their places, and reading numbers: what every reader needs in the same way."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Collection
from pathlib import Path

IMAGE_SUFFIXES = frozenset({".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"})

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_QUOTED_CHARACTERS = 40


def find_files(folder: Path, suffixes: Collection[str]) -> list[Path]:
    """Return the files below `folder` with one of these lower-case suffixes, by path; hidden ones are left out.

    Raises:
        OSError: a folder cannot be listed.
    """
    found = []
    for where, _, names in os.walk(folder, onerror=_raise):
        found += [Path(where, name) for name in names if not name.startswith(".")]
    return sorted(path for path in found if path.suffix.lower() in suffixes)


def place(path: Path, root: Path) -> str:
    """Return `path` as messages and records name it: relative to the data set, so that it is the same everywhere."""
    return Path(os.path.relpath(path, root)).as_posix()


def parse_number(text: str) -> float:
    """Return a plain decimal number, unrounded.

    Python's own `float` also takes "nan", "1_000" and other scripts' digits; a label that holds them is damaged.

    Raises:
        ValueError: `text` is no decimal number, or too large for one.
    """
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"{quoted(text)} is not a number")
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{quoted(text)} is not finite")
    return number


def quoted(text: str) -> str:
    """Return `text` for a message: in quotes, without control characters, cut when long."""
    return repr(text if len(text) <= _QUOTED_CHARACTERS else f"{text[:_QUOTED_CHARACTERS]}...")


def _raise(error: OSError) -> None:
    raise error
