"""The only way for text to reach the page: a tree of elements, which Python's serialiser escapes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TypeAlias
from xml.etree.ElementTree import Element, tostring

Child: TypeAlias = "Element | str | None"

_UNFIT = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)
"""Control characters, and those that turn the direction of what is read."""


def element(tag: str, *children: Child | Iterable[Child], **attributes: str | float | None) -> Element:
    """Return an element.

    Args:
        tag: its name.
        children: elements and texts, in order; None is left out.
        attributes: `class_` is class, `aria_label` is aria-label; None leaves one out.
    """
    made = Element(tag)
    for name, value in attributes.items():
        if value is not None:
            made.set(name.removesuffix("_").replace("_", "-"), printable(str(value)))
    for child in children:
        append(made, child)
    return made


def append(parent: Element, child: Child | Iterable[Child]) -> None:
    """Put a child, or several, at the end of an element."""
    if child is None:
        return
    if isinstance(child, Element):
        parent.append(child)
    elif isinstance(child, str):
        _append_text(parent, printable(child))
    else:
        for one in child:
            append(parent, one)


def printable(text: str) -> str:
    """Return text with U+FFFD for each character that no page may hold, or that would make it read otherwise."""
    return _UNFIT.sub("\ufffd", text)


def write_document(root: Element) -> str:
    """Return an html element as a whole document."""
    return f"<!doctype html>\n{tostring(root, encoding='unicode', method='html')}\n"


def _append_text(parent: Element, text: str) -> None:
    if len(parent):
        parent[-1].tail = (parent[-1].tail or "") + text
    else:
        parent.text = (parent.text or "") + text
