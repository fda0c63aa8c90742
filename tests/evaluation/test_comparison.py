from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from headway.contracts.verdict import Interval, Measured
from headway.detection.average_precision import average_precision, mean_average_precision, rank
from headway.detection.detections import Detections
from headway.detection.matching import Labels
from headway.evaluation.comparison import Comparison, Scored, compare
from tests.detection.scenes import random_scene

CLASSES = ("plate", "cup", "spoon")
IMAGES = 40
KNOWS_ALL = frozenset({0, 1, 2})


def make_model(
    detections: Sequence[Detections],
    labels: Sequence[Labels],
    *,
    threshold: float = 0.5,
    known: frozenset[int] = KNOWS_ALL,
) -> Scored:
    return Scored(detections, labels, threshold, known)


def noisy(found: Detections, rng: np.random.Generator) -> Detections:
    """Return the same boxes with other scores."""
    scores = np.clip(found.scores + rng.normal(0, 0.2, len(found)), 0, 1).astype(np.float32)
    order = np.argsort(-scores, kind="stable")
    return Detections(found.boxes[order], scores[order], found.class_ids[order])


RNG = np.random.default_rng(1)
FOUND, LABELS = zip(*[random_scene(RNG, classes=3) for _ in range(IMAGES)], strict=True)
CANDIDATE = make_model(FOUND, LABELS)
CHAMPION = make_model([noisy(found, RNG) for found in FOUND], LABELS)


def run(candidate: Scored, champion: Scored | None, **changes: Any) -> Comparison:
    settings: dict[str, Any] = {
        "metric": "map50_95",
        "margin": 0.02,
        "alpha": 0.05,
        "resamples": 100,
        "seed": 0,
        "classes": CLASSES,
        "slices": {},
        "groups": None,
        "class_min_boxes": 5,
        "slice_min_images": 5,
    }
    return compare(candidate, champion, **(settings | changes))


def row(comparison: Comparison, metric: str) -> Measured:
    return next(measured for measured in comparison.measured if measured.metric == metric)


def estimate(interval: Interval | None) -> float:
    assert interval is not None
    return interval.estimate


def own_map(model: Scored, classes: Sequence[int], images: Sequence[int] = range(IMAGES)) -> float:
    found, labels = [model.detections[i] for i in images], [model.labels[i] for i in images]
    value = mean_average_precision(average_precision(rank(found, labels, len(CLASSES)))[:, classes])
    assert value is not None
    return value


def test_estimates_are_the_average_precisions_of_the_test_set() -> None:
    measured = row(run(CANDIDATE, CHAMPION), "map50_95")
    ours, theirs = own_map(CANDIDATE, [0, 1, 2]), own_map(CHAMPION, [0, 1, 2])
    found = [estimate(part) for part in (measured.candidate, measured.champion, measured.difference)]
    assert [ours, theirs, ours - theirs] == pytest.approx(found, abs=1e-6)


def test_a_model_against_itself_differs_by_exactly_nothing() -> None:
    comparison = run(CANDIDATE, CANDIDATE)
    assert 4 * [Interval(estimate=0, low=0, high=0)] == [measured.difference for measured in comparison.measured]
    assert (0.0, 0.0, IMAGES) == (
        comparison.statistics.standard_error,
        comparison.statistics.detectable_difference,
        comparison.statistics.images_for_margin,
    )


def test_swapping_the_models_turns_the_difference_round() -> None:
    one, other = row(run(CANDIDATE, CHAMPION), "map50").difference, row(run(CHAMPION, CANDIDATE), "map50").difference
    assert one and other
    assert (one.estimate, one.low, one.high) == pytest.approx((-other.estimate, -other.high, -other.low), abs=2e-6)


def test_threads_change_no_figure() -> None:
    assert run(CANDIDATE, CHAMPION, threads=1) == run(CANDIDATE, CHAMPION, threads=3)


def test_another_seed_moves_the_bounds_but_not_the_estimate() -> None:
    one, other = (row(run(CANDIDATE, CHAMPION, seed=seed), "map50").difference for seed in (0, 1))
    assert one and other
    assert one.estimate == other.estimate
    assert one.low != other.low


