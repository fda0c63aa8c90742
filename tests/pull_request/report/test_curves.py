"""Charts that GitHub draws: legal Mermaid, few points, nothing invented."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.pull_request.report.charts import MOST_POINTS, Axis, Line, can_be_drawn, chart
from headway.pull_request.report.curves import precision_recall, training_curves
from headway.pull_request.report.facts import Facts, Run
from tests.pull_request.report.rendered import rendered
from tests.pull_request.report.reports import make_facts

NUMBER = r"-?\d+(?:\.\d+)?"
GRAMMAR = re.compile(
    rf"""%%\{{init: \{{[^\n]*\}}\}}%%
xychart-beta
  x-axis "[\w .,/()%-]*" {NUMBER} --> {NUMBER}
  y-axis "[\w .,/()%-]*" {NUMBER} --> {NUMBER}
(?:  line \[{NUMBER}(?:, {NUMBER})+\]\n)+"""
)
"""What https://mermaid.js.org/syntax/xyChart.html allows, as far as it is used here."""
VALUE = st.floats(-1e8, 1e8) | st.floats(-1e-3, 1e-3) | st.sampled_from([0.0, 1e-4, -1e-4])
POINTS = st.dictionaries(st.integers(0, 500), VALUE, min_size=2, max_size=120)


def block(lines: list[str]) -> str:
    return "\n".join(lines).partition("```mermaid\n")[2].partition("```")[0]


def drawn(text: str) -> list[list[float]]:
    return [[float(one) for one in line.split(", ")] for line in re.findall(r"line \[(.*)\]", text)]


@given(st.lists(POINTS, min_size=1, max_size=4), st.text())
def test_every_chart_is_legal_and_short(curves: list[dict[int, float]], title: str) -> None:
    lines = [Line("x", tuple(sorted((float(place), value) for place, value in points.items()))) for points in curves]
    text = block(list(chart(lines, Axis(title), Axis(title))))

    assert GRAMMAR.fullmatch(text)
    assert len(curves) == len(drawn(text))
    assert max(map(len, drawn(text))) <= MOST_POINTS
    low, high = map(float, re.findall(rf"y-axis .* ({NUMBER}) --> ({NUMBER})", text)[0])
    assert low < high
    assert all(low <= value <= high for values in drawn(text) for value in values)


@given(POINTS)
def test_the_ends_of_a_curve_are_kept(points: dict[int, float]) -> None:
    ordered = sorted(points.items())
    values = drawn(block(list(chart([Line("x", tuple(ordered))], Axis("x"), Axis("y")))))[0]

    assert pytest.approx([ordered[0][1], ordered[-1][1]], abs=1e-3) == [values[0], values[-1]]


def test_few_points_are_drawn_as_they_are() -> None:
    line = Line("loss", tuple((float(epoch), 1 / epoch) for epoch in range(1, 6)))

    assert [[1.0, 0.5, 0.3333, 0.25, 0.2]] == drawn(block(list(chart([line], Axis("epoch"), Axis("loss")))))


def test_a_curve_that_falls_does_not_rise_when_thinned() -> None:
    line = Line("loss", tuple((float(epoch), 1 / epoch) for epoch in range(1, 301)))
    values = drawn(block(list(chart([line], Axis("epoch"), Axis("loss")))))[0]

    assert MOST_POINTS == len(values)
    assert all(before > after for before, after in pairwise(values))


@pytest.mark.parametrize("points", [(), ((1.0, 2.0),), ((1.0, 2.0), (2.0, 1e12))])
def test_what_mermaid_cannot_draw(points: tuple[tuple[float, float], ...]) -> None:
    assert not can_be_drawn(Line("x", points))


def test_training_shows_losses_and_scores_with_a_legend(facts: Facts) -> None:
    text = "\n".join(training_curves(facts))

    assert 2 == text.count("```mermaid")
    assert "🔵 box, train · 🟠 box, val" in text
    assert "🔵 mAP50\n" in text
    assert 'x-axis "epoch" 1 --> 60' in text


def test_the_curve_of_the_base_stands_beside_the_candidates(facts: Facts) -> None:
    assert facts.base is not None
    other = {"recall": (0.0, 1.0), "precision": (1.0, 0.0)}
    base = replace(facts.base, run=replace(facts.base.run, precision_recall=other))
    text = "\n".join(precision_recall(replace(facts, base=base)))

    assert "🔵 candidate · 🟠 base" in text
    assert [2, 40, 40] == [len(drawn(text)), *map(len, drawn(text))]
    assert 'x-axis "recall" 0 --> 1' in text


def test_an_equal_curve_is_drawn_once(facts: Facts) -> None:
    text = "\n".join(precision_recall(facts))

    assert 1 == len(drawn(text))
    assert "The base's curve is the same." in text


@pytest.mark.parametrize(
    ("epochs", "said"),
    [
        (None, "No curves: reports/epochs.csv does not exist."),
        ({"epoch": (1.0,), "train/box_loss": (2.0,)}, "fewer than two epochs, or no column that is known"),
        ({"epoch": (1.0, 2.0), "other": (2.0, 3.0)}, "fewer than two epochs, or no column that is known"),
        ({"train/box_loss": (2.0, 3.0)}, "fewer than two epochs, or no column that is known"),
    ],
)
def test_what_keeps_curves_away_is_said(run: Run, epochs: dict[str, tuple[float, ...]] | None, said: str) -> None:
    missing = {Path("reports/epochs.csv"): "does not exist"}
    page = rendered("\n".join(training_curves(make_facts(replace(run, epochs=epochs, missing=missing)))))

    assert said in page.text


def test_no_precision_recall_is_said(run: Run) -> None:
    nothing = replace(
        run, precision_recall=None, missing={Path("reports/plots/precision_recall.csv"): "does not exist"}
    )

    assert "No curve: `reports/plots/precision_recall.csv` does not exist." in list(
        precision_recall(make_facts(nothing, base=None, no_base="there is none"))
    )
