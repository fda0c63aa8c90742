"""Text that anybody may have written, as GitHub's own parser sees it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.contracts.markdown import code, escape, prose, table
from tests.pull_request.report.rendered import HOSTILE, rendered

NAMES = ["someone@example.org", "see www.example.org", "https://example.org/x", "mailto:a@example.org", "<b>", "a|b"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("write", [code, prose])
def test_no_address_or_markup_becomes_more_than_text(write: Callable[[str], str], name: str) -> None:
    page = rendered(f"x {write(name)} y")

    assert {"p", "code"} >= set(page.tags)
    assert f"x {name} y" == page.text


@given(HOSTILE)
def test_code_shows_the_name(name: str) -> None:
    page = rendered(f"x {code(name)} y")

    assert ["p", "code"] == page.tags
    assert f"x {_one_line(name)} y" == page.text


@given(HOSTILE)
def test_prose_shows_the_sentence(text: str) -> None:
    page = rendered(f"x {prose(text)} y")

    assert {"p", "code"} >= set(page.tags)
    assert f"x {_one_line(text)} y".split() == page.text.split()


@pytest.mark.parametrize("word", ["@someone", "#1", "GH-12", "0123abc", "owner/repo#1", ":tada:", "$x$", "a_b", "*a*"])
def test_what_github_would_link_or_draw_is_code(word: str) -> None:
    assert f"see {code(word)} there" == prose(f"see {word} there")


def test_sentences_of_the_gate_stay_plain() -> None:
    sentence = "mAP50-95 changes by -0.080 [-0.120, -0.040]; the margin is 0.02: worse by more (and 2 more)."

    assert escape(sentence) == prose(sentence)


@given(st.text())
def test_long_text_is_cut(text: str) -> None:
    assert 22 >= len(rendered(f"x{prose(text, 20)}").text)


def test_a_table_has_its_columns_to_the_left_and_to_the_right() -> None:
    assert ["| a | b | c |", "| --- | --- | ---: |", "| 1 | 2 | 3 |"] == list(
        table(("a", "b", "c"), [("1", "2", "3")], left=2)
    )


def _one_line(text: str) -> str:
    return "".join(one if one.isprintable() else "\ufffd" for one in " ".join(text.split()))
