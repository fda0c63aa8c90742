from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.evaluation.calibration import calibrate
from tests.evaluation.pools import make_pool

ROWS = st.lists(st.tuples(st.floats(0, 1, width=32), st.booleans()), max_size=40)


@given(ROWS)
def test_every_score_of_a_tenth_and_more_is_in_one_bin(rows: list[tuple[float, bool]]) -> None:
    bins = calibrate(make_pool([score for score, _ in rows], [right for _, right in rows], len(rows))).bins
    expected = sum(score >= 0.1 for score, _ in rows)
    assert expected == sum(entry.detections for entry in bins)


@given(ROWS)
def test_the_mean_score_lies_in_its_bin(rows: list[tuple[float, bool]]) -> None:
    for entry in calibrate(make_pool([score for score, _ in rows], [right for _, right in rows], len(rows))).bins:
        if entry.mean_score is not None:
            assert entry.low - 1e-6 <= entry.mean_score <= entry.high + 1e-6


def test_scores_that_are_the_share_of_right_detections_have_no_error() -> None:
    pool = make_pool([0.75] * 8 + [0.25] * 8, [True] * 6 + [False] * 2 + [True] * 2 + [False] * 6, 8)
    assert 0.0 == pytest.approx(calibrate(pool).expected_calibration_error)


def test_the_error_is_the_gap_weighted_by_detections() -> None:
    pool = make_pool([0.95] * 3 + [0.15], [False, False, False, True], 1)
    assert (3 * 0.95 + 0.85) / 4 == pytest.approx(calibrate(pool).expected_calibration_error)


def test_a_score_of_one_is_in_the_last_bin() -> None:
    assert 1 == calibrate(make_pool([1.0], [True], 1)).bins[-1].detections


def test_weak_detections_do_not_count() -> None:
    assert calibrate(make_pool([0.01] * 50, [False] * 50, 1)).expected_calibration_error is None


def test_a_confident_model_that_is_often_wrong_is_far_off() -> None:
    rng = np.random.default_rng(0)
    right = (rng.random(1000) < 0.5).tolist()
    error = calibrate(make_pool([0.9] * 1000, right, 500)).expected_calibration_error
    assert 0.4 == pytest.approx(error, abs=0.05)
