"""Looks at every image file once: digest, header and pixels, in one read; what is known and unchanged is not read again."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What the bytes of an image file say.

    Attributes:
        sha256: of the file's bytes.
        size_bytes: of the file.
        kind: type by content ("JPEG"); "" where it is no image.
        width, height: of the upright image, in pixels; 0 where not known.
        mode: colour mode ("RGB", "L").
        orientation: EXIF orientation, 1 (upright) to 8.
        clean_end: False for a JPEG whose last two bytes are not its end marker.
        damage: code of what keeps it from being used, or None; `detail` is a sentence about it.
        perceptual_hash: 64-bit DCT hash, None where damaged.
        average_hash: 64-bit: 8 x 8 grey pixels, bit set where above their mean; None where damaged.
        brightness: mean grey level, 0 to 255; None where damaged.
        contrast: standard deviation of the grey levels; None where damaged.
        sharpness: variance of the Laplacian of the grey image (at most 256 pixels wide); None where damaged.
    """

    sha256: str
    size_bytes: int
    kind: str
    width: int
    height: int
    mode: str
    orientation: int = 1
    clean_end: bool = True
    damage: str | None = None
    detail: str = ""
    perceptual_hash: int | None = None
    average_hash: int | None = None
    brightness: float | None = None
    contrast: float | None = None
    sharpness: float | None = None
