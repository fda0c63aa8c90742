"""Builds the reference profile for drift.

The reference is the test split: the model has neither been fitted to it, as to train (where it is too
sure of itself), nor has its epoch or threshold been chosen on it, as on val. So its scores are the
closest to what a healthy model shows at work.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from headway.contracts.dataset import ImageRecord
from headway.contracts.profile import Profile, Window
from headway.detection.detections import Detections
from headway.detection.signals import observe


def assign_windows(records: Sequence[ImageRecord], count: int) -> dict[str, int]:
    """Return image id -> window: `count` windows (or one an image, if those are fewer) of equal size, give or take one.

    Images of a group stay together as far as equal sizes allow, so that windows differ as capture sessions
    do. The order of groups goes by hash, not by name, so that it follows no trend in the data.
    """
    ordered = sorted(records, key=lambda record: (_hash(record.group or record.image_id), record.image_id))
    windows = min(count, len(ordered))
    return {record.image_id: position * windows // len(ordered) for position, record in enumerate(ordered)}


def build_profile(
    images: Iterable[tuple[str, NDArray[np.uint8], Detections]],
    window_of: dict[str, int],
    classes: tuple[str, ...],
    threshold: float,
) -> Profile:
    """Count the reference images.

    Args:
        images: image id, decoded image, detections; weaker ones than `threshold` are left out here.
        window_of: image id -> window, as `assign_windows` gives it.
        classes: the model's classes.
        threshold: the operating threshold.
    """
    windows = [Window.empty(len(classes)) for _ in range(max(window_of.values(), default=-1) + 1)]
    for image_id, image, detections in images:
        windows[window_of[image_id]] += observe(image, detections.above(threshold), len(classes))
    return Profile(classes, threshold, tuple(windows))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
