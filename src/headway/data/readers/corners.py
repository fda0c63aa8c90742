"""Corners of boxes from numbers as they are written: computed exactly, rounded once."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from decimal import Decimal

from headway.data.readers.files import EXACT, exact, field_problem, quoted

Corners = tuple[float, float, float, float]
"""x_min, y_min, x_max, y_max in pixels."""


_PLAIN = re.compile(r"-?\d{1,12}(?:\.\d{1,20})?", re.ASCII)
"""What nearly every number looks like: finite, and short enough to be exact."""


class RowFault(ValueError):  # noqa: N818
    """A row that cannot be read as a box.

    Args:
        code: the kind of problem.
        message: one sentence with the value seen.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def read_number(text: str) -> Decimal:
    """Return a number, every digit kept.

    Raises:
        RowFault: `text` is no finite decimal number.
    """
    if _PLAIN.fullmatch(text):
        return Decimal(text)
    try:
        return exact(text)
    except ValueError as error:
        raise RowFault(*field_problem(text)) from error


def corners_of_corners(x_min: Decimal, y_min: Decimal, x_max: Decimal, y_max: Decimal) -> Corners:
    """Return corners, each rounded once.

    Raises:
        RowFault: one is too large for a float.
    """
    corners = (float(x_min), float(y_min), float(x_max), float(y_max))
    if not math.isfinite(sum(corners)) and not all(map(math.isfinite, corners)):
        raise RowFault("label-not-finite", f"corners {quoted(str(corners))} are too large for numbers")
    return corners


def corners_of_size(x_min: Decimal, y_min: Decimal, width: Decimal, height: Decimal) -> Corners:
    """Return the corners of a box given by its upper left corner and its size.

    Raises:
        RowFault: as `corners_of_corners`.
    """
    return corners_of_corners(x_min, y_min, EXACT.add(x_min, width), EXACT.add(y_min, height))


def corners_of_shares(
    x_centre: Decimal, y_centre: Decimal, width: Decimal, height: Decimal, size: tuple[int, int]
) -> Corners:
    """Return the corners of a box given by its centre and size, as shares of an image of `size` (width, height).

    Raises:
        RowFault: as `corners_of_corners`.
    """
    x_min, x_max = _span(x_centre, width, size[0])
    y_min, y_max = _span(y_centre, height, size[1])
    return corners_of_corners(x_min, y_min, x_max, y_max)


def corners_around(points: Sequence[Decimal], size: tuple[int, int] = (1, 1)) -> Corners:
    """Return the corners around points x, y, x, y ...; `size` as (width, height) scales shares of an image.

    Raises:
        RowFault: there are not at least three points, or a corner is too large for a float.
    """
    if len(points) < 6 or len(points) % 2:
        raise RowFault("label-fields", f"{len(points)} numbers are no polygon")
    xs = [EXACT.multiply(x, Decimal(size[0])) for x in points[0::2]]
    ys = [EXACT.multiply(y, Decimal(size[1])) for y in points[1::2]]
    return corners_of_corners(min(xs), min(ys), max(xs), max(ys))


def _span(centre: Decimal, length: Decimal, size: int) -> tuple[Decimal, Decimal]:
    half = EXACT.divide(length, Decimal(2))
    scale = Decimal(size)
    return EXACT.multiply(EXACT.subtract(centre, half), scale), EXACT.multiply(EXACT.add(centre, half), scale)
