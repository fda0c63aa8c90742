"""What is wrong with an image file by itself: damage, type, orientation, and how it looks. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from headway.contracts.problem import Problem
from headway.data.scan import ImageFacts
from headway.data.source import SourceImage

DARK = 80.0
"""An image is dark where fewer than 5 % of its pixels reach this grey level.

Measured on the three real sets: their darkest image reaches 137; each of them at 0.3 of its light stays below 80.
"""
BLANK = 2.0
"""An image shows nothing where the standard deviation of its grey levels is smaller. The real sets begin at 11."""
BLURRED = 0.18
"""An image is blurred where no step between neighbours, at 256 pixels, takes this share of its range of levels.

Measured on the three real sets: no false alarm (they begin at 0.20; smooth microscope images are the softest). Found
are all images with a motion blur of 30 pixels at 640; of a Gaussian blur of sigma 8 all but 2 %, of sigma 4 most of the
soft images and few of the crisp ones. A blur that only the full size shows is not found.
"""
_SUFFIXES = {
    "JPEG": {".jpg", ".jpeg"}, "MPO": {".jpg", ".jpeg"}, "PNG": {".png"}, "BMP": {".bmp"}, "DIB": {".bmp"},
    "TIFF": {".tif", ".tiff"}, "WEBP": {".webp"},
}  # fmt: skip


def check_looks(image: SourceImage, facts: ImageFacts, file: str) -> list[Problem]:
    """Return what is wrong with an image file, by what its bytes say."""
    if facts.damage is not None:
        return [Problem(facts.damage, facts.detail, file, image_id=image.image_id)]
    return [Problem(code, message, file, image_id=image.image_id) for code, message in _faults(image, facts)]


def has_low_information(facts: ImageFacts) -> bool:
    """Return whether an image shows too little to be told from others by its hash."""
    return facts.contrast is None or facts.contrast < BLANK


def _faults(image: SourceImage, facts: ImageFacts) -> Iterator[tuple[str, str]]:
    if image.sha256 is not None and image.sha256 != facts.sha256:
        yield "image-changed", f"its SHA-256 is {facts.sha256[:12]}..., not {image.sha256[:12]}... as imported"
    if not facts.clean_end:
        yield "image-trailing-bytes", "it does not end in the JPEG end marker; Ultralytics would write it anew"
    if image.path.suffix.lower() not in _SUFFIXES.get(facts.kind, set()):
        yield "image-type", f"{facts.kind} content in a file that ends in {image.path.suffix!r}"
    if facts.orientation != 1:
        yield "image-orientation", f"EXIF orientation {facts.orientation}; labels are taken to fit the upright image"
    yield from _appearance(facts)


def _appearance(facts: ImageFacts) -> Iterator[tuple[str, str]]:
    if facts.contrast is None or facts.brightness is None or facts.sharpness is None:
        return
    if facts.contrast < BLANK:
        yield "image-blank", f"its grey levels differ by only {facts.contrast:.1f} (standard deviation)"
        return
    if facts.brightness < DARK:
        yield "image-dark", f"only 5 % of its pixels reach the grey level {facts.brightness:.0f} of 255"
    if facts.sharpness < BLURRED:
        yield "image-blurred", f"its steepest edge takes only {facts.sharpness:.0%} of its range of levels in a pixel"
