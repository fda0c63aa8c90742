"""Rows of a YOLO label file: `class x_centre y_centre width height`, each as a share of the upright image.

Corners are computed from the digits as they are written and rounded once, to the nearest double.
Format: https://docs.ultralytics.com/datasets/detect/.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal, localcontext

from headway.contracts.dataset import Box
from headway.data.readers.files import EXACT, exact, field_problem, parse_number, quoted

_FIELDS = 5
_PLAIN = r" +(-?\d{1,9}(?:\.\d{0,20})?)"
_GOOD_ROW = re.compile(rf" *(\d{{1,9}}){4 * _PLAIN} *", re.ASCII)
"""What nearly every row looks like: so short that `EXACT` holds it, and never more than a double does."""
_NOT_SPACE = re.compile(r"[^\S ]|[,;]")
_WRITTEN_DIGITS = (7, 12, 17, 25, 50)

Complaint = tuple[str, str]
"""Code and sentence of what is wrong with a row."""


@dataclass
class Rows:
    """What a label file holds: every row that is not blank is a box, or has a complaint, or both.

    Attributes:
        boxes: every row that can be read as a box, in pixels.
        lines: for each box its line.
        complaints: code, sentence, line and (where the row is a box) index of the box.
    """

    boxes: list[Box] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    complaints: list[tuple[str, str, int, int | None]] = field(default_factory=list)


def read_rows(text: str, classes: Sequence[str], width: int, height: int, ids: set[int]) -> Rows:
    """Read a label file's text for an image of `width` x `height` pixels; class ids that occur are added to `ids`."""
    rows = Rows()
    with localcontext(EXACT):
        half_size = Decimal(width) / 2, Decimal(height) / 2
        for line, row in enumerate(_lines(text), start=1):
            good = _GOOD_ROW.fullmatch(row)
            if good and (class_id := int(good[1])) < len(classes):
                ids.add(class_id)
                centre_and_size = Decimal(good[2]), Decimal(good[3]), Decimal(good[4]), Decimal(good[5])
                rows.boxes.append(Box(classes[class_id], *_corners(*centre_and_size, *half_size)))
                rows.lines.append(line)
            elif row.strip():
                _read_odd_row(row, line, classes, half_size, ids, rows)
    return rows


def parse_row(row: str, classes: Sequence[str], width: int, height: int) -> Box:
    """Return the box of one good row in pixels of an image of this size.

    Raises:
        ValueError: the row is not five numbers, separated by spaces, that begin with the id of a class.
    """
    rows = read_rows(row, classes, width, height, set())
    if rows.complaints or len(rows.boxes) != 1:
        raise ValueError(rows.complaints[0][1] if rows.complaints else f"{quoted(row)} is not one row")
    return rows.boxes[0]


def format_row(box: Box, class_id: int, width: int, height: int) -> str:
    """Return a row that `parse_row` reads back as exactly this box, with as few digits as that takes (up to 50)."""
    corners = (box.x_min, box.y_min, box.x_max, box.y_max)
    with localcontext(EXACT):
        half_size = Decimal(width) / 2, Decimal(height) / 2
        shares = [Decimal(corner) / side for corner, side in zip(corners, (width, height, width, height), strict=True)]
        for digits in _WRITTEN_DIGITS:
            # Centre and size follow from rounded corners, so that a box that ends at the border does so when read.
            x_min, y_min, x_max, y_max = (round(share, digits) for share in shares)
            row = (x_min + x_max) / 2, (y_min + y_max) / 2, x_max - x_min, y_max - y_min
            if _corners(*row, *half_size) == corners:
                break
        return " ".join([str(class_id), *(f"{number.normalize():f}" for number in row)])


