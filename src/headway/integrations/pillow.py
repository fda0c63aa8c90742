"""Pillow: reads images upright and as RGB, refuses what is none, and draws detections."""

from __future__ import annotations

import colorsys
import io
import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont, ImageOps, UnidentifiedImageError

from headway.detection.detections import Detections
from headway.errors import InputError, OutsideError

MAX_PIXELS = 200_000_000
"""Refuse decompression bombs: far above any camera, far below what exhausts memory."""

_DAMAGE = (OSError, SyntaxError, ValueError, EOFError, struct.error)
"""What Pillow raises for files that are cut off or garbled, pixels and metadata alike."""

_EXIF_ORIENTATION = 0x0112
_TRANSPOSED = {5, 6, 7, 8}

_READABLE_SIDE = 640
"""Smaller images are enlarged before drawing, or the labels would hide what they name."""
_GOLDEN_RATIO = 0.618034


def read_image(path: Path) -> NDArray[np.uint8]:
    """Decode `path` to (height, width, 3) uint8 RGB with its EXIF orientation applied.

    Of 16-bit levels the upper eight bits are kept, as OpenCV does.

    Raises:
        InputError: the file is no image, is cut off, claims more than MAX_PIXELS, or has levels of no known range.
        OutsideError: the file cannot be read.
    """
    with _open(path) as image:
        try:
            return _to_rgb(ImageOps.exif_transpose(image), path)
        except _DAMAGE as error:
            raise _damaged(path, error) from error


def read_image_size(path: Path) -> tuple[int, int]:
    """Return (width, height) of the upright image, from its header (of a PNG from all of it: its EXIF may come last).

    Raises:
        InputError: the file is no image, is cut off, or claims more than MAX_PIXELS.
        OutsideError: the file cannot be read.
    """
    with _open(path) as image:
        width, height = image.size
        try:
            transposed = image.getexif().get(_EXIF_ORIENTATION) in _TRANSPOSED
        except _DAMAGE as error:
            raise _damaged(path, error) from error
        return (height, width) if transposed else (width, height)


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


def _to_rgb(image: Image.Image, path: Path) -> NDArray[np.uint8]:
    # Pillow's own conversion clips what is above 255 instead of scaling it.
    if image.mode.startswith("I;16"):
        grey = (np.asarray(image) >> 8).astype(np.uint8)
        return np.stack([grey] * 3, axis=2)
    if image.mode in {"I", "F"}:
        kind = "whole numbers" if image.mode == "I" else "floating-point numbers"
        raise InputError(f"{path}: its levels are 32-bit {kind}", hint="save it with 8 or 16 bits a channel")
    return np.asarray(image.convert("RGB"))


def _damaged(path: Path, error: Exception) -> InputError:
    return InputError(f"{path}: the image is damaged ({error})", hint="replace or remove the file")


def _open(path: Path) -> Image.Image:
    try:
        image = Image.open(path)
    # Once imported, Ultralytics replaces Image.open by one that looks for a HEIF plug-in before it gives up.
    except (UnidentifiedImageError, ImportError, Image.DecompressionBombError, SyntaxError, ValueError) as error:
        raise InputError(f"{path}: not an image ({error})", hint="replace or remove the file") from error
    except FileNotFoundError as error:
        raise InputError(f"{path} does not exist", hint="check the path") from error
    except IsADirectoryError as error:
        raise InputError(f"{path} is a folder, not an image", hint="name the image files in it") from error
    except OSError as error:
        raise OutsideError(f"{path} cannot be read: {error}") from error
    if image.width * image.height > MAX_PIXELS:
        image.close()
        raise InputError(f"{path}: {image.width} x {image.height} pixels is more than {MAX_PIXELS:,}")
    return image
