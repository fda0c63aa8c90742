"""The bench of data sets compares nothing that did unequal work."""

from __future__ import annotations

import pytest
from bench.data import demand_equal


def test_sides_that_read_the_same_are_compared() -> None:
    demand_equal({"ours": [{"images": 3, "boxes": 30}], "other": [{"images": 3, "boxes": 30}]}, "images", "boxes")


def test_a_side_that_read_less_is_not_compared() -> None:
    with pytest.raises(SystemExit, match=r"equal work: boxes \{'ours': 30, 'other': 29\}"):
        demand_equal({"ours": [{"images": 3, "boxes": 30}], "other": [{"images": 3, "boxes": 29}]}, "images", "boxes")
