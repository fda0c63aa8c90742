"""Lines that fit a terminal of 80 columns."""

from __future__ import annotations

import textwrap

WIDTH = 80


def fill(line: str) -> str:
    """Return a line broken where it is too long; what follows its first is indented by four."""
    return textwrap.fill(line, WIDTH, subsequent_indent="    ", break_on_hyphens=False)


def wrapped(text: str, *, first: str = "", rest: str = "  ") -> str:
    """Return text from the repository in printable lines of a terminal."""
    lines = textwrap.wrap(
        _printable(text), WIDTH, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False,
        break_long_words=False,
    )  # fmt: skip
    return "\n".join(lines)


def _printable(text: str) -> str:
    """Return text from the repository so that it cannot move a terminal's cursor."""
    return "".join(one if one.isprintable() else "\ufffd" for one in " ".join(text.split()))
