"""From decoded images to detections in their own pixels: the one copy that every consumer of a model calls."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from headway.detection.detections import Detections
from headway.detection.letterbox import Placement, letterbox

RunBatch = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""`ports.Runtime.run`: (n, 3, size, size) to (n, rows, 6)."""


def detect(
    run: RunBatch, images: Sequence[NDArray[np.uint8]], input_size: int, *, floor: float = 0.0
) -> list[Detections]:
    """Find objects in decoded images, in one inference call.

    Args:
        run: the model.
        images: each (height, width, 3) uint8 RGB, of any size; at least one.
        input_size: side of the model's square input, in pixels.
        floor: detections with a lower score are left out.
    """
    batch, placements = prepare_batch(images, input_size)
    return read_rows(run(batch), placements, floor=floor)


def prepare_batch(images: Sequence[NDArray[np.uint8]], input_size: int) -> tuple[NDArray[np.float32], list[Placement]]:
    """Return the model's input (n, 3, size, size) float32 RGB in [0, 1], and where each image lies in its square."""
    batch = np.empty((len(images), 3, input_size, input_size), dtype=np.float32)
    placements = []
    for target, image in zip(batch, images, strict=True):
        square, placement = letterbox(image, input_size)
        np.divide(square.transpose(2, 0, 1), np.float32(255), out=target, dtype=np.float32)
        placements.append(placement)
    return batch, placements


def read_rows(rows: NDArray[np.float32], placements: Sequence[Placement], *, floor: float = 0.0) -> list[Detections]:
    """Turn the model's output (n, rows, 6) into detections in the pixels of each image.

    Columns are x_min, y_min, x_max, y_max, score, class id; a row with score 0 is unused.
    """
    found = []
    for image_rows, placement in zip(rows, placements, strict=True):
        scores = image_rows[:, 4]
        kept = image_rows[(scores > 0) & (scores >= floor)]
        kept = kept[np.argsort(-kept[:, 4], kind="stable")]
        boxes = placement.restore(kept[:, :4])
        found.append(Detections(boxes, kept[:, 4].copy(), kept[:, 5].astype(np.int64)))
    return found
