"""Pillow: reads images upright and as RGB, and refuses what is none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from headway.errors import InputError, OutsideError

MAX_PIXELS = 200_000_000
"""Refuse decompression bombs: far above any camera, far below what exhausts memory."""

_EXIF_ORIENTATION = 0x0112
_TRANSPOSED = {5, 6, 7, 8}


def read_image(path: Path) -> NDArray[np.uint8]:
    """Decode `path` to (height, width, 3) uint8 RGB with its EXIF orientation applied.

    Raises:
        InputError: the file is no image, is cut off, or claims more than MAX_PIXELS.
        OutsideError: the file cannot be read.
    """
    with _open(path) as image:
        try:
            return np.asarray(ImageOps.exif_transpose(image).convert("RGB"))
        except (OSError, SyntaxError, ValueError) as error:
            raise InputError(f"{path}: the image is damaged ({error})", hint="replace or remove the file") from error


def read_image_size(path: Path) -> tuple[int, int]:
    """Return (width, height) of the upright image, from its header alone.

    Raises:
        InputError: the file is no image or claims more than MAX_PIXELS.
        OutsideError: the file cannot be read.
    """
    with _open(path) as image:
        width, height = image.size
        return (height, width) if image.getexif().get(_EXIF_ORIENTATION) in _TRANSPOSED else (width, height)


def _open(path: Path) -> Image.Image:
    try:
        image = Image.open(path)
    except (UnidentifiedImageError, Image.DecompressionBombError, SyntaxError, ValueError) as error:
        raise InputError(f"{path}: not an image ({error})", hint="replace or remove the file") from error
    except FileNotFoundError as error:
        raise InputError(f"{path} does not exist") from error
    except OSError as error:
        raise OutsideError(f"{path} cannot be read: {error}") from error
    if image.width * image.height > MAX_PIXELS:
        image.close()
        raise InputError(f"{path}: {image.width} x {image.height} pixels is more than {MAX_PIXELS:,}")
    return image
