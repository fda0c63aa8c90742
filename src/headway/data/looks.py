"""What is wrong with an image file by itself: damage, type, orientation, and how it looks. Pure: values in, problems out."""

from __future__ import annotations

from collections.abc import Iterator

from headway.contracts.problem import Problem
from headway.data.scan import ImageFacts
from headway.data.source import SourceImage

DARK = 20.0
"""Mean grey level below which an image is dark."""
BLANK = 3.0
"""Standard deviation of the grey levels below which an image shows nothing."""
BLURRED = 0.02
"""Share of the Laplacian's variance in that of the grey levels below which an image is blurred."""
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
        yield "image-trailing-bytes", "does not end in the JPEG end marker; Ultralytics would write it anew"
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
        yield "image-dark", f"its mean grey level is {facts.brightness:.0f} of 255"
    if facts.sharpness < BLURRED * facts.contrast**2:
        yield "image-blurred", f"variance of the Laplacian {facts.sharpness:.1f} at a contrast of {facts.contrast:.0f}"
