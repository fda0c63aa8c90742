"""Ultralytics YOLO data sets: a data.yaml, image folders or lists, and one text file of boxes an image.

Format: https://docs.ultralytics.com/datasets/detect/. A row is `class x_centre y_centre width height`,
each as a share of the upright image. Labels lie where the images lie, with the last `images` folder of the
path called `labels`, or beside the image where no folder is called so. A `download:` entry is never executed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from headway.contracts.dataset import Box, Split
from headway.contracts.params.document import Document, read_document
from headway.data.findings import Findings
from headway.data.readers.files import IMAGE_SUFFIXES, find_files, parse_number, place, quoted
from headway.data.source import Source, SourceImage
from headway.errors import InputError
from headway.ports import Progress, ReadImageSize

_SPLIT_KEYS: dict[str, Split] = {"train": "train", "val": "val", "valid": "val", "validation": "val", "test": "test"}
_ROW_FIELDS = 5
_NOT_LABELS = {"classes.txt"}
"""LabelImg writes its class names among the labels."""


def find_data_yaml(source: Path) -> Path | None:
    """Return the data.yaml that `source` is or holds."""
    if source.is_file():
        return source
    return next((path for name in ("data.yaml", "data.yml") if (path := source / name).is_file()), None)


def read_yolo(source: Path, *, read_image_size: ReadImageSize, progress: Progress) -> Source:
    """Read a folder with a data.yaml, or the data.yaml itself.

    Places are relative to the folder of the data.yaml. An image id is the
    image's path there, less its suffix and the last `images` folder.

    Raises:
        InputError: data.yaml, a list, a label row or an image header cannot be read; every one of them is named.
    """
    data_yaml = find_data_yaml(source)
    if data_yaml is None:
        raise InputError(f"{source} holds no data.yaml", hint="name the folder that holds it, or the file itself")
    document, folder, findings = read_document(data_yaml), data_yaml.parent, Findings()
    classes = _read_classes(document, findings)
    splits = _read_splits(document, folder, findings)
    findings.refuse_faults(
        data_yaml, f"mend {data_yaml.name}: paths in it are relative to its own folder, or its path:"
    )
    if "download" in document.values:
        findings.problems.append(f"{data_yaml.name}:{document.line_of(('download',))}: download: is never executed")
    images = [
        _read_image(image, split, folder, classes, read_image_size, findings)
        for image, split in progress(sorted(splits.items()), label="reading labels", total=len(splits))
    ]
    findings.refuse_faults(folder, "mend or remove these rows and files; nothing is dropped silently")
    findings.problems += [f"{place(label, folder)}: label without an image" for label in _find_orphans(splits, folder)]
    return Source("yolo", classes, tuple(images), tuple(findings.problems), folder)


def parse_row(row: str, classes: Sequence[str], width: int, height: int) -> Box:
    """Return the box of one label row in pixels of an image of this size, in plain double arithmetic.

    Raises:
        ValueError: the row is not five numbers that begin with the id of a class.
    """
    fields = row.split()
    if len(fields) > _ROW_FIELDS and len(fields) % 2:
        raise ValueError(f"{len(fields)} fields: a polygon or turned box; only boxes (5 fields) can be read")
    if len(fields) != _ROW_FIELDS:
        raise ValueError(f"{len(fields)} fields instead of 5 (class x_centre y_centre width height) in {quoted(row)}")
    class_id, x_centre, y_centre, box_width, box_height = map(parse_number, fields)
    if class_id not in range(len(classes)):
        raise ValueError(f"class id {quoted(fields[0])} is not one of 0 to {len(classes) - 1}")
    return Box(
        classes[int(class_id)],
        (x_centre - box_width / 2) * width,
        (y_centre - box_height / 2) * height,
        (x_centre + box_width / 2) * width,
        (y_centre + box_height / 2) * height,
    )


def format_row(box: Box, class_id: int, width: int, height: int) -> str:
    """Return the row that `parse_row` reads back, every digit written."""
    x_centre, y_centre = (box.x_min + box.x_max) / 2 / width, (box.y_min + box.y_max) / 2 / height
    box_width, box_height = (box.x_max - box.x_min) / width, (box.y_max - box.y_min) / height
    return f"{class_id} {x_centre!r} {y_centre!r} {box_width!r} {box_height!r}"


def _read_classes(document: Document, findings: Findings) -> tuple[str, ...]:
    names = document.values.get("names")
    where = f"{Path(document.file).name}:{document.line_of(('names',))}: names"
    if isinstance(names, dict):
        if set(names) != set(range(len(names))):
            findings.faults.append(f"{where} must count its ids from 0 without a gap, not {quoted(str(list(names)))}")
            return ()
        names = [names[class_id] for class_id in range(len(names))]
    if not isinstance(names, list) or not names:
        findings.faults.append(f"{where} must list the classes, not {quoted(str(names))}")
        return ()
    for class_id, name in enumerate(names):
        # bool is an int to Python: an unquoted `no` is False to YAML 1.1.
        if not isinstance(name, str | int) or isinstance(name, bool) or not str(name).strip():
            findings.faults.append(f"{where}: class {class_id} has no name but {name!r}; put it in quotes")
    classes = tuple(str(name) for name in names)
    if len(set(classes)) < len(classes):
        repeated = sorted({name for name in classes if classes.count(name) > 1})
        findings.faults.append(f"{where} repeats {', '.join(map(quoted, repeated))}")
    count = document.values.get("nc", len(classes))
    if count != len(classes):
        findings.faults.append(f"{where} holds {len(classes)} classes, but nc is {count!r}")
    return classes


def _read_splits(document: Document, folder: Path, findings: Findings) -> dict[Path, Split]:
    """Return every listed image with its split."""
    splits: dict[Path, Split] = {}
    base = folder / str(document.values.get("path") or "")
    for key, split in _SPLIT_KEYS.items():
        value = document.values.get(key)
        entries = value if isinstance(value, list) else [] if value is None else [value]
        where = f"{Path(document.file).name}:{document.line_of((key,))}: {key}"
        for entry in entries:
            for image in _list_images(str(entry), where, folder, base, findings):
                if splits.get(image) == split:
                    findings.problems.append(f"{where} lists {place(image, folder)} again; it is taken once")
                elif splits.setdefault(image, split) != split:
                    findings.faults.append(
                        f"{where} repeats {place(image, folder)} of {splits[image]}; an image belongs to one split "
                        "(a split left out is taken from train)"
                    )
    if not splits and not findings.faults:
        findings.faults.append(f"{Path(document.file).name} names no image: train, val and test are empty or missing")
    return splits


def _list_images(entry: str, where: str, folder: Path, base: Path, findings: Findings) -> list[Path]:
    """Return the images of one entry: a folder, or a text file that lists them."""
    # Roboflow writes `../train/images` for a folder beside the data.yaml.
    beside = re.sub(r"^(\.\./)+", "", entry)
    path = _first_existing(base / entry, folder / entry, folder / beside)
    if path is None:
        findings.faults.append(f"{where}: {quoted(entry)} does not exist")
        return []
    if path.is_dir():
        return [_clean(image) for image in find_files(path, IMAGE_SUFFIXES)]
    if path.suffix != ".txt":
        findings.faults.append(f"{where}: {quoted(entry)} is neither a folder nor a .txt list of images")
        return []
    images = []
    for line_place, line in _read_lines(path, folder, findings):
        image = _first_existing(path.parent / line, base / line, folder / line)
        if image is None or not image.is_file():
            findings.faults.append(f"{line_place}: {quoted(line)} does not exist")
        elif image.suffix.lower() not in IMAGE_SUFFIXES:
            findings.faults.append(
                f"{line_place}: {quoted(line)} is not an image ({', '.join(sorted(IMAGE_SUFFIXES))})"
            )
        else:
            images.append(_clean(image))
    return images


def _read_image(
    image: Path,
    split: Split,
    folder: Path,
    classes: Sequence[str],
    read_image_size: ReadImageSize,
    findings: Findings,
) -> SourceImage:
    try:
        width, height = read_image_size(image)
    except InputError as error:
        findings.faults.append(error.message)
        width = height = 1
    label = _label_file(image, folder)
    boxes, places = [], []
    if label.is_file():
        for row_place, row in _read_lines(label, folder, findings):
            try:
                boxes.append(parse_row(row, classes, width, height))
                places.append(row_place)
            except ValueError as error:
                findings.faults.append(f"{row_place}: {error}")
    else:
        findings.problems.append(f"{place(image, folder)}: no label file; taken as background")
    return SourceImage(_image_id(image, folder), image, tuple(boxes), tuple(places), split)


def _read_lines(path: Path, folder: Path, findings: Findings) -> Iterator[tuple[str, str]]:
    """Yield the place and the text of every line that is not blank."""
    try:
        with path.open(encoding="utf-8-sig") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield f"{place(path, folder)}:{number}", line.strip()
    except UnicodeDecodeError as error:
        findings.faults.append(f"{place(path, folder)}: not UTF-8 text ({error.reason})")


def _label_file(image: Path, folder: Path) -> Path:
    return _labels_folder(image.parent, folder) / f"{image.stem}.txt"


def _labels_folder(images: Path, folder: Path) -> Path:
    """Return where the labels of an image folder lie; only the part of the path below `folder` counts."""
    parts = list(Path(os.path.relpath(images, folder)).parts)
    last = _last_images(parts)
    if last is None:
        return images
    parts[last] = "labels"
    return _clean(folder.joinpath(*parts))


def _image_id(image: Path, folder: Path) -> str:
    parts = [part for part in Path(os.path.relpath(image.with_suffix(""), folder)).parts if part != ".."]
    last = _last_images(parts[:-1])
    if last is not None:
        del parts[last]
    return "/".join(parts)


def _last_images(parts: Sequence[str]) -> int | None:
    return max((index for index, part in enumerate(parts) if part == "images"), default=None)


def _find_orphans(splits: dict[Path, Split], folder: Path) -> list[Path]:
    """Return label files, in the folders where labels were looked for, that no image file goes with."""
    folders = {image.parent for image in splits}
    orphans = set()
    for images in folders:
        labels = _labels_folder(images, folder)
        if labels == images or not labels.is_dir():
            continue
        stems = {path.stem for path in images.iterdir() if path.suffix.lower() in IMAGE_SUFFIXES}
        found = (path for path in labels.glob("*.txt") if path.name not in _NOT_LABELS)
        orphans |= {label for label in found if label.stem not in stems}
    return sorted(orphans)


def _first_existing(*candidates: Path) -> Path | None:
    # os.path.exists answers False for a name that the file system refuses; Path.exists raises.
    return next((path for path in candidates if os.path.exists(path)), None)  # noqa: PTH110


def _clean(path: Path) -> Path:
    """Return one spelling of a path, so that an image listed twice is seen to be one."""
    return Path(os.path.normpath(path))
