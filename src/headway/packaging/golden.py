"""Golden images: a few test images with the detections that any sound runtime must find in them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from headway.contracts.dataset import ImageRecord
from headway.contracts.document import Document
from headway.detection.detections import Detections
from headway.detection.matching import Labels, class_iou, match
from headway.errors import InputError

SCHEMA_VERSION: Literal[1] = 1


class Tolerance(Document):
    """How far a device may stray: other processors round and fuse differently, above all in INT8."""

    score: float = 0.05
    iou: float = 0.9
    """Least overlap of a found box with the expected one."""


class GoldenDetection(Document):
    """One expected object; corners in pixels of the upright image."""

    class_name: str
    score: float
    box: tuple[float, float, float, float]


class GoldenImage(Document):
    """One image and what must be found in it, by falling score."""

    file: str
    """Path in the bundle."""
    image_id: str
    width: int
    height: int
    detections: tuple[GoldenDetection, ...]


class GoldenSet(Document):
    """All golden images."""

    schema_version: Literal[1] = SCHEMA_VERSION
    threshold: float
    tolerance: Tolerance = Tolerance()
    images: tuple[GoldenImage, ...]


def read_golden(path: Path) -> GoldenSet:
    """Read golden.json.

    Raises:
        InputError: the file is missing or does not follow this schema.
    """
    try:
        return GoldenSet.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise InputError(f"{path} is no golden set of schema {SCHEMA_VERSION}: {error}") from error


def choose_golden(
    records: Sequence[ImageRecord], found: Mapping[str, Detections], count: int
) -> tuple[ImageRecord, ...]:
    """Choose `count` images that together show as many of the found classes as they can.

    Greedy cover; ties and the places left over go by the image's SHA-256, which is as good as chance and
    always the same. Images in which something is found come first.

    Args:
        records: candidates.
        found: image id -> detections at the operating threshold.
        count: how many to choose; fewer are returned where there are fewer candidates.
    """
    classes = {record.image_id: set(found[record.image_id].class_ids.tolist()) for record in records}
    rest = sorted(records, key=lambda record: (not classes[record.image_id], record.sha256, record.image_id))
    chosen: list[ImageRecord] = []
    covered: set[int] = set()
    while rest and len(chosen) < count:
        best = max(rest, key=lambda record: len(classes[record.image_id] - covered))  # the first of equals
        rest.remove(best)
        chosen.append(best)
        covered |= classes[best.image_id]
    return tuple(chosen)


def golden_image(file: str, record: ImageRecord, expected: Detections, classes: Sequence[str]) -> GoldenImage:
    """Return the entry of one image; numbers are rounded far below the tolerance."""
    detections = tuple(
        GoldenDetection(class_name=classes[class_id], score=round(score, 6), box=_corners(box))
        for box, score, class_id in zip(
            expected.boxes.tolist(), expected.scores.tolist(), expected.class_ids.tolist(), strict=True
        )
    )
    return GoldenImage(
        file=file, image_id=record.image_id, width=record.width, height=record.height, detections=detections
    )


def expected_detections(image: GoldenImage, classes: Sequence[str]) -> Detections:
    """Return the expected objects of one image.

    Raises:
        ValueError: the entry names a class that the model does not have.
    """
    ids = [classes.index(detection.class_name) for detection in image.detections]
    boxes = np.array([detection.box for detection in image.detections], dtype=np.float32).reshape(-1, 4)
    scores = np.array([detection.score for detection in image.detections], dtype=np.float32)
    return Detections(boxes, scores, np.array(ids, dtype=np.int64))


def compare(expected: Detections, found: Detections, threshold: float, tolerance: Tolerance) -> list[str]:
    """Return how `found` contradicts `expected`; empty when it does not.

    A box whose score is within the tolerance of the threshold may appear or vanish.

    Args:
        expected: cut at the threshold.
        found: cut at the threshold less the score tolerance, or not at all.
        threshold: the operating threshold.
        tolerance: what is still equal.
    """
    partner = match(class_iou(found, Labels(expected.boxes.astype(np.float64), expected.class_ids)), tolerance.iou)
    certain = threshold + tolerance.score
    faults = []
    missing = set(np.flatnonzero(expected.scores >= certain).tolist()) - set(partner.tolist())
    if missing:
        faults.append(f"{len(missing)} of {len(expected)} expected objects are not found")
    strange = int(((partner < 0) & (found.scores >= certain)).sum())
    if strange:
        faults.append(f"{strange} objects are found that were not expected")
    pairs = partner >= 0
    differences = np.abs(found.scores[pairs] - expected.scores[partner[pairs]])
    if differences.size and differences.max() > tolerance.score:
        faults.append(f"a score differs by {differences.max():.3f}, more than {tolerance.score}")
    return faults


def _corners(box: Sequence[float]) -> tuple[float, float, float, float]:
    x_min, y_min, x_max, y_max = (round(side, 3) for side in box)
    return x_min, y_min, x_max, y_max
