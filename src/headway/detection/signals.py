"""What a drift monitor looks at in one image: the one copy that the reference profile and devices share."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from headway.contracts.profile import CLASS_SIGNALS, EDGES, Counts, Window, bin_of, count
from headway.detection.detections import Detections

LONGEST_SIDE = 640
"""Images are averaged down to at most this many pixels first, so that sharpness does not grow with the sensor."""

_LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)
_LEAST_VARIANCE = 1e-12


def observe(image: NDArray[np.uint8], detections: Detections, class_count: int) -> Window:
    """Return the window of one image.

    Args:
        image: (height, width, 3) uint8 RGB, upright.
        detections: what was found in it, already cut at the operating threshold.
        class_count: number of the model's classes.
    """
    grey = luma(image)
    by_image = {
        "detections": count("detections", np.array([len(detections)])),
        "brightness": count("brightness", np.array([brightness(grey)])),
        "sharpness": count("sharpness", np.array([sharpness(grey)])),
    }
    return Window(1, by_image, _count_classes(detections, image.shape[1], image.shape[0], class_count))


def luma(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return grey levels in [0, 255] (ITU-R BT.601), averaged in square blocks down to `LONGEST_SIDE`."""
    block = -(-max(image.shape[:2]) // LONGEST_SIDE)
    if block > 1 and min(image.shape[:2]) >= block:
        height, width = (side // block for side in image.shape[:2])
        blocks = image[: height * block, : width * block].reshape(height, block, width, block, 3)
        image = blocks.mean(axis=(1, 3), dtype=np.float32)
    grey: NDArray[np.float32] = image.astype(np.float32) @ _LUMA
    return grey


def brightness(grey: NDArray[np.float32]) -> float:
    """Return the mean grey level as a share of white."""
    return float(grey.mean(dtype=np.float64)) / 255


def sharpness(grey: NDArray[np.float32]) -> float:
    """Return log10 of the variance of the 4-neighbour Laplacian (Pech-Pacheco et al. 2000); low is blurred.

    An image without an inner pixel counts as wholly blurred.
    """
    inner = grey[1:-1, 1:-1]
    if inner.size == 0:
        return float(np.log10(_LEAST_VARIANCE))
    laplacian = grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:] - 4 * inner
    return float(np.log10(max(float(laplacian.var(dtype=np.float64)), _LEAST_VARIANCE)))


def _count_classes(detections: Detections, width: int, height: int, class_count: int) -> dict[str, Counts]:
    x_min, y_min, x_max, y_max = detections.boxes.astype(np.float64).T
    share = (x_max - x_min) * (y_max - y_min) / (width * height)
    values = {
        "confidence": detections.scores,
        "log_area": np.log10(np.maximum(share, _LEAST_VARIANCE)),
        "center_x": (x_min + x_max) / (2 * width),
        "center_y": (y_min + y_max) / (2 * height),
    }
    counts = {signal: _count_rows(signal, detections.class_ids, values[signal], class_count) for signal in values}
    per_class = np.bincount(detections.class_ids, minlength=class_count)
    counts["detections"] = _count_rows("detections", np.arange(class_count), per_class, class_count)
    return {signal: counts[signal] for signal in CLASS_SIGNALS}


def _count_rows(signal: str, rows: NDArray[np.int64], values: NDArray[Any], row_count: int) -> Counts:
    """Count each value into the bins of its row: (rows, bins)."""
    bins = len(EDGES[signal]) - 1
    flat = np.bincount(rows * bins + bin_of(signal, values), minlength=row_count * bins)
    return flat.reshape(row_count, bins)
