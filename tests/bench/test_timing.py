"""The bench's arithmetic; its times are no test."""

from __future__ import annotations

import pytest
from bench.timing import alone, alternate, compare, paired_ratio


def test_a_ratio_compares_neighbours_in_time_so_that_a_slow_spell_cancels_out() -> None:
    # The machine is three times slower in the second round, and ours is always twice as slow as bare.
    assert 2.0 == paired_ratio([2.0, 6.0, 2.0], [1.0, 3.0, 1.0])


def test_one_disturbed_round_does_not_move_the_ratio() -> None:
    assert 1.5 == paired_ratio([1.5, 90.0, 1.5], [1.0, 1.0, 1.0])


def test_sides_without_the_same_number_of_rounds_are_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        paired_ratio([1.0, 2.0], [1.0])


def test_sides_take_turns() -> None:
    order: list[str] = []

    def side(name: str, seconds: float) -> float:
        order.append(name)
        return seconds

    times = alternate({"ours": lambda: side("ours", 2.0), "bare": lambda: side("bare", 1.0)}, 2)

    assert ["ours", "bare", "ours", "bare"] == order
    assert {"ours": [2.0, 2.0], "bare": [1.0, 1.0]} == times


@pytest.mark.parametrize(("ours", "met"), [(1.1, True), (1.2, False)])
def test_a_goal_holds_the_ratio_where_there_is_one(ours: float, met: bool) -> None:
    assert met is compare("stage", [ours], [1.0], goal=1.1, note="").met


@pytest.mark.parametrize(("seconds", "met"), [(0.3, True), (0.4, False)])
def test_a_goal_holds_the_seconds_where_there_is_no_ratio(seconds: float, met: bool) -> None:
    assert met is alone("start", [seconds], goal=0.3).met


def test_without_a_goal_nothing_is_met_or_missed() -> None:
    assert None is alone("start", [0.3]).met
