"""Ultralytics NDJSON: a header line with the class names, then one line an image.

Format: https://docs.ultralytics.com/datasets/detect/. A box is `[class, x_centre, y_centre,
width, height]`, the last four as shares of the image. Images are taken where they lie; `url` is never downloaded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from headway.contracts.dataset import Box
from headway.data.findings import Findings
from headway.data.readers.corners import Corners, RowFault, corners_around, corners_of_shares
from headway.data.readers.files import quoted
from headway.data.readers.gathering import SPLIT_NAMES, Gathering, Listed
from headway.data.readers.json_text import BrokenJson, Number, is_text, parse_json, read_numbers, read_size
from headway.data.source import Source
from headway.errors import InputError
from headway.ports import ReadImageSize

_BOX_FIELDS = 5
_POLYGONS = ("segments", "obb")
_READ = ("boxes", "pose", *_POLYGONS)
_ABOUT = {"description": "description", "version": "version", "url": "origin", "license": "licence"}


@dataclass(frozen=True)
class _File:
    """What holds for every line of the file.

    Attributes:
        name: of the file.
        path: folder that the header says the images lie in, relative to the file's own.
        classes: class name of each id.
    """

    name: str
    path: str
    classes: Mapping[int, str]


def find_ndjson_file(path: Path) -> Path | None:
    """Return the NDJSON file that `path` is, or that a folder holds as its only one."""
    if path.is_file():
        return path
    found = sorted(path.glob("*.ndjson"))
    return found[0] if len(found) == 1 else None


def read_ndjson(path: Path, *, read_image_size: ReadImageSize, findings: Findings) -> Source:
    """Read an NDJSON file, or a folder that holds one.

    An image is looked for where the header's `path` says, beside the file, in `images`, in the folder of its split,
    and then by its name anywhere below.

    Raises:
        InputError: there is no such file, or its first line is no header.
        OSError: something cannot be opened.
    """
    file = find_ndjson_file(path)
    if file is None:
        raise InputError(f"{path} does not hold one .ndjson file", hint="name the file itself")
    root = file.parent
    lines = file.read_bytes().removeprefix(b"\xef\xbb\xbf").split(b"\n")
    header = _read_header(lines[0], file)
    classes = _read_classes(header, file.name, findings)
    gathering = Gathering(root, findings)
    opened = _File(file.name, str(header.get("path") or "."), classes)
    for line, values in _read_lines(lines[1:], file.name, findings):
        _read_image(values, line, opened, gathering, read_image_size)
    images = tuple(gathering.images(whole=True))
    about = {
        ours: str(header[theirs])
        for theirs, ours in _ABOUT.items()
        if is_text(header.get(theirs)) or isinstance(header.get(theirs), Number)
    }
    return Source("ndjson", root, tuple(classes.values()), images, len(images), about)


def _read_header(content: bytes, file: Path) -> dict[str, Any]:
    try:
        header = parse_json(content.decode())
    except ValueError as error:
        raise InputError(f"{file}:1 is no JSON: {error}", hint="export the data set anew") from error
    if not isinstance(header, dict) or header.get("type") != "dataset":
        raise InputError(f'{file}:1 is no header {{"type": "dataset", ...}}', hint="export the data set anew")
    return header


def _read_classes(header: Mapping[str, Any], file: str, findings: Findings) -> dict[int, str]:
    """Return the class name of each id, in the order of ids."""
    names = header.get("class_names", {})
    if isinstance(names, list):
        names = {str(class_id): name for class_id, name in enumerate(names)}
    classes: dict[int, str] = {}
    for key, name in names.items() if isinstance(names, dict) else [("class_names", names)]:
        if not (key.isascii() and key.isdigit() and len(key) < 10) or not is_text(name):
            findings.add("label-malformed", f"class {quoted(key)} has no id and name: {quoted(str(name))}", file, 1)
        elif name in classes.values():
            findings.add("label-malformed", f"class {quoted(name)} has two ids", file, 1)
        else:
            classes[int(key)] = name
    return dict(sorted(classes.items()))


def _read_lines(lines: list[bytes], file: str, findings: Findings) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield number and values of each line that is a JSON object."""
    for number, content in enumerate(lines, start=2):
        if not content.strip():
            continue
        try:
            values = parse_json(content.decode())
        except UnicodeDecodeError as error:
            findings.add("label-encoding", f"not UTF-8 text ({error.reason})", file, number)
            continue
        except BrokenJson as error:
            findings.add("label-malformed", f"not JSON: {error}", file, number)
            continue
        if isinstance(values, dict):
            yield number, values
        else:
            findings.add("label-malformed", f"{quoted(str(values))} is no image", file, number)


