"""The numbers behind the data set card."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings

from headway.contracts.dataset import Box
from headway.data.diff import Version
from headway.data.statistics import GRID, choose_samples, describe
from tests.data.versions import CAN, image, version, versions


def test_boxes_are_counted_by_class_split_and_size() -> None:
    large, medium = Box("can", 0.0, 0.0, 100.0, 100.0), Box("can", 0.0, 0.0, 32.0, 32.0)
    data = version(image("a", CAN, large), image("b", medium, split="test")).dataset

    can, bottle, _ = describe(data).classes

    assert {"train": 2, "test": 1} == can.boxes
    assert (3, 2, 1, 1, 1, 32.0) == (can.total, can.images, can.small, can.medium, can.large, can.median_side)
    assert (0, 0, None) == (bottle.total, bottle.images, bottle.median_side)


def test_the_map_counts_the_boxes_over_each_part_of_the_image() -> None:
    left_half, top_half = Box("can", 0.0, 0.0, 50.0, 80.0), Box("can", 0.0, 0.0, 100.0, 40.0)
    places = describe(version(image("a", left_half, top_half)).dataset).places

    assert [[2, 1], [1, 0]] == places[:: GRID - 1, :: GRID - 1].tolist(), "corners: top left, top right, bottom ..."
    assert 2 * GRID * GRID // 2 == places.sum()


def test_image_sizes_come_most_frequent_first() -> None:
    assert {(100, 80): 2} == describe(version(image("a"), image("b")).dataset).image_sizes


@settings(max_examples=50)
@given(versions)
def test_every_box_is_counted_once_by_class_and_size_and_image(one: Version) -> None:
    statistics = describe(one.dataset)
    boxes = sum(len(record.boxes) for record in one.dataset.records)

    assert boxes == sum(found.total for found in statistics.classes)
    assert boxes == sum(found.small + found.medium + found.large for found in statistics.classes)
    assert boxes == len(statistics.sides)
    assert boxes == statistics.per_image.sum()
    assert boxes >= statistics.places.max(initial=0)
    assert (boxes > 0) == bool(np.any(statistics.places))


@settings(max_examples=50)
@given(versions)
def test_samples_show_every_class_if_that_many_images_can(one: Version) -> None:
    records = one.dataset.records
    every = {box.class_name for record in records for box in record.boxes}
    chosen = choose_samples(records, 3)

    assert every == {box.class_name for record in chosen for box in record.boxes}, "three classes, so three images do"
    assert len(chosen) == min(3, sum(bool(record.boxes) for record in records))
    assert len(chosen) == len({record.image_id for record in chosen})


@settings(max_examples=50)
@given(versions)
def test_samples_do_not_depend_on_the_order_of_the_images(one: Version) -> None:
    records = one.dataset.records

    assert choose_samples(records, 3) == choose_samples(records[::-1], 3)
