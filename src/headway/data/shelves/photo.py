"""What a camera makes of a drawn canvas: perspective, light, blur and the sensor's noise."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from headway.data.shelves.scene import MARGIN, Camera

OVERSAMPLING = 2
"""Canvas pixels for a pixel of the picture, along each side."""


@dataclass(frozen=True)
class Framing:
    """Where each pixel of the picture lies on the canvas.

    Attributes:
        size: width and height of the picture, in pixels.
        scale: pixels of the picture to the unit.
        camera: its place and angles.
    """

    size: tuple[int, int]
    scale: float
    camera: Camera

    @property
    def canvas_size(self) -> tuple[int, int]:
        """Width and height of the canvas, in its pixels: the picture and a margin around it."""
        width, height = (math.ceil(OVERSAMPLING * (side + 2 * MARGIN * self.scale)) for side in self.size)
        return width, height

    def coefficients(self, oversampling: int = 1) -> tuple[float, ...]:
        """Return Pillow's eight: x' = (a x + b y + c) / (g x + h y + 1), y' likewise, from picture to canvas.

        Args:
            oversampling: pixels counted for one pixel of the picture, along each side.
        """
        camera, (width, height) = self.camera, self.size
        cos, sin = math.cos(camera.roll), math.sin(camera.roll)
        gain = OVERSAMPLING / camera.zoom
        origin = [
            size / 2 + OVERSAMPLING * self.scale * shift
            for size, shift in zip(self.canvas_size, camera.centre, strict=True)
        ]
        tilt = (camera.yaw / width, camera.pitch / height)
        rows = [(gain * cos, -gain * sin), (gain * sin, gain * cos)]
        middle = (width / 2, height / 2)
        floor = 1 - tilt[0] * middle[0] - tilt[1] * middle[1]
        found: list[float] = []
        for (along, across), start in zip(rows, origin, strict=True):
            a, b = along + start * tilt[0], across + start * tilt[1]
            c = start * floor - along * middle[0] - across * middle[1]
            found += [a / oversampling / floor, b / oversampling / floor, c / floor]
        return (*found, tilt[0] / oversampling / floor, tilt[1] / oversampling / floor)

    def corners(self) -> list[tuple[float, float]]:
        """Return the picture's four corners on the canvas, clockwise from the upper left."""
        a, b, c, d, e, f, g, h = self.coefficients()
        width, height = self.size
        return [
            ((a * x + b * y + c) / (g * x + h * y + 1), (d * x + e * y + f) / (g * x + h * y + 1))
            for x, y in ((0, 0), (width, 0), (width, height), (0, height))
        ]


def take_photo(canvas: Image.Image, framing: Framing, noise: np.random.Generator) -> Image.Image:
    """Return the picture of `canvas`; `noise` is the sensor's."""
    width, height = framing.size
    fine = canvas.transform(
        (width * OVERSAMPLING, height * OVERSAMPLING),
        Image.Transform.PERSPECTIVE,
        framing.coefficients(OVERSAMPLING),
        Image.Resampling.NEAREST,  # what follows averages: bilinear would cost four times as much and show no better
    )
    light = np.asarray(fine.reduce(OVERSAMPLING), dtype=np.float32) * _illumination(framing)
    return _expose(light, framing.camera, noise)


def project_ids(ids: Image.Image, framing: Framing) -> NDArray[np.uint8]:
    """Return the object number of each pixel of the picture, shape (height, width)."""
    return np.asarray(
        ids.transform(framing.size, Image.Transform.PERSPECTIVE, framing.coefficients(), Image.Resampling.NEAREST)
    )


def _illumination(framing: Framing) -> NDArray[np.float32]:
    """Return (height, width, 3) factors: uneven light, vignette, exposure and tint."""
    camera, (width, height) = framing.camera, framing.size
    x = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    across, down, corner = (np.float32(value) for value in camera.falloff)
    field = (1 + across * x + down * y) * (1 - corner * (x * x + y * y) / 2)
    return np.asarray(field[..., None] * (np.float32(camera.exposure) * np.asarray(camera.tint, dtype=np.float32)))


def _expose(light: NDArray[np.float32], camera: Camera, noise: np.random.Generator) -> Image.Image:
    """Blur as the lens does, then add the sensor's noise."""
    picture = Image.fromarray(np.clip(light, 0, 255).astype(np.uint8))
    if camera.blur_px:
        picture = picture.filter(ImageFilter.GaussianBlur(camera.blur_px))
    grain = noise.standard_normal(light.shape[:2], dtype=np.float32) * np.float32(camera.noise)
    return Image.fromarray(np.clip(np.asarray(picture) + grain[..., None] + np.float32(0.5), 0, 255).astype(np.uint8))
