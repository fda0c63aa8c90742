"""Markdown (CommonMark with GitHub's tables) out of text that anybody may have written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

_SPECIAL = re.compile(r"[\\`*_\[\]|~#!$]")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_LIST_MARKER = re.compile(r"^(\d*)([-+.)])(?=[\s-]|$)")
_LONGEST = 120
_LONGEST_PROSE = 500
_AT = "&#64;"
_WWW = re.compile(r"(www)\.", re.IGNORECASE)
_WORD = re.compile(r"[(\[]?[-+±]?[^\W_]+(?:[-.,/'][^\W_]+)*%?[)\]]{0,2}[.,;:]?|[-+±<>]")
_FOUND_BY_GITHUB = re.compile(r"www\.|gh-\d|\b[0-9a-f]{7,40}\b", re.IGNORECASE)
"""Words of harmless characters that GitHub still makes links of: addresses, issues, commits."""


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
    line = "".join(map(_entity, _cut(" ".join(text.split()), longest)))
    # GFM looks for addresses inside inline HTML too, and for those of mail once entities are decoded: text ends
    # at a comment.
    unlinked = _WWW.sub(r"\1&#46;", line).replace(_AT, f"{_AT}<!-- -->")
    return f"<code>{unlinked}</code>"


def prose(text: str, longest: int = _LONGEST_PROSE) -> str:
    """Return a plain sentence that may hold names from anywhere: words are text, whatever else is there is `code`.

    It is for use inside a line or a table's cell, never alone on a line.
    """
    runs = groupby(_cut(" ".join(text.split()), longest).split(), key=_is_word)
    return " ".join((escape if plain else code)(" ".join(words)) for plain, words in runs)


def table(head: Sequence[str], rows: Sequence[Sequence[str]], *, left: int = 1) -> Iterator[str]:
    """Yield a table, the first `left` columns to the left, the others to the right; cells are Markdown already."""
    yield f"| {' | '.join(head)} |"
    yield f"|{'|'.join([*[' --- '] * left, *[' ---: '] * (len(head) - left)])}|"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def folded(summary: str, lines: Sequence[str]) -> Iterator[str]:
    """Yield `lines` behind a summary that opens on a click."""
    yield f"<details><summary>{summary}</summary>"
    yield ""
    yield from lines
    yield ""
    yield "</details>"


def _is_word(text: str) -> bool:
    return _WORD.fullmatch(text) is not None and _FOUND_BY_GITHUB.search(text) is None


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _entity(character: str) -> str:
    if character.isalnum() or character in " -/.,()…":
        return character
    return f"&#{ord(character)};" if character.isprintable() else "\ufffd"
