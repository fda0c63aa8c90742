from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from headway.evaluation.bootstrap import BLOCK, Draws, draws_of, interval, simultaneous_intervals

RESAMPLES = 2 * BLOCK + 5
MANY = 10**9
"""Units that leave the tails as they are."""


def all_draws(draws: Draws, threads: int = 1) -> NDArray[np.uint8]:
    return np.concatenate(draws.each_block(lambda weights: weights, threads=threads))


def test_every_draw_has_as_many_images_as_there_are() -> None:
    drawn = all_draws(draws_of(7, None, resamples=RESAMPLES, seed=0))
    assert [7] * RESAMPLES == drawn.sum(axis=1).tolist()


def test_every_image_is_drawn_equally_often_on_average() -> None:
    drawn = all_draws(draws_of(4, None, resamples=4000, seed=0))
    np.testing.assert_allclose(drawn.mean(axis=0), np.ones(4), atol=0.06)


def test_the_seed_alone_decides_the_draws_not_the_threads() -> None:
    draws = draws_of(50, None, resamples=RESAMPLES, seed=3)
    np.testing.assert_array_equal(all_draws(draws, threads=1), all_draws(draws, threads=4))


def test_another_seed_draws_otherwise() -> None:
    first, second = (all_draws(draws_of(50, None, resamples=RESAMPLES, seed=seed)) for seed in (3, 4))
    assert not np.array_equal(first, second)


def test_blocks_differ() -> None:
    draws = draws_of(50, None, resamples=RESAMPLES, seed=3)
    assert not np.array_equal(draws.block(0), draws.block(1))


def test_images_of_a_group_are_drawn_together() -> None:
    groups = np.array([9, 4, 9, 4, 7])
    drawn = all_draws(draws_of(5, groups, resamples=RESAMPLES, seed=0))
    assert [True, True] == [np.array_equal(drawn[:, 0], drawn[:, 2]), np.array_equal(drawn[:, 1], drawn[:, 3])]
    assert [3] * RESAMPLES == drawn[:, [0, 1, 4]].sum(axis=1).tolist()


def test_units_of_some_images_are_counted_once_each() -> None:
    draws = draws_of(5, np.array([9, 4, 9, 4, 7]), resamples=1, seed=0)
    assert 2 == draws.units_in(np.array([True, False, True, False, True]))


def test_a_block_is_measured_as_a_whole_and_in_order() -> None:
    draws = draws_of(3, None, resamples=RESAMPLES, seed=0)
    assert [BLOCK, BLOCK, 5] == draws.each_block(len, threads=2)


def test_an_interval_leaves_its_share_on_each_side() -> None:
    assert (10.0, 90.0) == pytest.approx(interval(50.0, np.arange(101.0), 0.1, MANY))


@pytest.mark.parametrize(("units", "student"), [(20, 2.0930), (50, 2.0096), (10**9, 1.9600)])
def test_few_units_widen_by_students_t_and_by_the_division_by_n_less_one(units: int, student: float) -> None:
    replicates = np.random.default_rng(0).normal(size=400_000)
    low, high = interval(0.0, replicates, 0.025, units)
    assert 2 * student * (units / (units - 1)) ** 0.5 == pytest.approx(high - low, rel=0.01)


def test_an_interval_of_few_units_is_wider() -> None:
    few, many = (interval(500.0, np.arange(1001.0), 0.05, units) for units in (20, MANY))
    assert few[0] < many[0] < many[1] < few[1]


def test_an_interval_of_skewed_draws_is_skewed() -> None:
    replicates = np.random.default_rng(0).exponential(size=2000)
    expected = np.quantile(replicates, [0.05, 0.95])
    np.testing.assert_allclose(interval(1.0, replicates, 0.05, MANY), expected, atol=1e-6)


def test_draws_without_a_value_do_not_count() -> None:
    draws = np.random.default_rng(0).normal(size=1000)
    with_gaps = np.concatenate([draws, np.full(500, np.nan)])
    assert interval(0.0, draws, 0.05, 40) == pytest.approx(interval(0.0, with_gaps, 0.05, 40))


def test_bounds_of_many_quantities_hold_together() -> None:
    replicates = np.random.default_rng(0).normal(size=(20_000, 8)) * np.arange(1, 9)
    low, high = simultaneous_intervals(np.zeros(8), replicates, 0.05, np.full(8, MANY))
    assert 0.05 == pytest.approx((replicates < low).any(axis=1).mean(), abs=0.001)
    assert 0.05 == pytest.approx((replicates > high).any(axis=1).mean(), abs=0.001)


def test_only_the_quantity_on_few_units_has_wider_bounds() -> None:
    replicates = np.random.default_rng(0).normal(size=(20_000, 2))
    few, many = (
        simultaneous_intervals(np.zeros(2), replicates, 0.05, np.array([least, MANY]))[0] for least in (10, MANY)
    )
    assert (True, True) == (few[0] < many[0], few[1] == many[1])


def test_bounds_are_as_wide_as_the_quantity_is_uncertain() -> None:
    replicates = np.random.default_rng(0).normal(size=(20_000, 2)) * [1, 3]
    low, high = simultaneous_intervals(np.zeros(2), replicates, 0.05, np.full(2, MANY))
    assert 3.0 == pytest.approx((high - low)[1] / (high - low)[0], rel=0.05)


def test_a_quantity_that_no_draw_changes_is_sure_and_disturbs_no_other() -> None:
    replicates = np.stack([np.random.default_rng(0).normal(size=2000), np.zeros(2000)], axis=1)
    low, high = simultaneous_intervals(np.zeros(2), replicates, 0.05, np.full(2, MANY))
    alone = simultaneous_intervals(np.zeros(1), replicates[:, :1], 0.05, np.full(1, MANY))
    assert (0.0, 0.0) == (low[1], high[1])
    assert (low[0], high[0]) == pytest.approx((alone[0][0], alone[1][0]))
