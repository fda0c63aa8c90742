"""Looks into the bytes of an image file: what it claims to be, whether all of it is there, and how it looks."""

from __future__ import annotations

import io
import struct
import warnings
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from headway.integrations.pillow.reading import MAX_PIXELS
from headway.ports import InspectImage, Inspection

_DAMAGE = (OSError, SyntaxError, ValueError, EOFError, struct.error, IndexError, TypeError, MemoryError)
"""What Pillow raises for files that are cut off or garbled."""
_EXIF_ORIENTATION = 0x0112
_TRANSPOSED = {5, 6, 7, 8}
_JPEG_END = b"\xff\xd9"
_GREY_SIDE = 256
_HASH_SIDE = 32
_TINY = (8, 8)


def make_inspector(hash_image: Callable[[NDArray[np.uint8]], int]) -> InspectImage:
    """Return what inspects images; `hash_image` gives the perceptual hash of 32 x 32 grey pixels."""

    def inspect(content: bytes) -> Inspection:
        return _inspect(content, hash_image)

    return inspect


def _inspect(content: bytes, hash_image: Callable[[NDArray[np.uint8]], int]) -> Inspection:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            image = Image.open(io.BytesIO(content))
        except Image.DecompressionBombError as error:
            return Inspection("", 0, 0, "", damage="image-huge", detail=str(error))
        except (UnidentifiedImageError, ImportError, *_DAMAGE):
            return Inspection("", 0, 0, "", damage="image-unreadable", detail="the file is no image")
        return _inspect_opened(image, content, hash_image)


def _inspect_opened(
    image: Image.Image, content: bytes, hash_image: Callable[[NDArray[np.uint8]], int]
) -> Inspection:
    kind, mode, (width, height) = image.format or "", image.mode, image.size
    clean_end = kind != "JPEG" or content[-2:] == _JPEG_END
    if width * height > MAX_PIXELS:
        detail = f"{width} x {height} pixels is more than {MAX_PIXELS:,}"
        return Inspection(kind, width, height, mode, clean_end=clean_end, damage="image-huge", detail=detail)
    try:
        orientation = image.getexif().get(_EXIF_ORIENTATION, 1)
        if kind == "JPEG":
            # Only the brightness is decoded then, but every coefficient is still read.
            image.draft("L", image.size)
        image.load()
        grey = ImageOps.exif_transpose(_to_grey(image))
        reduced = grey.reduce(max(1, -(-max(grey.size) // _GREY_SIDE)))
        hashed = np.asarray(grey.resize((_HASH_SIDE, _HASH_SIDE), Image.Resampling.LANCZOS))
        tiny = np.asarray(grey.resize(_TINY, Image.Resampling.BILINEAR))
    except _DAMAGE as error:
        detail = f"the image is damaged ({error})"
        return Inspection(kind, width, height, mode, clean_end=clean_end, damage="image-truncated", detail=detail)
    if orientation in _TRANSPOSED:
        width, height = height, width
    known = orientation if isinstance(orientation, int) and 1 <= orientation <= 8 else 1
    return Inspection(
        kind, width, height, mode, known, clean_end, None, "", np.asarray(reduced), tiny, hash_image(hashed)
    )


def _to_grey(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I;16"):
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if image.mode in {"I", "F"}:
        raise ValueError(f"its levels are 32-bit numbers (mode {image.mode}); save it with 8 or 16 bits a channel")
    return image.convert("L")