def _read_image(
    values: Mapping[str, Any],
    line: int,
    file: _File,
    gathering: Gathering,
    read_image_size: ReadImageSize,
) -> None:
    name, given = values.get("file"), values.get("split")
    if values.get("type", "image") != "image" or not is_text(name):
        gathering.findings.add("label-malformed", "the line is no image with a file", file.name, line)
        return
    split = SPLIT_NAMES.get(given) if isinstance(given, str) else None
    missing = "is not there; its url is never downloaded" if "url" in values else "is not there"
    folders = _image_folders(file.path, given if split else None)
    listed = gathering.take(name, folders, file.name, line, split, missing=missing)
    if listed is None:
        return
    if given is not None and split is None:
        listed.report("label-malformed", f"split {quoted(str(given))} is not train, val or test", line)
    declared = read_size(values.get("width"), values.get("height"))
    size = listed.check_size(declared, line, read_image_size) or declared or (1, 1)
    annotations = values.get("annotations")
    if not isinstance(annotations, dict | None):
        listed.report("label-malformed", f"annotations {quoted(str(annotations))} is no object", line)
        return
    for kind, rows in (annotations or {}).items():
        if kind not in _READ or not isinstance(rows, list):
            listed.report("label-malformed", f"annotations hold {quoted(kind)}, not a list of boxes", line)
            continue
        for row in rows:
            _read_row(row, kind, line, file.classes, size, listed)


def _image_folders(base: str, split: str | None) -> tuple[str, ...]:
    """Return the folders below the file's own where an image may lie, the likeliest first."""
    folders = [base, f"{base}/images"]
    if split:
        folders = [f"{base}/images/{split}", f"{base}/{split}/images", f"{base}/{split}", *folders]
    return tuple(folders)


def _read_row(
    row: object, kind: str, line: int, classes: Mapping[int, str], size: tuple[int, int], listed: Listed
) -> None:
    """Take one row of a list of annotations, or report why it cannot be read."""
    try:
        numbers = read_numbers(row)
        name = _class_of(numbers[0] if numbers else None, classes)
        corners = _read_corners(numbers[1:], kind, size)
    except RowFault as fault:
        listed.report(fault.code, str(fault), line)
        return
    box = listed.add(Box(name, *corners), line)
    if kind in _POLYGONS:
        listed.report("label-polygon", f"{kind}: a polygon or turned box", line, box)
    elif len(numbers) > _BOX_FIELDS:
        listed.report("label-extra-columns", f"{len(numbers)} numbers instead of {_BOX_FIELDS}", line, box)


def _class_of(class_id: Decimal | None, classes: Mapping[int, str]) -> str:
    if class_id is None:
        raise RowFault("label-fields", f"no numbers instead of {_BOX_FIELDS}")
    name = classes.get(int(class_id)) if class_id == class_id.to_integral_value() and abs(class_id) < 1e9 else None
    if name is None:
        raise RowFault("class-unknown", f"class id {quoted(str(class_id))}, which class_names lack")
    return name


def _read_corners(numbers: Sequence[Decimal], kind: str, size: tuple[int, int]) -> Corners:
    if kind in _POLYGONS:
        return corners_around(numbers, size)
    if len(numbers) < _BOX_FIELDS - 1:
        raise RowFault("label-fields", f"{len(numbers) + 1} numbers instead of {_BOX_FIELDS}")
    x_centre, y_centre, width, height = numbers[: _BOX_FIELDS - 1]
    return corners_of_shares(x_centre, y_centre, width, height, size)
