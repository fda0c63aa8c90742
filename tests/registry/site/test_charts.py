"""What the charts say: numbers that compare are joined, others never."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.registry.site.charts import Point, choose_labels, choose_scale, describe, line_chart, sparkline
from headway.registry.site.markup import write_document
from tests.registry.site.parsed import Page

RATES = st.floats(0, 1).map(lambda value: round(value, 6))


def points(*values: float | None, test_sets: str = "") -> list[Point]:
    return [Point(f"v1.{place}.0", value, test_sets[place : place + 1]) for place, value in enumerate(values)]


def drawn(*values: float | None, test_sets: str = "") -> Page:
    return Page(write_document(line_chart("mAP50", points(*values, test_sets=test_sets))))


@given(st.lists(RATES))
def test_the_scale_holds_every_value_within_0_and_1(values: list[float]) -> None:
    low, high, ticks = choose_scale(values)

    assert all(low <= value <= high for value in values)
    assert 0.0 <= low < high <= 1.0
    assert (low, high) == (ticks[0], ticks[-1])
    assert 2 <= len(ticks) <= 5


@given(st.lists(st.floats(0, 300), max_size=30), st.floats(1, 100))
def test_labels_keep_their_distance_and_the_first_one_has_its_place(xs: list[float], width: float) -> None:
    found = choose_labels([(x, place) for place, x in enumerate(xs)], width)
    taken = sorted(xs[place] for place in found)

    assert all(after - before >= width for before, after in pairwise(taken))
    assert [0][: len(xs)] == found[:1]


def test_a_line_joins_neighbours() -> None:
    assert 1 == len(drawn(0.5, 0.6, 0.7).all("path", "line"))


def test_a_new_test_set_ends_the_line_and_is_marked_and_named() -> None:
    page = drawn(0.5, 0.6, 0.4, 0.5, test_sets="aabb")

    assert 2 == len(page.all("path", "line"))
    assert 1 == len(page.all("line", "break"))
    assert "new test set" in page.text
    assert [True, False, True] == [
        before.attributes["d"] == after.attributes["d"] for before, after in pairwise(page.all("path", "dot"))
    ]


def test_a_version_without_the_number_ends_the_line() -> None:
    page = drawn(0.5, None, 0.7)

    assert 2 == len(page.all("path", "line"))
    assert 2 == len(page.all("path", "dot"))


def test_higher_values_lie_higher_and_later_versions_to_the_right() -> None:
    first, second = (
        list(map(float, re.findall(r"[\d.]+", dot.attributes["transform"] or "")))
        for dot in drawn(0.5, 0.6).all("path", "dot")
    )

    assert first[0] < second[0]
    assert first[1] > second[1]


def test_few_numbers_are_all_written_out() -> None:
    assert ["0.500", "0.600", "0.550"] == [tag.text for tag in drawn(0.5, 0.6, 0.55).all("text", "number")]


def test_of_many_numbers_the_newest_and_the_best_of_each_test_set_are_written_out() -> None:
    values = [0.5 + place / 1000 for place in range(100)]
    values[30] = 0.8
    page = drawn(*values, test_sets="a" * 50 + "b" * 50)
    written = {tag.text for tag in page.all("text", "number")}

    assert {"0.800", "0.599"} <= written
    assert len(written) < 10
    assert len(page.all("path", "dot")) == len(page.all("text", "number"))


@pytest.mark.parametrize("values", [(), (None,), (0.5,), (1.0, 1.0), (0.0,)])
def test_odd_series_are_drawn(values: tuple[float | None, ...]) -> None:
    page = drawn(*values)

    assert len([value for value in values if value is not None]) == len(page.all("path", "dot"))
    assert "nan" not in page.source


def test_the_words_compare_only_what_was_scored_on_one_test_set() -> None:
    assert (
        "mAP50 of 4 versions: newest 0.500 (v1.3.0); on its test set highest 0.500 (v1.3.0), lowest 0.400 (v1.2.0). "
        "The test set changed at v1.2.0; numbers across that do not compare."
    ) == describe("mAP50", points(0.9, 0.1, 0.4, 0.5, test_sets="aabb"))
    assert "mAP50: no version has it" == describe("mAP50", points(None))


def test_a_small_chart_breaks_as_well() -> None:
    page = Page(write_document(sparkline("can", points(0.5, 0.6, 0.4, 0.5, test_sets="aabb"))))

    assert 2 == len(page.all("path", "line"))
    assert describe("can", points(0.5, 0.6, 0.4, 0.5, test_sets="aabb")) == page.tags[0].attributes["aria-label"]
