"""COCO JSON: one file, or one a split, that lists images, categories and annotations.

Format: https://cocodataset.org/#format-data. A box is `[x, y, width, height]` in pixels. Category ids may be any
numbers; classes come in the order of their ids. Also read: Roboflow's `_annotations.coco.json` in split folders.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from headway.contracts.dataset import Box, Split
from headway.data.findings import Findings
from headway.data.readers.corners import Corners, RowFault, corners_around, corners_of_size, read_number
from headway.data.readers.files import place, printable, quoted
from headway.data.readers.gathering import Gathering, Listed, split_of_name
from headway.data.readers.json_text import BrokenJson, Number, is_text, read_numbers, read_size, walk_object
from headway.data.source import Source
from headway.errors import InputError
from headway.ports import ReadImageSize

_PATTERNS = ("annotations/*.json", "*/_annotations.coco.json", "*.json", "*/*.json")
_OTHER_TASKS = ("captions_", "person_keypoints_", "stuff_", "panoptic_", "image_info_")
"""What COCO itself ships beside `instances_*.json`: the same images again."""
_ABOUT = {"description": "description", "version": "version", "url": "origin"}

Key = str
"""An id as it is written, a text with a quotation mark in front."""


class _Row(NamedTuple):
    """One annotation, as far as it can be read without knowing images and categories."""

    line: int
    image: Key | None
    category: Key | None
    corners: Corners | None
    faults: tuple[tuple[str, str], ...]


@dataclass
class _File:
    """What one JSON file says."""

    name: str
    split: Split | None
    folders: tuple[str, ...]
    images: list[tuple[int, Any]] = field(default_factory=list)
    categories: list[tuple[int, Any]] = field(default_factory=list)
    rows: list[_Row] = field(default_factory=list)
    about: dict[str, str] = field(default_factory=dict)


def find_coco_files(folder: Path) -> list[Path]:
    """Return the files that a folder keeps COCO annotations in, as far as names tell."""
    for pattern in _PATTERNS:
        found = sorted(path for path in folder.glob(pattern) if path.is_file())
        boxes = [path for path in found if not path.name.startswith(_OTHER_TASKS)]
        if boxes:
            return boxes
    return []


def is_coco(path: Path) -> bool:
    """Return whether a file is a JSON object with images and annotations; reads as much as it takes to tell."""
    try:
        found = set()
        for key, _, _ in walk_object(path.read_text(encoding="utf-8-sig")):
            found.add(key)
            if {"images", "annotations"} <= found:
                return True
    except (OSError, ValueError):
        return False
    return "images" in found


def read_coco(path: Path, *, read_image_size: ReadImageSize, findings: Findings) -> Source:
    """Read a COCO file, or the folder of a data set.

    Of a folder, the names of files (instances_train2017.json) or of their folders (valid/_annotations.coco.json) give
    the splits; one file alone gives none. An image is looked for beside its file, in `images`, in the folder that
    the file is named after, and then by its name anywhere below.

    Raises:
        InputError: no COCO file can be read.
        OSError: something cannot be opened.
    """
    paths = [path] if path.is_file() else find_coco_files(path)
    root = path if path.is_dir() else path.parent.parent if path.parent.name == "annotations" else path.parent
    if not paths:
        raise InputError(f"{path} holds no COCO JSON file", hint="name the file, or a folder with annotations/*.json")
    files = _read_files(paths, root, findings, splits=path.is_dir())
    gathering = Gathering(root, findings)
    classes: dict[str, None] = {}
    about: dict[str, str] = {}
    for one in files:
        categories = _read_categories(one, findings)
        listed = _read_images(one, gathering, read_image_size)
        _assign_rows(one, categories, listed, findings)
        classes |= dict.fromkeys(categories.values())
        about = one.about | about
    whole = path.is_dir() or len(find_coco_files(path.parent)) <= 1
    images = tuple(gathering.images(whole=whole))
    return Source("coco", root, tuple(classes), images, len(images), about)


def _read_files(paths: list[Path], root: Path, findings: Findings, *, splits: bool) -> list[_File]:
    files, broken = [], []
    for path in paths:
        try:
            files.append(_read_file(path, root, splits=splits))
        except BrokenJson as error:
            broken.append((place(path, root), error))
    if not files:
        where, fault = broken[0]
        raise InputError(f"{where}:{fault.line}: not COCO JSON: {fault}", hint="export it anew")
    for where, fault in broken:
        findings.add("label-malformed", f"not COCO JSON: {fault}", where, fault.line)
    return files


def _read_file(path: Path, root: Path, *, splits: bool) -> _File:
    """Return what a file says.

    Raises:
        BrokenJson: it is not a JSON object with a list of images.
    """
    name, folder = place(path, root), place(path.parent, root)
    split = (split_of_name(path.stem) or split_of_name(path.parent.name)) if splits else None
    file = _File(name, split, _image_folders(path, folder))
    found = set()
    for key, value, line in walk_object(_read_text(path)):
        found.add(key)
        if key == "images":
            file.images.append((line, value))
        elif key == "categories":
            file.categories.append((line, value))
        elif key == "annotations":
            file.rows.append(_read_row(value, line))
        elif key == "info" and isinstance(value, dict):
            file.about |= {ours: printable(str(value[theirs])) for theirs, ours in _ABOUT.items() if value.get(theirs)}
        elif key == "licenses" and isinstance(value, dict) and is_text(value.get("name")):
            names = dict.fromkeys([*file.about.get("licence", "").split("; "), value["name"]])
            file.about["licence"] = "; ".join(filter(None, names))
    if "images" not in found:
        raise BrokenJson("it has no list of images", 1)
    return file


def _read_text(path: Path) -> str:
    content = path.read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BrokenJson("not UTF-8 text", 1 + content.count(b"\n", 0, error.start)) from error


def _image_folders(path: Path, folder: str) -> tuple[str, ...]:
    """Return the folders below the root where the images of a file may lie, the likeliest first."""
    named = path.stem.rpartition("_")[2]
    split = split_of_name(path.stem)
    words = [word for word in (named, split, "valid" if split == "val" else None) if word]
    inside = [f"{folder}/images", ".", "images", *words, *(f"images/{word}" for word in words)]
    return (folder, *inside)


def _read_row(value: Any, line: int) -> _Row:
    if not isinstance(value, dict):
        fault = ("label-malformed", f"{quoted(str(value))} is no annotation")
        return _Row(line, None, None, None, (fault,))
    corners: Corners | None = None
    faults: list[tuple[str, str]] = []
    try:
        corners, is_mask = _read_corners(value)
        if is_mask:
            faults.append(("label-polygon", "a mask without a bbox"))
    except RowFault as fault:
        faults.append((fault.code, f"bbox: {fault}"))
    if value.get("iscrowd") in ("1", True):
        faults.append(("label-crowd", "iscrowd: a region of many objects"))
    return _Row(line, _key(value.get("image_id")), _key(value.get("category_id")), corners, tuple(faults))


def _read_corners(value: Mapping[str, Any]) -> tuple[Corners, bool]:
    """Return the box of an annotation, and whether it is that around a mask, which counts where there is no bbox.

    Raises:
        RowFault: there is neither.
    """
    bbox, mask = value.get("bbox"), value.get("segmentation")
    if not bbox and isinstance(mask, list) and mask:
        points = [number for ring in mask for number in (ring if isinstance(ring, list) else [ring])]
        return corners_around(read_numbers(points)), True
    return corners_of_size(*read_numbers(bbox, 4)), False


def _key(value: object) -> Key | None:
    """Return an id, so that 1 and 1.0 are one, and 1 and "1" are not; None for what is no id."""
    if isinstance(value, Number):
        return value.removesuffix(".0")
    return f'"{value}' if isinstance(value, str) else None


def _read_categories(file: _File, findings: Findings) -> dict[Key, str]:
    """Return the class name of each category id, in the order of ids."""
    names: dict[Key, str] = {}
    for line, value in file.categories:
        key, name = (_key(value.get("id")), value.get("name")) if isinstance(value, dict) else (None, None)
        if key is None or not is_text(name):
            findings.add("label-malformed", f"category {quoted(str(value))} has no id and name", file.name, line)
        elif key in names:
            said = f"category id {key} of {quoted(name)} is that of {quoted(names[key])} too"
            findings.add("label-malformed", said, file.name, line)
        elif name in names.values():
            findings.add("label-malformed", f"category {quoted(name)} has two ids", file.name, line)
            names[key] = name
        else:
            names[key] = name
    return dict(sorted(names.items(), key=lambda item: _id_order(item[0])))


def _id_order(key: Key) -> tuple[bool, Decimal, str]:
    try:
        return False, read_number(key), key
    except RowFault:
        return True, Decimal(0), key


def _read_images(file: _File, gathering: Gathering, read_image_size: ReadImageSize) -> dict[Key, Listed | None]:
    """Return the image of each id; None for one whose file is not there, which is reported."""
    images: dict[Key, Listed | None] = {}
    for line, value in file.images:
        key, name = (_key(value.get("id")), value.get("file_name")) if isinstance(value, dict) else (None, None)
        if key is None or not is_text(name):
            said = f"image {quoted(str(value))} has no id and file_name"
            gathering.findings.add("label-malformed", said, file.name, line)
            continue
        if key in images:
            said = f"image id {key} of {quoted(name)} is taken: whose annotations they are is not clear"
            gathering.findings.add("label-malformed", said, file.name, line)
            continue
        listed = images[key] = gathering.take(name, file.folders, file.name, line, file.split)
        declared = read_size(value.get("width"), value.get("height"))
        if listed is not None and declared is not None:
            listed.check_size(declared, line, read_image_size)
    return images


def _assign_rows(
    file: _File, categories: Mapping[Key, str], images: Mapping[Key, Listed | None], findings: Findings
) -> None:
    for row in file.rows:
        listed = images.get(row.image) if row.image is not None else None
        if listed is not None:
            _assign_row(row, categories, listed, file.name)
        elif row.image not in images:
            faults = row.faults if row.image is None and row.corners is None else ()
            said = f"annotation of image id {row.image}, which images lack"
            for code, message in faults or (("label-malformed", said),):
                findings.add(code, message, file.name, row.line)


def _assign_row(row: _Row, categories: Mapping[Key, str], listed: Listed, file: str) -> None:
    """Give a row to its image. Rows of a second file keep their place in messages, but have no line of their own."""
    name = categories.get(row.category) if row.category is not None else None
    box = None
    if name is None:
        said = f"category id {row.category}, which categories lack"
        listed.report("class-unknown", said, row.line, file=file)
    elif row.corners is not None:
        box = listed.add(Box(name, *row.corners), row.line if file == listed.labels else 0)
    for code, message in row.faults:
        listed.report(code, message, row.line, box, file=file)
