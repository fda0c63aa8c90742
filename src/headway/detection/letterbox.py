"""Fits an image into the square that a detector takes, and brings its boxes back.

The one copy of this pre-processing: evaluation, packaging, serving and agent
call it. The geometry is Ultralytics' (aspect kept, grey 114, centred), the
interpolation OpenCV's INTER_LINEAR (pixel centres at half coordinates, no
smoothing), so that a model meets at work what it met in training.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from headway.contracts.model_facts import PADDING

_ROWS_AT_ONCE = 32
"""Rows resized in one go: their intermediate values stay in the processor's cache."""
_ROW_BITS = 8
_COLUMN_BITS = 11


@dataclass(frozen=True)
class Placement:
    """Where an image lies in its square.

    Attributes:
        width, height: size of the original image, in pixels.
        left, top: offset of the resized image in the square, in pixels.
        scaled_width, scaled_height: size of the resized image, in pixels.
    """

    width: int
    height: int
    left: int
    top: int
    scaled_width: int
    scaled_height: int

    def restore(self, boxes: NDArray[np.float32]) -> NDArray[np.float32]:
        """Map (n, 4) corners in the square to pixels of the original image, clipped to it."""
        offset = np.array([self.left, self.top] * 2, dtype=np.float32)
        scale = np.array([self.width / self.scaled_width, self.height / self.scaled_height] * 2, dtype=np.float32)
        limit = np.array([self.width, self.height] * 2, dtype=np.float32)
        restored: NDArray[np.float32] = np.clip((boxes - offset) * scale, 0, limit)
        return restored


def place(width: int, height: int, size: int) -> Placement:
    """Return where an image of `width` x `height` pixels lies in a square of `size` pixels."""
    ratio = min(size / width, size / height)
    scaled_width, scaled_height = max(1, round(width * ratio)), max(1, round(height * ratio))
    # Ultralytics subtracts 0.1 so that an odd pixel of padding goes right and below.
    left, top = round((size - scaled_width) / 2 - 0.1), round((size - scaled_height) / 2 - 0.1)
    return Placement(width, height, left, top, scaled_width, scaled_height)


def letterbox(image: NDArray[np.uint8], size: int) -> tuple[NDArray[np.uint8], Placement]:
    """Fit `image` (height, width, 3) into a (size, size, 3) square, aspect kept, grey around it.

    Grey levels are within 1 of `cv2.resize(..., interpolation=INTER_LINEAR)`.
    """
    height, width, _ = image.shape
    placement = place(width, height, size)
    square = np.full((size, size, 3), PADDING, dtype=np.uint8)
    window = square[
        placement.top : placement.top + placement.scaled_height,
        placement.left : placement.left + placement.scaled_width,
    ]
    if window.shape == image.shape:
        window[:] = image
    else:
        _resize(image, window)
    return square, placement


def _resize(image: NDArray[np.uint8], target: NDArray[np.uint8]) -> None:
    """Resize `image` into `target`, rows first: whole rows are copied fast, and fewer columns are then left to mix.

    Fixed point: rows are weighted in 8 bits (sums fit 16), columns in 11 (sums fit 32), one rounding at the end.
    """
    height, width, channels = image.shape
    rows, columns = target.shape[:2]
    above, below, below_weight = _taps(height, rows, _ROW_BITS)
    left, right, right_weight = _column_taps(width, columns, channels)
    row_weight = below_weight.astype(np.uint16)[:, None]
    flat = np.ascontiguousarray(image).reshape(height, width * channels)
    half, shift = np.uint32(1 << (_ROW_BITS + _COLUMN_BITS - 1)), np.uint32(_ROW_BITS + _COLUMN_BITS)
    for start in range(0, rows, _ROWS_AT_ONCE):
        band = slice(start, start + _ROWS_AT_ONCE)
        mixed = flat[above[band]].astype(np.uint16)
        mixed *= np.uint16(1 << _ROW_BITS) - row_weight[band]
        mixed += flat[below[band]] * row_weight[band]
        total = mixed.take(left, axis=1) * ((1 << _COLUMN_BITS) - right_weight)
        total += mixed.take(right, axis=1) * right_weight
        total += half
        total >>= shift
        target[band] = total.reshape(-1, columns, channels)


@lru_cache(maxsize=64)
def _column_taps(
    source: int, target: int, channels: int
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.uint32]]:
    """Return `_taps` for rows whose channels lie side by side."""
    left, right, weight = _taps(source, target, _COLUMN_BITS)
    channel = np.arange(channels)
    return (
        (left[:, None] * channels + channel).ravel(),
        (right[:, None] * channels + channel).ravel(),
        np.repeat(weight, channels).astype(np.uint32),
    )


@lru_cache(maxsize=64)
def _taps(source: int, target: int, bits: int) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.int64]]:
    """Return, for each of `target` pixels along one axis, its two source pixels and the second one's weight."""
    centre = np.clip((np.arange(target) + 0.5) * (source / target) - 0.5, 0, source - 1)
    first = np.floor(centre).astype(np.intp)
    weight = np.rint((centre - first) * (1 << bits)).astype(np.int64)
    return first, np.minimum(first + 1, source - 1), weight