def test_without_a_champion_only_the_candidate_is_measured() -> None:
    comparison = run(CANDIDATE, None, slices={"all": np.ones(IMAGES, bool)})
    assert run(CANDIDATE, CHAMPION).measured[0].candidate == comparison.measured[0].candidate
    assert [(None, None)] * 4 == [(measured.champion, measured.difference) for measured in comparison.measured]
    assert not any(compared.judged or compared.new for compared in comparison.classes)
    assert (None, False) == (comparison.slices[0].difference, comparison.slices[0].judged)
    assert None is comparison.statistics.standard_error


def test_a_class_that_the_champion_does_not_know_counts_in_no_difference() -> None:
    comparison = run(CANDIDATE, make_model(CHAMPION.detections, LABELS, known=frozenset({0, 2})))
    measured = row(comparison, "map50_95")
    assert own_map(CANDIDATE, [0, 1, 2]) == pytest.approx(estimate(measured.candidate), abs=1e-6)
    assert own_map(CHAMPION, [0, 2]) == pytest.approx(estimate(measured.champion), abs=1e-6)
    expected = own_map(CANDIDATE, [0, 2]) - own_map(CHAMPION, [0, 2])
    assert expected == pytest.approx(estimate(measured.difference), abs=1e-6)
    new = comparison.classes[1]
    assert (True, False, None, None) == (new.new, new.judged, new.champion, new.difference)


def test_a_class_without_boxes_on_test_is_not_judged_and_counts_nowhere() -> None:
    comparison = run(CANDIDATE, CHAMPION, classes=[*CLASSES, "ghost"])
    ghost = comparison.classes[3]
    assert (0, False, None, None) == (ghost.boxes, ghost.judged, ghost.candidate, ghost.difference)
    assert run(CANDIDATE, CHAMPION).measured[0].candidate == comparison.measured[0].candidate


def test_a_class_with_few_boxes_is_shown_but_not_judged() -> None:
    boxes = run(CANDIDATE, CHAMPION).classes[0].boxes
    judged = [run(CANDIDATE, CHAMPION, class_min_boxes=least).classes[0] for least in (boxes, boxes + 1)]
    assert [(True, True), (False, False)] == [(row.judged, row.difference is not None) for row in judged]
    assert judged[0].candidate == judged[1].candidate


def test_a_class_or_slice_whose_boxes_lie_in_few_groups_is_not_judged() -> None:
    groups = np.where(np.arange(IMAGES) < 20, np.arange(IMAGES), 0)
    late = {"late": np.arange(IMAGES) >= 20}
    shown = [run(CANDIDATE, CHAMPION, slices=late, groups=which).slices[0].judged for which in (None, groups)]
    assert [True, False] == shown
    everything_in_nine = np.arange(IMAGES) % 9
    assert not any(compared.judged for compared in run(CANDIDATE, CHAMPION, groups=everything_in_nine).classes)


def test_bounds_of_classes_are_wider_the_more_of_them_are_judged() -> None:
    boxes = [compared.boxes for compared in run(CANDIDATE, CHAMPION).classes]
    commonest = int(np.argmax(boxes))
    together = run(CANDIDATE, CHAMPION).classes[commonest].difference
    alone = run(CANDIDATE, CHAMPION, class_min_boxes=max(boxes)).classes[commonest].difference
    assert together and alone
    assert together.low < alone.low
    assert together.high > alone.high


