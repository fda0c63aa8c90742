"""Six ways in which a camera spoils an image, in two strengths, the same for an image on every run.

Own code, since the usual library for this is unmaintained. Lengths grow with
the image, so that a strength means the same to the eye at any resolution.
"""

from __future__ import annotations

import hashlib
import io
import math
from collections.abc import Callable
from typing import get_args

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from headway.contracts.scorecard import Corruption, Strength

Pixels = NDArray[np.uint8]

CORRUPTIONS: tuple[Corruption, ...] = get_args(Corruption)
STRENGTHS: tuple[Strength, ...] = get_args(Strength)

_DARK_GAIN = {1: 0.45, 2: 0.2}
_BRIGHT_GAIN = {1: 1.7, 2: 2.6}
_BLUR_SIGMA = {1: 0.003, 2: 0.006}
"""Shares of the longer side."""
_MOTION_LENGTH = {1: 0.015, 2: 0.03}
"""Shares of the longer side."""
_MOTION_STEPS = 32
_JPEG_QUALITY = {1: 20, 2: 8}
_NOISE_SIGMA = {1: 15.0, 2: 35.0}
"""Grey levels."""


def corrupt(image: Pixels, corruption: Corruption, strength: Strength, image_id: str) -> Pixels:
    """Return a spoilt copy of `image` (height, width, 3); chance is drawn from the image's id alone."""
    seed = hashlib.sha256(f"{corruption}/{strength}/{image_id}".encode()).digest()[:8]
    return _RECIPES[corruption](image, strength, np.random.default_rng(int.from_bytes(seed)))


def _dark(image: Pixels, strength: Strength, _: np.random.Generator) -> Pixels:
    return _gain(image, _DARK_GAIN[strength])


def _bright(image: Pixels, strength: Strength, _: np.random.Generator) -> Pixels:
    return _gain(image, _BRIGHT_GAIN[strength])


def _gain(image: Pixels, gain: float) -> Pixels:
    table = np.clip(np.rint(np.arange(256) * gain), 0, 255).astype(np.uint8)
    return np.asarray(table[image])


def _blur(image: Pixels, strength: Strength, _: np.random.Generator) -> Pixels:
    sigma = max(image.shape[:2]) * _BLUR_SIGMA[strength]
    return np.asarray(Image.fromarray(image).filter(ImageFilter.GaussianBlur(sigma)))


def _motion_blur(image: Pixels, strength: Strength, rng: np.random.Generator) -> Pixels:
    """Average the image along a straight stroke of random direction, its edges held."""
    height, width, _ = image.shape
    length = max(height, width) * _MOTION_LENGTH[strength]
    angle = rng.uniform(0, math.pi)
    steps = min(_MOTION_STEPS, max(2, round(length)))
    reach = math.ceil(length / 2)
    padded = np.pad(image, ((reach, reach), (reach, reach), (0, 0)), mode="edge")
    total = np.zeros(image.shape, dtype=np.uint16)
    for offset in np.linspace(-length / 2, length / 2, steps):
        top, left = reach + round(offset * math.sin(angle)), reach + round(offset * math.cos(angle))
        total += padded[top : top + height, left : left + width]
    return np.asarray((total + steps // 2) // steps, dtype=np.uint8)


def _jpeg(image: Pixels, strength: Strength, _: np.random.Generator) -> Pixels:
    file = io.BytesIO()
    Image.fromarray(image).save(file, format="JPEG", quality=_JPEG_QUALITY[strength])
    with Image.open(file) as coded:
        return np.asarray(coded.convert("RGB"))


def _noise(image: Pixels, strength: Strength, rng: np.random.Generator) -> Pixels:
    grain = rng.standard_normal(image.shape, dtype=np.float32) * np.float32(_NOISE_SIGMA[strength])
    return np.clip(np.rint(image + grain), 0, 255).astype(np.uint8)


_RECIPES: dict[Corruption, Callable[[Pixels, Strength, np.random.Generator], Pixels]] = {
    "dark": _dark,
    "bright": _bright,
    "blur": _blur,
    "motion_blur": _motion_blur,
    "jpeg": _jpeg,
    "noise": _noise,
}
