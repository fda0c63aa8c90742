"""Markdown (CommonMark with GitHub's tables) out of text that anybody may have written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_SPECIAL = re.compile(r"[\\`*_\[\]|~#!$]")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_LIST_MARKER = re.compile(r"^(\d*)([-+.)])(?=[\s-]|$)")
_LONGEST = 120


def escape(text: str) -> str:
    """Return plain text as one line of Markdown that renders to just that text, in a table as well.

    What means something to CommonMark gets a backslash, what means something to HTML an entity.
    """
    marked = _SPECIAL.sub(r"\\\g<0>", " ".join(text.split()))
    marked = re.sub("[&<>]", lambda found: _ENTITIES[found[0]], marked)
    return _LIST_MARKER.sub(r"\1\\\2", marked)


def code(text: str, longest: int = _LONGEST) -> str:
    """Return `text` in monospace, on one line, for places that GitHub searches for names and numbers.

    A backslash does not keep GitHub from turning "@name" and "#1" into a
    mention and a link; inside an HTML code element it leaves them alone. A
    backtick's code span cannot say a backslash before a bar in a table.
    Control characters are shown as U+FFFD; text over `longest` characters is
    cut.
    """
    line = " ".join(text.split())
    if len(line) > longest:
        line = f"{line[: longest - 1]}…"
    return f"<code>{''.join(map(_entity, line))}</code>"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield a table, first column to the left, the others to the right; cells are Markdown already."""
    yield f"| {' | '.join(head)} |"
    yield f"|{'|'.join([' --- ', *[' ---: '] * (len(head) - 1)])}|"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def folded(summary: str, lines: Sequence[str]) -> Iterator[str]:
    """Yield `lines` behind a summary that opens on a click."""
    yield f"<details><summary>{summary}</summary>"
    yield ""
    yield from lines
    yield ""
    yield "</details>"


def _entity(character: str) -> str:
    if character.isalnum() or character in " -/.,()…":
        return character
    return f"&#{ord(character)};" if character.isprintable() else "\ufffd"
