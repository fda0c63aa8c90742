"""Text reaches the page as text."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from headway.registry.site.markup import element, printable, write_document
from tests.registry.site.parsed import Page


@given(st.text())
def test_any_text_and_any_attribute_are_read_back_as_they_were(text: str) -> None:
    page = Page(write_document(element("p", text, element("b", text), text, title=text)))

    assert ["p", "b"] == [tag.name for tag in page.tags]
    assert printable(text) * 3 == page.tags[0].text
    assert printable(text) == (page.tags[0].attributes["title"] or "")


def test_names_of_attributes_are_those_of_html() -> None:
    made = element("a", class_="x", aria_label="y", tabindex=0, href=None)

    assert {"class": "x", "aria-label": "y", "tabindex": "0"} == made.attrib


def test_characters_that_turn_or_hide_text_are_replaced() -> None:
    assert "a�b�c\n\td" == printable("a\x1bb\u202ec\n\td")
