"""Looks into the bytes of an image file: what it claims to be, whether all of it is there, and how it looks."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from headway.integrations.pillow.reading import MAX_PIXELS
from headway.ports import InspectImage, Inspection

HashImage = Callable[[NDArray[np.uint8]], int]

_EXIF_ORIENTATION = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_JPEG = {"JPEG", "MPO"}
_JPEG_END = b"\xff\xd9"
_PNG_END = b"IEND\xaeB`\x82"
_BEGINNINGS = {
    "JPEG": (b"\xff\xd8\xff",),
    "PNG": (b"\x89PNG\r\n\x1a\n",),
    "WEBP": (b"RIFF",),
    "BMP": (b"BM",),
    "TIFF": (b"II*\0", b"MM\0*"),
}
"""How files of the usual kinds begin: one that does, and still cannot be opened, is damaged rather than no image."""
_THUMBNAIL_SIDE = 256
_HASHED_SIDE = 128
"""Hashes look at 32 x 32 and 8 x 8 pixels; this many are enough to make those of."""
_TINY = (8, 8)

# Pillow warns on stderr of large images and odd metadata; what matters of that is in the inspection.
warnings.filterwarnings("ignore", module=r"PIL\.")


def make_inspector(hash_image: HashImage) -> InspectImage:
    """Return what inspects images; `hash_image` gives the perceptual hash of grey (height, width) pixels."""

    def inspect(content: bytes) -> Inspection:
        try:
            image = Image.open(io.BytesIO(content))
        except Image.DecompressionBombError as error:
            return Inspection("", 0, 0, "", damage="image-huge", detail=str(error))
        except Exception as error:  # Pillow's parsers raise whatever the garbage makes of them
            return _unopened(content, error)
        return _inspect(image, content, hash_image)

    return inspect


def _unopened(content: bytes, error: Exception) -> Inspection:
    kind = next((kind for kind, beginnings in _BEGINNINGS.items() if content.startswith(beginnings)), "")
    if not kind:
        detail = "it is no image" if content else "the file is empty"
        return Inspection("", 0, 0, "", damage="image-unreadable", detail=detail)
    reason = "its header cannot be read" if isinstance(error, UnidentifiedImageError) else _reason(error)
    return Inspection(kind, 0, 0, "", damage="image-truncated", detail=f"the image is damaged: {reason}")


def _inspect(image: Image.Image, content: bytes, hash_image: HashImage) -> Inspection:
    kind = image.format or ""
    seen = Inspection(
        kind, *image.size, image.mode, clean_end=kind not in _JPEG or content.endswith(_JPEG_END)
    )  # fmt: skip
    if seen.width * seen.height > MAX_PIXELS:
        detail = f"{seen.width} x {seen.height} pixels is more than {MAX_PIXELS:,}; it was not decoded"
        return replace(seen, damage="image-huge", detail=detail)
    if seen.mode in {"I", "F"}:
        detail = f"its levels are 32-bit numbers (mode {seen.mode}); save it with 8 or 16 bits a channel"
        return replace(seen, damage="image-unreadable", detail=detail)
    try:
        return _decode(image, content, seen, hash_image)
    except Exception as error:  # as above
        return replace(seen, damage="image-truncated", detail=f"the image is damaged: {_reason(error)}")


def _decode(image: Image.Image, content: bytes, seen: Inspection, hash_image: HashImage) -> Inspection:
    """Decode all of the image and add what its pixels say."""
    orientation = image.getexif().get(_EXIF_ORIENTATION)
    if seen.kind in _JPEG:
        # Spares the colours, but still reads every coefficient: nothing that is cut off goes unnoticed.
        image.draft("L", image.size)
    image.load()
    if seen.kind == "PNG" and _PNG_END not in content:
        raise ValueError("its end is missing")
    # Of a TIFF, Pillow has taken the orientation away by turning the pixels.
    turn = _UPRIGHT.get(image.getexif().get(_EXIF_ORIENTATION, 1))
    grey = _to_grey(image)
    width, height = grey.size if turn is None else _turned(grey.size, turn)
    thumbnail = _reduced(grey, _THUMBNAIL_SIDE)
    return replace(
        seen,
        width=width,
        height=height,
        orientation=orientation if orientation in _UPRIGHT else 1,
        grey=_upright(thumbnail, turn),
        tiny=_upright(_tiny(grey), turn),
        perceptual_hash=hash_image(_upright(_reduced(thumbnail, _HASHED_SIDE), turn)),
    )


def _to_grey(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I;16"):
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    return image if image.mode == "L" else image.convert("L")


def _tiny(grey: Image.Image) -> Image.Image:
    """Return 8 x 8 pixels, bilinear; of large images after means of whole blocks, which changes next to nothing."""
    most = max(1, max(grey.size) // _HASHED_SIDE)
    factor = next(factor for factor in range(most, 0, -1) if grey.width % factor == 0 == grey.height % factor)
    return grey.reduce(factor).resize(_TINY, Image.Resampling.BILINEAR)


def _reduced(grey: Image.Image, side: int) -> Image.Image:
    """Return means of whole blocks of pixels; what is left over at the edges is cut, or it would be stretched."""
    factor = -(-max(grey.size) // side)
    across, down = min(factor, grey.width), min(factor, grey.height)
    width, height = grey.width // across * across, grey.height // down * down
    left, top = (grey.width - width) // 2, (grey.height - height) // 2
    return grey.reduce((across, down), (left, top, left + width, top + height))


def _turned(size: tuple[int, int], turn: Image.Transpose) -> tuple[int, int]:
    sideways = turn not in {_UPRIGHT[2], _UPRIGHT[3], _UPRIGHT[4]}
    return (size[1], size[0]) if sideways else size


def _upright(image: Image.Image, turn: Image.Transpose | None) -> NDArray[np.uint8]:
    return np.asarray(image if turn is None else image.transpose(turn))


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__
