"""Markdown as GitHub's own parser renders it, and names that try to be more than names."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

import cmarkgfm
from cmarkgfm.cmark import Options
from hypothesis import strategies as st

_PAYLOADS = [
    "[click](https://example.org)",
    "![x](https://example.org/x.png)",
    "<https://example.org>",
    "[a]: https://example.org",
    "www.example.org",
    "someone@example.org",
    "mailto:someone@example.org",
    "@someone",
    "@org/team",
    "#1",
    "GH-1",
    "owner/name#1",
    "0123456789abcdef0123456789abcdef01234567",
    "<script>alert(1)</script>",
    "<img src=x onerror=y>",
    "</details>",
    "</code>",
    "<!--",
    "-->",
    "&lt;b&gt;&#64;x",
    "| a | b |",
    "\\|",
    "`x`",
    "```",
    "~~~\n",
    "\n\n# Head\n\n",
    "\n| --- |\n",
    "\n===\n",
    "\n- item",
    "    indented",
    "> quote",
    "1. one",
    "***",
    "[^1]",
    "- [ ] task",
    "$x$",
    ":tada:",
    "\n::set-output name=a::b",
    "\n::add-mask::x",
    "##[add-mask]x",
    "%0A::error::x",
    "\u202etxt.exe",
    "\u2028::warning::x",
    "\x00\x1b[31m",
    "]]>",
    "%%{init: {}}%%",
    '"] --> x["',
    '\nclick a href "javascript:x"',
    "😀 ünï",
]
HOSTILE = st.lists(
    st.sampled_from(_PAYLOADS) | st.text("`*_[]()<>!|~#@$:/\\-+=.&;\"'{}%^\n\r\t \u2028w0a", max_size=6), max_size=3
).map("".join)
"""Names of files, classes, branches, params ... as an attacker would choose them."""

_EMPTY = {"br", "img", "hr"}


@dataclass
class Page(HTMLParser):
    """A rendered text.

    Attributes:
        tags: of the elements, in order.
        attributes: of the elements that have any but an alignment or a language.
        text: what is seen.
        tables: rows of cells, as they are seen.
    """

    tags: list[str] = field(default_factory=list)
    attributes: list[tuple[str, str | None]] = field(default_factory=list)
    text: str = ""
    tables: list[list[list[str]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._in_cell = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [one for one in attrs if one[0] not in {"align", "lang"}]
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in {"td", "th"}:
            self.tables[-1][-1].append("")
            self._in_cell = True

    def handle_endtag(self, tag: str) -> None:
        if tag in {"td", "th"}:
            self._in_cell = False

    def handle_data(self, data: str) -> None:
        self.text += data
        if self._in_cell:
            self.tables[-1][-1][-1] += data

    @property
    def shapes(self) -> list[list[int]]:
        """Cells in each row of each table."""
        return [[len(row) for row in table] for table in self.tables]


def rendered(markdown: str) -> Page:
    """Render as GitHub does before it sanitises, so that what it would have to remove is seen."""
    page = Page()
    page.feed(cmarkgfm.github_flavored_markdown_to_html(markdown, Options.CMARK_OPT_UNSAFE))
    page.close()
    page.text = page.text.strip()
    return page
