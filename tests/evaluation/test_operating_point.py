from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.evaluation.operating_point import at_threshold, choose_threshold, class_at_threshold
from headway.evaluation.outcomes import Pool
from tests.evaluation.pools import make_pool

SCORES = st.sampled_from([0.05, 0.2, 0.3, 0.3000001, 0.5, 0.75, 0.9, 1.0])


@st.composite
def pools(draw: st.DrawFn) -> Pool:
    rows = draw(st.lists(st.tuples(SCORES, st.booleans()), max_size=20))
    found = sum(correct for _, correct in rows)
    return make_pool([score for score, _ in rows], [correct for _, correct in rows], found + draw(st.integers(0, 5)))


@given(pools())
def test_no_other_threshold_has_a_better_f1(pool: Pool) -> None:
    threshold = choose_threshold(pool)
    if threshold is None:
        assert not pool.correct.any()
        return
    chosen = at_threshold(pool, threshold, 0.5).f1
    assert chosen is not None
    for other in [*pool.scores.tolist(), 0.0]:
        assert chosen >= (at_threshold(pool, other, 0.5).f1 or 0.0)


@given(pools())
def test_of_equal_thresholds_the_lowest_is_chosen(pool: Pool) -> None:
    threshold = choose_threshold(pool)
    if threshold is not None:
        best = at_threshold(pool, threshold, 0.5)
        for lower in pool.scores[pool.scores < threshold].tolist():
            assert best.f1 != at_threshold(pool, lower, 0.5).f1


def test_the_threshold_lies_midway_to_the_next_weaker_score() -> None:
    assert 0.6 == pytest.approx(choose_threshold(make_pool([0.9, 0.8, 0.4], [True, True, False], 2)))


def test_when_every_detection_is_kept_the_weakest_score_is_the_threshold() -> None:
    assert np.float32(0.4) == choose_threshold(make_pool([0.9, 0.4], [True, True], 2))


def test_nothing_found_right_leaves_no_choice() -> None:
    assert choose_threshold(make_pool([0.9], [False], 3)) is None


def test_an_empty_pool_leaves_no_choice() -> None:
    assert choose_threshold(make_pool([], [], 0)) is None


def test_counts_and_rates_at_a_threshold() -> None:
    point = at_threshold(make_pool([0.9, 0.8, 0.7, 0.1], [True, False, True, True], 4), 0.7, 0.5)
    assert (2, 1, 2) == (point.true_positives, point.false_positives, point.false_negatives)
    assert (2 / 3, 0.5, 4 / 7) == pytest.approx((point.precision, point.recall, point.f1), abs=1e-6)


def test_without_detections_precision_is_unknown_and_recall_zero() -> None:
    point = at_threshold(make_pool([], [], 4), 0.5, 0.5)
    assert (None, 0.0, 0.0) == (point.precision, point.recall, point.f1)


def test_without_labels_recall_is_unknown() -> None:
    point = at_threshold(make_pool([0.9], [False], 0), 0.5, 0.5)
    assert (0.0, None, 0.0) == (point.precision, point.recall, point.f1)


@given(pools(), st.floats(0, 1))
def test_classes_add_up_to_the_whole(pool: Pool, threshold: float) -> None:
    class_ids = np.arange(len(pool.scores)) % 2
    split = Pool(pool.scores, pool.correct, class_ids, np.bincount(class_ids[pool.correct], minlength=2))
    whole = at_threshold(split, threshold, 0.5)
    parts = [class_at_threshold(split, class_id, threshold, 0.5) for class_id in range(2)]
    assert whole.true_positives == sum(part.true_positives for part in parts)
    assert whole.false_positives == sum(part.false_positives for part in parts)
    assert whole.false_negatives == sum(part.false_negatives for part in parts)
