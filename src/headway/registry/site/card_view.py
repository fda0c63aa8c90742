"""Model cards. Only elements that are named here can come of a card, whatever it holds."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element

from headway.contracts.marked_text import Node
from headway.registry.site.content import Card
from headway.registry.site.markup import Child, element
from headway.registry.site.parts import wide

LARGEST_PICTURE_BYTES = 300_000
_LOWEST_HEADING = 6
_AS_THEY_ARE = {"p", "ul", "ol", "li", "blockquote", "em", "strong", "s", "tr", "thead", "tbody", "hr", "br"}
_SAFE_ADDRESSES = {"http", "https", "mailto"}
_SIGNATURES = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}


def draw_card(card: Card, level: int) -> Element:
    """Return a card; its first heading has `level`."""
    if card.content is None:
        return element("p", f"The card of {card.version} cannot be shown: {card.fault}.", class_="missing")
    return element("div", _draw(card.content, card.pictures, level), class_="card")


def _draw(nodes: tuple[Node, ...], pictures: Mapping[str, bytes], level: int) -> Iterator[Child]:
    for node in nodes:
        inner = _draw(node.children, pictures, level)
        if node.kind in _AS_THEY_ARE:
            yield element(node.kind, inner)
        elif node.kind == "heading":
            yield element(f"h{min(node.level + level - 1, _LOWEST_HEADING)}", inner)
        elif node.kind in ("th", "td"):
            yield element(node.kind, inner, class_="number" if node.right else None)
        elif node.kind == "table":
            yield wide("Table of the model card", element("table", inner))
        elif node.kind in ("code", "pre"):
            code = element("code", node.text)
            yield element("pre", code) if node.kind == "pre" else code
        elif node.kind == "a":
            yield element("a", inner, href=node.address) if _is_safe(node.address) else element("span", inner)
        elif node.kind == "img":
            yield _picture(node, pictures.get(node.address, b""))
        else:
            yield node.text
            yield from inner


def _is_safe(address: str) -> bool:
    try:
        return urlsplit(address).scheme.lower() in _SAFE_ADDRESSES
    except ValueError:
        return False


def _picture(node: Node, content: bytes) -> Element:
    """Return a picture whose bytes are in the page; its title where it is none, or too large."""
    kind = next((kind for start, kind in _SIGNATURES.items() if content.startswith(start)), None)
    if kind is None or len(content) > LARGEST_PICTURE_BYTES:
        why = f"over {LARGEST_PICTURE_BYTES // 1000} kB" if kind else "not in the bundle, or no PNG or JPEG"
        return element("em", f"Picture left out ({why}): {node.text or node.address}")
    return element("img", src=f"data:{kind};base64,{base64.b64encode(content).decode()}", alt=node.text)
