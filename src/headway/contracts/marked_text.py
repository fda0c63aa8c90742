"""A text with headings, lists, tables and pictures, as a tree; whoever shows it decides what each node becomes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "text", "heading", "p", "ul", "ol", "li", "blockquote", "pre", "hr", "br",
    "em", "strong", "s", "code", "a", "img", "table", "thead", "tbody", "tr", "th", "td", "other",
]  # fmt: skip
"""Named as in HTML, but for text, headings, and what none of these is."""


@dataclass(frozen=True)
class Node:
    """One piece.

    Attributes:
        kind: what it is.
        text: of "text", "code" and "pre"; of "img" what stands for it.
        address: of "a" and "img".
        level: of "heading", 1 to 6.
        right: whether a "th" or "td" is aligned to the right.
        children: in their order.
    """

    kind: Kind
    text: str = ""
    address: str = ""
    level: int = 0
    right: bool = False
    children: tuple[Node, ...] = ()

    def walk(self) -> Iterator[Node]:
        """Yield it and everything below it."""
        yield self
        for child in self.children:
            yield from child.walk()