def test_a_slice_speaks_of_its_own_images() -> None:
    even = np.arange(IMAGES) % 2 == 0
    compared = run(CANDIDATE, CHAMPION, slices={"even": even}).slices[0]
    expected = own_map(CANDIDATE, [0, 1, 2], range(0, IMAGES, 2))
    assert (IMAGES // 2, True) == (compared.images, compared.judged)
    assert expected == pytest.approx(compared.candidate, abs=1e-6)


def test_a_slice_of_everything_has_the_bounds_of_the_whole() -> None:
    comparison = run(CANDIDATE, CHAMPION, slices={"all": np.ones(IMAGES, bool)}, metric="map50")
    whole, part = row(comparison, "map50").difference, comparison.slices[0].difference
    assert whole and part
    assert (whole.low, whole.high) == pytest.approx((part.low, part.high), abs=2e-6)


def test_a_slice_with_few_images_is_shown_but_not_judged() -> None:
    few = np.arange(IMAGES) < 4
    compared = run(CANDIDATE, CHAMPION, slices={"few": few}).slices[0]
    assert (4, False, None) == (compared.images, compared.judged, compared.difference)


def test_an_empty_slice_has_no_figures() -> None:
    compared = run(CANDIDATE, CHAMPION, slices={"none": np.zeros(IMAGES, bool)}, slice_min_images=0).slices[0]
    assert (0, False, None, None) == (compared.images, compared.judged, compared.candidate, compared.champion)


def test_precision_and_recall_are_at_each_models_own_threshold() -> None:
    # Three labels; two found at 0.9 and 0.4, one false alarm at 0.3.
    boxes = np.array([[0, 0, 9, 9], [20, 0, 29, 9], [40, 0, 49, 9]], np.float64)
    labels = [Labels(boxes, np.zeros(3, np.int64))] * 3
    shown = np.array([boxes[0], boxes[1], [60, 0, 69, 9]], np.float32)
    found = [Detections(shown, np.array([0.9, 0.4, 0.3], np.float32), np.zeros(3, np.int64))] * 3
    comparison = run(make_model(found, labels, threshold=0.2), make_model(found, labels, threshold=0.5))
    precision, recall = row(comparison, "precision"), row(comparison, "recall")
    assert (2 / 3, 1.0) == pytest.approx((estimate(precision.candidate), estimate(precision.champion)), abs=1e-6)
    assert (2 / 3, 1 / 3) == pytest.approx((estimate(recall.candidate), estimate(recall.champion)), abs=1e-6)
    compared = comparison.classes[0]
    assert (2 / 3, 1 / 3) == pytest.approx((compared.candidate_recall, compared.champion_recall), abs=1e-6)


def test_a_model_that_finds_nothing_has_no_precision_and_differs_in_none() -> None:
    silent = make_model(FOUND, LABELS, threshold=1.1)
    precision = row(run(CANDIDATE, silent), "precision")
    assert (None, None) == (precision.champion, precision.difference)
    assert 0.0 == estimate(row(run(CANDIDATE, silent), "recall").champion)


def test_without_any_box_on_test_nothing_is_claimed() -> None:
    labels = [Labels(np.empty((0, 4)), np.empty(0, np.int64))] * IMAGES
    comparison = run(make_model(FOUND, labels), make_model(CHAMPION.detections, labels))
    assert (None, None) == (comparison.measured[0].candidate, comparison.measured[0].difference)
    assert None is comparison.statistics.standard_error


def test_images_that_come_in_copies_are_less_sure_when_their_groups_are_drawn() -> None:
    ours, theirs = (make_model([*model.detections] * 4, [*LABELS] * 4) for model in (CANDIDATE, CHAMPION))
    groups = np.tile(np.arange(IMAGES), 4)
    single, grouped = (run(ours, theirs, groups=which, resamples=400).statistics for which in (None, groups))
    assert ("image", "group") == (single.unit, grouped.unit)
    assert single.standard_error and grouped.standard_error
    assert 2.0 == pytest.approx(grouped.standard_error / single.standard_error, rel=0.2)


def test_what_the_test_set_can_show_follows_from_the_standard_error() -> None:
    statistics = run(CANDIDATE, CHAMPION, margin=0.01).statistics
    assert statistics.standard_error and statistics.detectable_difference and statistics.images_for_margin
    assert (1.644854 + 0.841621) == pytest.approx(
        statistics.detectable_difference / statistics.standard_error, rel=1e-3
    )
    expected = math.ceil(IMAGES * (statistics.detectable_difference / 0.01) ** 2)
    assert expected == pytest.approx(statistics.images_for_margin, abs=1)


def test_no_number_of_images_shows_a_margin_of_nothing() -> None:
    assert None is run(CANDIDATE, CHAMPION, margin=0.0).statistics.images_for_margin
