"""Images that differ from the rest of their set: in size, or in how many boxes they hold. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from headway.contracts.problem import Problem
from headway.data.survey import Seen

SIZE_FACTOR = 8.0
"""An image with so many times more or fewer pixels than the median has an odd size."""
COUNT_FACTOR = 5.0
"""An image with so many times more boxes than the median of the images with boxes has too many to be believed."""
RARE = 0.05
"""What more of the images share is a habit of the set, not an outlier."""
_MIN_IMAGES = 20
"""Of fewer images no habit can be told."""


def check_outliers(seen: Sequence[Seen]) -> list[Problem]:
    """Return a problem for each image of a size or with a number of boxes that hardly any other image has."""
    if len(seen) < _MIN_IMAGES:
        return []
    return _check_sizes(seen) + _check_counts(seen)


def _check_sizes(seen: Sequence[Seen]) -> list[Problem]:
    usual = median(one.width * one.height for one in seen)
    odd = [one for one in seen if not usual / SIZE_FACTOR <= one.width * one.height <= usual * SIZE_FACTOR]
    return [
        _problem("image-odd-size", one, f"{one.width} x {one.height} pixels; the median is {usual:,.0f} pixels in all")
        for one in _rare(odd, seen)
    ]


def _check_counts(seen: Sequence[Seen]) -> list[Problem]:
    counts = {one.image_id: sum(number for _, number in one.boxes) for one in seen}
    labelled = [count for count in counts.values() if count]
    usual = median(labelled) if labelled else 0
    many = [one for one in seen if counts[one.image_id] > max(usual, 1) * COUNT_FACTOR]
    return [
        _problem("image-many-boxes", one, f"{counts[one.image_id]} boxes; the median is {usual:g}")
        for one in _rare(many, seen)
    ]


def _rare(found: Sequence[Seen], seen: Sequence[Seen]) -> Sequence[Seen]:
    return found if len(found) <= RARE * len(seen) else ()


def _problem(code: str, one: Seen, message: str) -> Problem:
    return Problem(code, message, one.file, image_id=one.image_id)