def _lines(text: str) -> list[str]:
    """Split at line ends alone: other characters that Unicode counts as such would shift every line after them."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.split("\n")


def _corners(
    x: Decimal, y: Decimal, width: Decimal, height: Decimal, half_columns: Decimal, half_rows: Decimal
) -> tuple[float, float, float, float]:
    x, y = x + x, y + y
    return (
        float((x - width) * half_columns),
        float((y - height) * half_rows),
        float((x + width) * half_columns),
        float((y + height) * half_rows),
    )


def _read_odd_row(
    row: str, line: int, classes: Sequence[str], half_size: tuple[Decimal, Decimal], ids: set[int], rows: Rows
) -> None:
    """Read a row that is not quite as it should be: as the box that was meant where there is no doubt about it."""
    complaints: list[Complaint] = []
    fields = row.split()
    if odd := _NOT_SPACE.search(row.strip()):
        complaints.append(("label-separator", f"{quoted(odd[0])} instead of spaces in {quoted(row)}"))
        fields = _split_odd(row)
    box = None
    count = _count_complaint(len(fields), row)
    if count:
        complaints.append(count)
    if count is None or count[0] != "label-fields":
        box = _read_box(fields, classes, half_size, ids, complaints)
    index = None
    if box is not None:
        index = len(rows.boxes)
        rows.boxes.append(box)
        rows.lines.append(line)
    rows.complaints += [(code, sentence, line, index) for code, sentence in complaints]


def _split_odd(row: str) -> list[str]:
    """Split at whitespace and semicolons; at commas too, unless they are decimal commas in enough fields."""
    fields = re.split(r"[\s;]+", row.strip(" \t;,"))
    if len(fields) >= _FIELDS and not any(field[-1:] == "," or field[:1] == "," for field in fields):
        return [field.replace(",", ".") for field in fields]
    return [field for field in re.split(r"[\s;,]+", row) if field]


def _count_complaint(count: int, row: str) -> Complaint | None:
    if count == _FIELDS:
        return None
    if count == _FIELDS + 1:
        return (
            "label-extra-columns",
            f"6 fields: the last one, perhaps a confidence, is no part of a label ({quoted(row)})",
        )
    if count > _FIELDS and count % 2:
        kind = "polygon or turned box" if count == 9 else "polygon"  # class and four corners
        return "label-polygon", f"{count} fields: a {kind} instead of a box"
    wanted = "5 (class x_centre y_centre width height)"
    return "label-fields", f"{count} fields instead of {wanted} in {quoted(row)}"


def _read_box(
    fields: Sequence[str],
    classes: Sequence[str],
    half_size: tuple[Decimal, Decimal],
    ids: set[int],
    complaints: list[Complaint],
) -> Box | None:
    """Return the box of 5 or 6 fields, or the box around an odd number of more; else add what is wrong."""
    if len(fields) == _FIELDS + 1:
        fields = fields[:_FIELDS]
    for text in fields:
        try:
            parse_number(text)
        except ValueError:
            complaints.append(field_problem(text))
            return None
    class_id = parse_number(fields[0])
    if class_id.is_integer():
        ids.add(int(class_id))
    if class_id not in range(len(classes)):
        complaints.append(("class-unknown", f"class id {quoted(fields[0])} is not one of 0 to {len(classes) - 1}"))
        return None
    numbers = [exact(text) for text in fields[1:]]
    if len(fields) == _FIELDS:
        corners = _corners(numbers[0], numbers[1], numbers[2], numbers[3], *half_size)
    else:
        corners = _box_around(numbers[0::2], numbers[1::2], half_size)
    if not all(map(math.isfinite, corners)):
        complaints.append(("label-not-finite", f"corners of {quoted(' '.join(fields))} are not finite in pixels"))
        return None
    return Box(classes[int(class_id)], *corners)


def _box_around(
    x: Sequence[Decimal], y: Sequence[Decimal], half_size: tuple[Decimal, Decimal]
) -> tuple[float, float, float, float]:
    columns, rows = 2 * half_size[0], 2 * half_size[1]
    return float(min(x) * columns), float(min(y) * rows), float(max(x) * columns), float(max(y) * rows)
