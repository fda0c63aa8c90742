"""Arithmetic on boxes given by their corners x_min, y_min, x_max, y_max."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def areas(boxes: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the (n,) areas of (n, 4) boxes; a box turned inside out has none."""
    sides = np.clip(boxes[:, 2:].astype(np.float64) - boxes[:, :2], 0, None)
    product: NDArray[np.float64] = sides[:, 0] * sides[:, 1]
    return product


def iou_matrix(first: NDArray[np.floating], second: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the (n, m) intersection over union of (n, 4) with (m, 4) boxes; 0 where both have no area."""
    first, second = first.astype(np.float64), second.astype(np.float64)
    low = np.maximum(first[:, None, :2], second[None, :, :2])
    high = np.minimum(first[:, None, 2:], second[None, :, 2:])
    sides = np.clip(high - low, 0, None)
    shared = sides[..., 0] * sides[..., 1]
    joined = areas(first)[:, None] + areas(second)[None, :] - shared
    iou: NDArray[np.float64] = np.divide(shared, joined, out=np.zeros_like(shared), where=joined > 0)
    return iou
