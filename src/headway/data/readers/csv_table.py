"""CSV tables: one row a box, columns found by the names in the first line, in any order.

Corners as (xmin, ymin, xmax, ymax), or a corner and a size as (x, y, w, h), in pixels; comma, semicolon or tab; any
line ending. Names that TensorFlow's object detection tools, Kaggle and RetinaNet use are known. A row whose box
fields are all empty is an image without an object.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from headway.contracts.dataset import Box, Split
from headway.data.findings import Findings
from headway.data.readers.corners import Corners, RowFault, corners_of_corners, corners_of_size, read_number
from headway.data.readers.files import place, quoted
from headway.data.readers.gathering import SPLIT_NAMES, Gathering, Listed, split_of_name
from headway.data.source import Source
from headway.errors import InputError
from headway.ports import ReadImageSize

_IMAGE = (
    *("filename", "file_name", "image_path", "img_path", "filepath", "file_path", "path", "file"),
    *("image_name", "image", "img", "image_id", "imageid"),
)
_CLASS = ("class", "class_name", "classname", "label", "label_name", "cell_type", "category", "category_name", "name")
_CORNERS = (
    ("xmin", "ymin", "xmax", "ymax"),
    ("x_min", "y_min", "x_max", "y_max"),
    ("bbox_xmin", "bbox_ymin", "bbox_xmax", "bbox_ymax"),
    ("bbox_x1", "bbox_y1", "bbox_x2", "bbox_y2"),
    ("x1", "y1", "x2", "y2"),
    ("left", "top", "right", "bottom"),
)
_SIZES = (
    ("bbox_x", "bbox_y", "bbox_width", "bbox_height"),
    ("bbox_x", "bbox_y", "bbox_w", "bbox_h"),
    ("bbox_left", "bbox_top", "bbox_width", "bbox_height"),
    ("x", "y", "w", "h"),
    ("xmin", "ymin", "w", "h"),
    ("x", "y", "box_width", "box_height"),
    ("x", "y", "width", "height"),
    ("left", "top", "width", "height"),
    ("xmin", "ymin", "width", "height"),
)
_IMAGE_SIZE = (("image_width", "image_height"), ("img_width", "img_height"), ("width", "height"))
_SPLIT = ("split", "subset")
_GROUP = ("group", "group_id", "session", "session_id")
_DELIMITERS = (",", ";", "\t")
_ENDS = re.compile(rb"\r\n|\n|\r")
_POSITIVE = re.compile(r"[1-9]\d{0,8}", re.ASCII)
_OPEN_IMAGES = {"imageid", "labelname", "xmin"}
_EXAMPLE = "filename,class,xmin,ymin,xmax,ymax"
_FOLDERS = (".", "images")


@dataclass(frozen=True)
class _Layout:
    """Which column holds what; None where no column does.

    Attributes:
        delimiter: what separates the fields.
        columns: number of columns.
        image, class_name, split, group: column each.
        box: four columns.
        is_size: whether the last two of `box` are width and height instead of a corner.
        image_size: columns of the image's width and height.
    """

    delimiter: str
    columns: int
    image: int
    class_name: int
    box: tuple[int, ...]
    is_size: bool
    image_size: tuple[int, ...] | None
    split: int | None
    group: int | None


def find_csv_files(folder: Path) -> list[Path]:
    """Return the CSV files of a folder that have the header of a table of boxes."""
    return [path for path in sorted(folder.glob("*.csv")) if path.is_file() and is_box_table(path)]


def is_box_table(path: Path) -> bool:
    """Return whether the first line of a file names the columns of a table of boxes."""
    try:
        with path.open("rb") as file:
            _read_layout(_ENDS.split(file.read(1 << 16))[0], path)
    except (InputError, OSError):
        return False
    return True


def read_csv(path: Path, *, read_image_size: ReadImageSize, findings: Findings) -> Source:
    """Read a CSV file, or those of a folder; classes are named in the rows, so they have no ids.

    Splits come from a column, else of several files from their names (train_labels.csv). An image is looked for
    relative to the file, in `images`, and then by its name anywhere below; where several are called so, the name
    needs its folder.

    Raises:
        InputError: there is no file, or its first line names no columns that can be read.
        OSError: something cannot be opened.
    """
    paths = [path] if path.is_file() else find_csv_files(path) or sorted(path.glob("*.csv"))
    if not paths:
        raise InputError(f"{path} holds no CSV file", hint="name the file")
    root = path if path.is_dir() else path.parent
    gathering = Gathering(root, findings)
    for one in paths:
        split = split_of_name(one.stem) if len(paths) > 1 else None
        first, *lines = _ENDS.split(one.read_bytes())
        table = _Table(place(one, root), split, _read_layout(first, one), gathering, read_image_size)
        for number, content in enumerate(lines, start=2):
            if content.strip():
                table.read_line(content, number)
    whole = path.is_dir() or len(find_csv_files(root)) <= 1
    images = tuple(gathering.images(whole=whole))
    return Source("csv", root, (), images, len(images))


@dataclass(frozen=True)
class _Table:
    """One file that is being read.

    Attributes:
        name: of the file, relative to the root.
        split: that its name gives every image, or None.
        layout: which column holds what.
        gathering: takes the rows.
        read_image_size: to compare with the size that rows declare.
    """

    name: str
    split: Split | None
    layout: _Layout
    gathering: Gathering
    read_image_size: ReadImageSize

    def read_line(self, content: bytes, line: int) -> None:
        """Take one line of the file, or report what is wrong with it."""
        try:
            fields, is_odd = _read_fields(content.decode(), self.layout)
        except UnicodeDecodeError as error:
            self.gathering.findings.add("label-encoding", f"not UTF-8 text ({error.reason})", self.name, line)
            return
        except RowFault as fault:
            self.gathering.findings.add(fault.code, str(fault), self.name, line)
            return
        name = fields[self.layout.image].strip()
        if not name:
            self.gathering.findings.add("label-malformed", "the row names no image", self.name, line)
            return
        listed = self.gathering.image(name, _FOLDERS, self.name, line)
        if listed is not None:
            self._read_facts(fields, line, listed)
            self._read_row(fields, line, listed, is_odd=is_odd)

    def _read_facts(self, fields: Sequence[str], line: int, listed: Listed) -> None:
        """Take what a row says of its image: split, group and size."""
        layout = self.layout
        given = fields[layout.split].strip().lower() if layout.split is not None else ""
        if given and given not in SPLIT_NAMES:
            self._report(listed, "label-malformed", f"split {quoted(given)} is not train, val or test", line)
        self.gathering.put(listed, SPLIT_NAMES.get(given, self.split), self.name, line)
        group = fields[layout.group].strip() if layout.group is not None else ""
        if group and listed.group not in (None, group):
            said = f"group {quoted(group)}, but {quoted(str(listed.group))} in an earlier row"
            self._report(listed, "label-malformed", said, line)
        listed.group = listed.group or group or None
        if layout.image_size is not None:
            width, height = (fields[column].strip() for column in layout.image_size)
            declared = (int(width), int(height)) if _POSITIVE.fullmatch(width) and _POSITIVE.fullmatch(height) else None
            if declared is not None and declared != listed.declared:
                listed.declared = declared
                listed.check_size(declared, line, self.read_image_size)

    def _read_row(self, fields: Sequence[str], line: int, listed: Listed, *, is_odd: bool) -> None:
        """Take the box of a row."""
        try:
            box = _read_box(fields, self.layout)
        except RowFault as fault:
            self._report(listed, fault.code, str(fault), line)
            return
        index = None if box is None else listed.add(box, line if self.name == listed.labels else 0)
        if is_odd:
            self._report(listed, "label-separator", "separated in another way than the first line", line, index)
        if len(fields) > self.layout.columns:
            said = f"{len(fields)} fields instead of {self.layout.columns}"
            self._report(listed, "label-extra-columns", said, line, index)

    def _report(self, listed: Listed, code: str, message: str, line: int, box: int | None = None) -> None:
        listed.report(code, message, line, box, file=self.name)


def _read_layout(first: bytes, path: Path) -> _Layout:
    """Return what the first line says.

    Raises:
        InputError: it names no image, class and box.
    """
    try:
        text = first.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}:1 is not UTF-8 text ({error.reason})", hint="save the table as UTF-8") from error
    delimiter = max(_DELIMITERS, key=text.count)
    names = [re.sub(r"[\s-]+", "_", name.strip().strip('"').strip().lower()) for name in text.split(delimiter)]
    if set(names) >= _OPEN_IMAGES:
        raise InputError(f"{path} is a table of Open Images, whose boxes are shares", hint="use --format openimages")
    box, is_size = _columns(names, _CORNERS), False
    if box is None:
        box, is_size = _columns(names, _SIZES), True
    image, class_name = _column(names, _IMAGE), _column(names, _CLASS)
    if box is None or image is None or class_name is None:
        raise InputError(
            f"{path}:1 is {quoted(text)}, which does not name the columns of image, class and box",
            hint=f"put a first line there that names the columns, such as {_EXAMPLE}",
        )
    if len(set(names)) < len(names):
        repeated = sorted({name for name in names if names.count(name) > 1})
        raise InputError(f"{path}:1 names {', '.join(map(quoted, repeated))} twice", hint="name each column once")
    size = [found for pair in _IMAGE_SIZE if (found := _columns(names, (pair,))) and not set(found) & set(box)]
    split, group = _column(names, _SPLIT), _column(names, _GROUP)
    return _Layout(delimiter, len(names), image, class_name, box, is_size, size[0] if size else None, split, group)


def _column(names: Sequence[str], wanted: Sequence[str]) -> int | None:
    return next((names.index(name) for name in wanted if name in names), None)


def _columns(names: Sequence[str], wanted: Sequence[Sequence[str]]) -> tuple[int, ...] | None:
    return next((tuple(map(names.index, one)) for one in wanted if set(one) <= set(names)), None)


def _read_fields(text: str, layout: _Layout) -> tuple[list[str], bool]:
    """Return the fields of a row, and whether it has another separator than the first line.

    Raises:
        RowFault: it has too few.
    """
    fields = _split_row(text, layout.delimiter)
    if len(fields) >= layout.columns:
        return fields, False
    for delimiter in (*_DELIMITERS, None):
        meant = text.split() if delimiter is None else _split_row(text, delimiter)
        if len(meant) == layout.columns:
            return meant, True
    raise RowFault("label-fields", f"{len(fields)} fields instead of {layout.columns} in {quoted(text)}")


def _split_row(text: str, delimiter: str) -> list[str]:
    # One line at a time: a quote that is never closed then spoils its own row, not all that follow.
    if '"' not in text:
        return text.split(delimiter)
    try:
        return next(csv.reader([text], delimiter=delimiter, strict=True))
    except (csv.Error, StopIteration) as error:
        raise RowFault("label-malformed", f"{quoted(text)} is no row ({error})") from error


def _read_box(fields: Sequence[str], layout: _Layout) -> Box | None:
    """Return the box of a row; None where its fields are empty: an image without an object.

    Raises:
        RowFault: it has no class, or a field is no number.
    """
    texts = [fields[column].strip() for column in layout.box]
    if not any(texts):
        return None
    name = fields[layout.class_name].strip()
    if not name:
        raise RowFault("label-malformed", "the row names no class")
    return Box(name, *_corners([read_number(text) for text in texts], layout))


def _corners(numbers: Sequence[Decimal], layout: _Layout) -> Corners:
    first, second, third, fourth = numbers
    read = corners_of_size if layout.is_size else corners_of_corners
    return read(first, second, third, fourth)
