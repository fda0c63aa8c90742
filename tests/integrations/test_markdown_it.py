"""Markdown as a tree: CommonMark with tables, and HTML that stays text."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from headway.contracts.marked_text import Node
from headway.integrations.markdown_it import read_markdown


def text(content: str) -> Node:
    return Node("text", content)


def paragraph(*children: Node) -> Node:
    return Node("p", children=children)


def test_headings_emphasis_links_and_code() -> None:
    assert (
        Node("heading", level=2, children=(text("Limits"),)),
        paragraph(text("so "), Node("strong", children=(text("b"),)), text(" "), Node("code", "x < y")),
        paragraph(Node("a", address="https://example.org", children=(text("here"),))),
        Node("pre", "a < b\n"),
    ) == read_markdown("## Limits\n\nso **b** `x < y`\n\n[here](https://example.org)\n\n```sh\na < b\n```\n")


def test_lists_tight_and_loose() -> None:
    tight = Node("ul", children=(Node("li", children=(text("a"),)), Node("li", children=(text("b"),))))
    loose = Node(
        "ol", children=(Node("li", children=(paragraph(text("a")),)), Node("li", children=(paragraph(text("b")),)))
    )

    assert (tight,) == read_markdown("- a\n- b\n")
    assert (loose,) == read_markdown("1. a\n\n2. b\n")


def test_tables_keep_their_alignment() -> None:
    (table,) = read_markdown("| a | b |\n| --- | ---: |\n| 1 | 2 |\n")

    assert [("th", False), ("th", True), ("td", False), ("td", True)] == [
        (node.kind, node.right) for node in table.walk() if node.kind in ("th", "td")
    ]


def test_pictures_have_an_address_and_words() -> None:
    assert (paragraph(Node("img", "What it finds", address="card/samples.jpg")),) == read_markdown(
        "![What it finds](card/samples.jpg)"
    )


def test_html_is_text() -> None:
    assert (paragraph(text("<b>x</b>")),) == read_markdown("<b>x</b>")
    assert (paragraph(text("<script>alert(1)</script>")),) == read_markdown("<script>alert(1)</script>")


def test_a_tower_of_quotes_is_not_climbed() -> None:
    assert read_markdown(">" * 5000 + " x")
    assert read_markdown("*" * 5000 + "x" + "[" * 5000)


@given(st.text())
def test_any_text_is_read(content: str) -> None:
    kinds = {node.kind for top in read_markdown(content) for node in top.walk()}

    assert "other" not in kinds
