"""Reads images upright and as RGB, and refuses what is none."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from headway.errors import InputError, OutsideError

MAX_PIXELS = 200_000_000
"""Refuse decompression bombs: far above any camera, far below what exhausts memory."""

_DAMAGE = (OSError, SyntaxError, ValueError, EOFError, struct.error)
"""What Pillow raises for files that are cut off or garbled, pixels and metadata alike."""

_EXIF_ORIENTATION = 0x0112
_TRANSPOSED = {5, 6, 7, 8}


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
            # Of a TIFF, Pillow gives the size of the upright image already.
            transposed = image.format != "TIFF" and image.getexif().get(_EXIF_ORIENTATION) in _TRANSPOSED
        except _DAMAGE as error:
            raise _damaged(path, error) from error
        return (height, width) if transposed else (width, height)


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
