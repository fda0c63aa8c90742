"""Random labels and detections that look like a detector's work."""

from __future__ import annotations

import numpy as np

from headway.detection.detections import Detections
from headway.detection.matching import Labels


def random_scene(
    rng: np.random.Generator, *, classes: int = 3, labels: int = 8, strays: int = 6, side: float = 200.0
) -> tuple[Detections, Labels]:
    """Return up to `labels` objects in a square image, most of them found roughly, and some stray detections."""
    truth = _random_labels(rng, int(rng.integers(0, labels + 1)), classes, side)
    found = rng.random(len(truth)) < 0.8
    near = truth.boxes[found] + rng.normal(0, 4, (int(found.sum()), 4))
    near[:, 2:] = np.maximum(near[:, :2], near[:, 2:])
    stray = _random_labels(rng, int(rng.integers(0, strays + 1)), classes, side)
    boxes = np.concatenate([near, stray.boxes]).astype(np.float32)
    class_ids = np.concatenate([truth.class_ids[found], stray.class_ids])
    scores = rng.random(len(boxes)).astype(np.float32)
    order = np.argsort(-scores, kind="stable")
    return Detections(boxes[order], scores[order], class_ids[order]), truth


def _random_labels(rng: np.random.Generator, count: int, classes: int, side: float) -> Labels:
    corner = rng.random((count, 2)) * side * 0.7
    size = np.exp(rng.uniform(np.log(8), np.log(side * 0.6), (count, 2)))
    boxes = np.clip(np.concatenate([corner, corner + size], axis=1), 0, side)
    return Labels(boxes, rng.integers(0, classes, count))
