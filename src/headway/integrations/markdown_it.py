"""markdown-it-py: reads CommonMark with tables. HTML in it is text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, get_args

from headway.contracts.marked_text import Kind, Node
from headway.errors import InputError

if TYPE_CHECKING:
    from markdown_it.token import Token

_DEEPEST = 20
_KINDS = frozenset(get_args(Kind))


def read_markdown(text: str) -> tuple[Node, ...]:
    """Return what a text in Markdown holds.

    Raises:
        InputError: markdown-it-py is not installed.
    """
    try:
        from markdown_it import MarkdownIt
    except ImportError as error:
        raise InputError(
            "markdown-it-py is not installed in this Python", hint='pip install "headway[site]"'
        ) from error
    reader = MarkdownIt("commonmark", {"html": False, "maxNesting": _DEEPEST}).enable(["table", "strikethrough"])
    return _read(iter(reader.parse(text)))


def _read(tokens: Iterator[Token]) -> tuple[Node, ...]:
    """Return the nodes up to the token that closes the one around them."""
    found: list[Node] = []
    for token in tokens:
        if token.nesting == -1:
            break
        children = _read(tokens) if token.nesting == 1 else _read(iter(token.children or ()))
        if token.hidden or token.type == "inline":  # hidden: a tight list's paragraphs
            found += children
        else:
            found.append(_node(token, children))
    return tuple(found)


def _node(token: Token, children: Sequence[Node]) -> Node:
    if token.type == "heading_open":
        return Node("heading", level=int(token.tag[1:]), children=tuple(children))
    if token.type in ("fence", "code_block"):
        return Node("pre", token.content)
    if token.type == "image":
        return Node("img", token.content, address=str(token.attrGet("src") or ""))
    if token.type == "softbreak":
        return Node("text", "\n")
    kind = _kind(token.tag)
    return Node(
        kind,
        token.content,
        address=str(token.attrGet("href") or ""),
        right="right" in str(token.attrGet("style") or ""),
        children=tuple(children),
    )


def _kind(tag: str) -> Kind:
    if not tag:
        return "text"
    return tag if tag in _KINDS else "other"  # type: ignore[return-value]
