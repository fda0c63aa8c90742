"""The gate's statistics on made-up detectors whose true difference is known; full counts: `python -m bench.gate`."""

from __future__ import annotations

import statistics

import numpy as np
import pytest
from bench.detectors import Skill, World, populate
from bench.error_rates import ALPHA, ErrorRates, Rate, measure_error_rates
from bench.gate import render_rates

from headway.detection.average_precision import rank
from headway.detection.geometry import iou_matrix

WORLD = World(boxes=6, class_shares=(0.5, 0.5))


def test_a_rates_interval_is_wilsons() -> None:
    # Newcombe, Statistics in Medicine 17 (1998), table I: 81 of 263.
    assert (0.2553, 0.3662) == pytest.approx(Rate(81, 263).interval, abs=1e-4)


def test_boxes_of_an_image_do_not_overlap_so_that_every_match_is_known() -> None:
    labels = populate(WORLD, [], 20, seed=0).labels
    assert all(np.array_equal(np.eye(len(image)), iou_matrix(image.boxes, image.boxes)) for image in labels)


def test_more_skill_finds_more() -> None:
    people = populate(WORLD, [Skill(0.5, 2.0), Skill(1.5, 2.0)], 200, seed=0)
    hits = [rank(found, people.labels, 2).correct[0].sum() for found in people.found]
    assert hits[0] < 0.9 * hits[1]


def test_hard_images_are_hard_for_both_detectors() -> None:
    people = populate(WORLD, [Skill(0.5, 0.0), Skill(0.5, 0.0)], 400, seed=0)
    ours, theirs = (
        [len(found) / len(truth) for found, truth in zip(who, people.labels, strict=True)] for who in people.found
    )
    assert statistics.correlation(ours, theirs) > 0.3


@pytest.fixture(scope="module")
def few() -> list[ErrorRates]:
    return measure_error_rates([50], 10, population=1000)


def test_a_few_trials_fill_the_table(few: list[ErrorRates]) -> None:
    text = render_rates(few)
    assert [10] == [at.trials for at in few]
    assert ["map50_95", "map50", "precision", "recall"] == [line.split()[1] for line in text.splitlines()[1:5]]


def test_the_standard_error_is_of_the_size_of_the_true_spread(few: list[ErrorRates]) -> None:
    ours, true = few[0].standard_errors
    assert 0.5 < ours / true < 2


@pytest.mark.slow
def test_error_rates_are_what_is_promised() -> None:
    """Of 150 trials each: no rate may be beyond what chance explains of the promised one (1 in 1000)."""
    for at in measure_error_rates([50, 200], 150):
        limit = 150 * ALPHA + 3.3 * (150 * ALPHA * (1 - ALPHA)) ** 0.5
        assert all(rate.count <= limit for rate in (*at.false_accepts, at.class_alarms))
        assert all(rate.value > 0.88 for rate in (*at.covered_equal, *at.covered_worse))
