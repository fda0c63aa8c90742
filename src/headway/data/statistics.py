"""The numbers of a data set card: how many boxes, how large, where, and in which images."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np
from numpy.typing import NDArray

from headway.contracts.dataset import ImageRecord, PreparedDataset

SMALL_SIDE, LARGE_SIDE = 32, 96
"""COCO's limits: small is under 32 x 32 pixels in area, large over 96 x 96."""
GRID = 48
"""Cells of the map of places along each side."""


@dataclass(frozen=True)
class ClassStatistics:
    """One class.

    Attributes:
        name: of the class.
        boxes: split -> number of boxes, for the splits that have any.
        images: number of images with at least one box.
        small, medium, large: number of boxes by area (COCO).
        median_side: square root of the box area in pixels, median; None without boxes.
    """

    name: str
    boxes: Mapping[str, int]
    images: int
    small: int
    medium: int
    large: int
    median_side: float | None

    @property
    def total(self) -> int:
        return sum(self.boxes.values())


@dataclass(frozen=True)
class DatasetStatistics:
    """All images and boxes.

    Attributes:
        classes: by class id.
        sides: square root of each box's area, in pixels.
        places: (GRID, GRID), number of boxes over each part of the image, which is stretched to a square; rows from
            the top.
        per_image: number of boxes of each image.
        image_sizes: (width, height) -> number of images, most frequent first.
    """

    classes: tuple[ClassStatistics, ...]
    sides: NDArray[np.float64]
    places: NDArray[np.int64]
    per_image: NDArray[np.int64]
    image_sizes: Mapping[tuple[int, int], int]


def describe(dataset: PreparedDataset) -> DatasetStatistics:
    """Count everything that the card tells."""
    boxes = [(record, box) for record in dataset.records for box in record.boxes]
    corners = np.array([(box.x_min, box.y_min, box.x_max, box.y_max) for _, box in boxes], np.float64).reshape(-1, 4)
    image_sides = np.array([(record.width, record.height) for record, _ in boxes], np.float64).reshape(-1, 2)
    sides = np.sqrt((corners[:, 2] - corners[:, 0]) * (corners[:, 3] - corners[:, 1]))
    return DatasetStatistics(
        classes=_describe_classes(dataset, sides),
        sides=sides,
        places=_map_places(corners / np.tile(image_sides, 2)),
        per_image=np.array([len(record.boxes) for record in dataset.records], np.int64),
        image_sizes=_most_frequent((record.width, record.height) for record in dataset.records),
    )


def choose_samples(records: Sequence[ImageRecord], count: int) -> list[ImageRecord]:
    """Return up to `count` images that show every class where that many images can.

    In an order that only their content decides (SHA-256 of id and digest), the image with the most classes that none
    of the chosen shows is taken, again and again; images that were added elsewhere in the set change little.
    """
    rest = sorted(
        (record for record in records if record.boxes),
        key=lambda record: hashlib.sha256(f"{record.image_id} {record.sha256}".encode()).digest(),
    )
    unseen = [{box.class_name for box in record.boxes} for record in rest]
    chosen: list[ImageRecord] = []
    while rest and len(chosen) < count:
        best = max(range(len(rest)), key=lambda index: len(unseen[index]))
        new = unseen.pop(best)
        if not new:
            return chosen + rest[: count - len(chosen)]
        chosen.append(rest.pop(best))
        for names in unseen:
            names -= new
    return chosen


def _describe_classes(dataset: PreparedDataset, sides: NDArray[np.float64]) -> tuple[ClassStatistics, ...]:
    sides_of, boxes, images = (
        defaultdict[str, list[float]](list),
        defaultdict[str, Counter[str]](Counter),
        Counter[str](),
    )
    flat = iter(sides.tolist())
    for record in dataset.records:
        images.update({box.class_name for box in record.boxes})
        for box in record.boxes:
            boxes[box.class_name][record.split] += 1
            sides_of[box.class_name].append(next(flat))
    return tuple(_describe_class(name, boxes[name], images[name], sides_of[name]) for name in dataset.classes)


def _describe_class(name: str, boxes: Mapping[str, int], images: int, sides: Sequence[float]) -> ClassStatistics:
    small = sum(side < SMALL_SIDE for side in sides)
    large = sum(side > LARGE_SIDE for side in sides)
    middle = median(sides) if sides else None
    return ClassStatistics(name, dict(boxes), images, small, len(sides) - small - large, large, middle)


def _map_places(relative: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return how many of the boxes, in shares of the image's sides, touch each cell of the grid."""
    low = np.clip(np.floor(relative[:, :2] * GRID), 0, GRID - 1).astype(np.int64)
    high = np.clip(np.ceil(relative[:, 2:] * GRID), low + 1, GRID).astype(np.int64)
    # Each box adds 1 from its first cell on and takes it back behind its last: the running sum is the count.
    steps = np.zeros((GRID + 1, GRID + 1), np.int64)
    for rows, columns, step in ((low, low, 1), (high, low, -1), (low, high, -1), (high, high, 1)):
        np.add.at(steps, (rows[:, 1], columns[:, 0]), step)
    counted: NDArray[np.int64] = steps.cumsum(axis=0).cumsum(axis=1)[:GRID, :GRID]
    return counted


def _most_frequent(sizes: Iterable[tuple[int, int]]) -> dict[tuple[int, int], int]:
    return dict(sorted(Counter(sizes).items(), key=lambda item: (-item[1], item[0])))
