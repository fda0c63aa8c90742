from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from headway.detection.detections import Detections
from headway.detection.matching import Labels
from headway.evaluation.confusion import confusion
from headway.evaluation.operating_point import at_threshold
from headway.evaluation.outcomes import Outcome, judge, pool
from tests.detection.scenes import random_scene

CLASSES = 3
IOU = 0.5


def outcomes_of(seed: int) -> list[Outcome]:
    rng = np.random.default_rng(seed)
    return [judge(*random_scene(rng, classes=CLASSES, labels=10, strays=20), IOU) for _ in range(4)]


def one_outcome(found: list[tuple[float, int, float]], true: list[tuple[float, int]]) -> Outcome:
    """Boxes of 10 x 10 pixels; each detection is (left edge, class, score), each label (left edge, class)."""
    boxes = np.array([[left, 0, left + 10, 10] for left, _, _ in found], dtype=np.float32).reshape(-1, 4)
    detections = Detections(boxes, np.array([row[2] for row in found], np.float32), np.array([row[1] for row in found]))
    corners = np.array([[left, 0, left + 10, 10] for left, _ in true], dtype=np.float64).reshape(-1, 4)
    return judge(detections, Labels(corners, np.array([row[1] for row in true])), IOU)


@given(st.integers(0, 1000), st.sampled_from([0.0, 0.3, 0.8]))
def test_the_diagonal_holds_the_true_positives(seed: int, threshold: float) -> None:
    outcomes = outcomes_of(seed)
    table = confusion(outcomes, CLASSES, threshold, IOU)
    expected = at_threshold(pool(outcomes, CLASSES), threshold, IOU).true_positives
    assert expected == table.diagonal()[:CLASSES].sum()


@given(st.integers(0, 1000), st.sampled_from([0.0, 0.3, 0.8]))
def test_every_label_is_in_its_row_once(seed: int, threshold: float) -> None:
    outcomes = outcomes_of(seed)
    table = confusion(outcomes, CLASSES, threshold, IOU)
    np.testing.assert_array_equal(pool(outcomes, CLASSES).label_counts, table[:CLASSES].sum(axis=1))


@given(st.integers(0, 1000), st.sampled_from([0.0, 0.3, 0.8]))
def test_every_detection_is_in_its_column_once(seed: int, threshold: float) -> None:
    outcomes = outcomes_of(seed)
    table = confusion(outcomes, CLASSES, threshold, IOU)
    pooled = pool(outcomes, CLASSES)
    expected = np.bincount(pooled.class_ids[pooled.scores >= threshold], minlength=CLASSES)
    np.testing.assert_array_equal(expected, table[:, :CLASSES].sum(axis=0))


def test_a_label_found_as_another_class_is_a_confusion() -> None:
    table = confusion([one_outcome([(0, 1, 0.9)], [(0, 0)])], 2, 0.5, IOU)
    assert [[0, 1, 0], [0, 0, 0], [0, 0, 0]] == table.tolist()


def test_a_stray_detection_is_background_and_a_missed_label_too() -> None:
    table = confusion([one_outcome([(50, 1, 0.9)], [(0, 0)])], 2, 0.5, IOU)
    assert [[0, 0, 1], [0, 0, 0], [0, 1, 0]] == table.tolist()


def test_the_right_class_keeps_its_label_before_a_stronger_wrong_one() -> None:
    table = confusion([one_outcome([(0, 1, 0.9), (1, 0, 0.6)], [(0, 0)])], 2, 0.5, IOU)
    assert [[1, 0, 0], [0, 0, 0], [0, 1, 0]] == table.tolist()


def test_below_the_threshold_nothing_is_found() -> None:
    table = confusion([one_outcome([(0, 0, 0.4)], [(0, 0)])], 2, 0.5, IOU)
    assert [[0, 0, 1], [0, 0, 0], [0, 0, 0]] == table.tolist()
