from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from headway.detection.matching import NONE, class_iou, match
from tests.detection.scenes import random_scene

THRESHOLD = st.floats(0.1, 0.95)


@st.composite
def overlaps(draw: st.DrawFn) -> NDArray[np.float64]:
    found, labels = draw(st.integers(0, 6)), draw(st.integers(0, 5))
    values = draw(st.lists(st.sampled_from([0.0, 0.3, 0.5, 0.7, 0.9, 1.0]), min_size=30, max_size=30))
    return np.array(values[: found * labels]).reshape(found, labels)


@given(overlaps(), THRESHOLD)
def test_no_label_is_found_twice(iou: NDArray[np.float64], threshold: float) -> None:
    found = match(iou, threshold)
    used = found[found != NONE]
    assert len(set(used.tolist())) == len(used)


@given(overlaps(), THRESHOLD)
def test_a_match_overlaps_enough(iou: NDArray[np.float64], threshold: float) -> None:
    found = match(iou, threshold)
    rows = np.flatnonzero(found != NONE)
    assert np.all(iou[rows, found[rows]] >= threshold)


@given(overlaps(), THRESHOLD, st.integers(0, 6))
def test_weaker_detections_do_not_change_the_matches_of_stronger_ones(
    iou: NDArray[np.float64], threshold: float, kept: int
) -> None:
    np.testing.assert_array_equal(match(iou, threshold)[:kept], match(iou[:kept], threshold))


@given(overlaps(), THRESHOLD)
def test_an_unmatched_detection_had_no_free_label(iou: NDArray[np.float64], threshold: float) -> None:
    found = match(iou, threshold)
    for row in np.flatnonzero(found == NONE):
        free = np.setdiff1d(np.arange(iou.shape[1]), found[:row])
        assert not np.any(iou[row, free] >= threshold)


def test_the_stronger_detection_takes_the_label() -> None:
    assert [0, NONE] == match(np.array([[0.6], [0.9]]), 0.5).tolist()


def test_a_detection_takes_the_label_that_it_overlaps_most() -> None:
    assert [1] == match(np.array([[0.6, 0.8, 0.7]]), 0.5).tolist()


def test_of_equal_overlaps_the_last_label_wins_as_in_pycocotools() -> None:
    assert [2] == match(np.array([[0.6, 0.8, 0.8]]), 0.5).tolist()


def test_an_overlap_of_exactly_the_threshold_is_enough() -> None:
    assert [0] == match(np.array([[0.5]]), 0.5).tolist()


def test_classes_do_not_overlap_each_other() -> None:
    found, labels = random_scene(np.random.default_rng(1), labels=12)
    different = found.class_ids[:, None] != labels.class_ids[None, :]
    assert different.any() and not class_iou(found, labels)[different].any()
