"""Draws detections, and encodes what was drawn."""

from __future__ import annotations

import colorsys
import io
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from headway.detection.detections import Detections

_READABLE_SIDE = 640
"""Smaller images are enlarged before drawing, or the labels would hide what they name."""
_GOLDEN_RATIO = 0.618034


def draw_detections(image: NDArray[np.uint8], detections: Detections, classes: Sequence[str]) -> NDArray[np.uint8]:
    """Return a copy of `image` (height, width, 3) with each box, its class and its score in the class's colour.

    Small images are enlarged by a whole factor. The strongest detection lies on top.
    """
    factor = -(-_READABLE_SIDE // max(image.shape[:2])) if max(image.shape[:2]) < _READABLE_SIDE else 1
    canvas = Image.fromarray(image)
    canvas = canvas.resize((canvas.width * factor, canvas.height * factor), Image.Resampling.LANCZOS)
    pen = ImageDraw.Draw(canvas)
    font = ImageFont.load_default(size=max(12, round(max(canvas.size) / 55)))
    for index in reversed(range(len(detections))):
        class_id = int(detections.class_ids[index])
        label = f"{classes[class_id]} {detections.scores[index]:.2f}"
        _draw_box(pen, canvas.size, detections.boxes[index] * factor, label, class_color(class_id), font)
    return np.asarray(canvas)


def class_color(class_id: int) -> tuple[int, int, int]:
    """Return the colour of a class: hues a golden angle apart, so that neighbours always differ."""
    red, green, blue = colorsys.hsv_to_rgb((0.02 + class_id * _GOLDEN_RATIO) % 1, 0.85, (0.95, 0.75)[class_id // 8 % 2])
    return round(red * 255), round(green * 255), round(blue * 255)


def encode_image(image: NDArray[np.uint8], suffix: str) -> bytes:
    """Return (height, width, 3) pixels as an image file of the kind that `suffix` (".png", ".jpg") names."""
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG" if suffix in {".jpg", ".jpeg"} else "PNG", quality=92)
    return file.getvalue()


def _draw_box(
    pen: ImageDraw.ImageDraw,
    size: tuple[int, int],
    box: NDArray[np.float32],
    label: str,
    color: tuple[int, int, int],
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
) -> None:
    x_min, y_min, x_max, y_max = (float(side) for side in box)
    pen.rectangle((x_min, y_min, max(x_min, x_max), max(y_min, y_max)), outline=color, width=max(2, max(size) // 320))
    left, top, right, bottom = pen.textbbox((0, 0), label, font=font)
    margin = max(3, round((bottom - top) / 4))
    width, height = right - left + 2 * margin, bottom - top + 2 * margin
    x = min(max(0.0, x_min), max(0.0, size[0] - width))
    y = y_min - height if y_min >= height else min(y_min, max(0.0, size[1] - height))
    pen.rectangle((x, y, x + width, y + height), fill=color)
    dark = 0.299 * color[0] + 0.587 * color[1] + 0.114 * color[2] > 140
    pen.text((x + margin - left, y + margin - top), label, fill="black" if dark else "white", font=font)
