"""How reference images are divided and counted."""

from __future__ import annotations

import random
from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from headway.contracts.dataset import ImageRecord
from headway.detection.detections import Detections
from headway.detection.signals import observe
from headway.packaging.profile import assign_windows, build_profile


def record(number: int, group: str | None = None) -> ImageRecord:
    return ImageRecord(f"{number:04}", f"{number}.png", "0" * 64, 8, 8, "test", (), "here", group)


@given(st.integers(1, 60), st.integers(2, 14))
def test_windows_are_equal_in_size_give_or_take_one(images: int, count: int) -> None:
    sizes = Counter(assign_windows([record(number) for number in range(images)], count).values())

    assert min(images, count) == len(sizes)
    assert max(sizes.values()) - min(sizes.values()) <= 1


@given(st.randoms())
def test_windows_do_not_depend_on_the_order_of_the_images(chance: random.Random) -> None:
    records = [record(number, f"session {number % 5}") for number in range(23)]
    shuffled = chance.sample(records, len(records))

    assert assign_windows(records, 4) == assign_windows(shuffled, 4)


def test_images_of_a_group_stay_together() -> None:
    records = [record(number, f"session {number % 4}") for number in range(40)]
    windows = assign_windows(records, 4)

    assert 4 == len({(entry.group, windows[entry.image_id]) for entry in records})


def test_names_that_follow_time_are_spread_over_windows() -> None:
    windows = assign_windows([record(number) for number in range(60)], 3)

    assert 3 == len({windows[f"{number:04}"] for number in range(20)})


def test_the_profile_counts_each_image_in_its_window_and_only_what_passes_the_threshold() -> None:
    image = np.full((8, 8, 3), 128, dtype=np.uint8)
    boxes = np.array([[0, 0, 4, 4], [2, 2, 6, 6]], dtype=np.float32)
    detections = Detections(boxes, np.array([0.9, 0.2], np.float32), np.array([0, 1]))
    profile = build_profile(((name, image, detections) for name in "abc"), {"a": 0, "b": 1, "c": 1}, ("x", "y"), 0.5)
    one = observe(image, detections.above(0.5), 2)

    assert (one, one + one) == profile.windows
    assert 0 == profile.total.by_class["confidence"][1].sum()
