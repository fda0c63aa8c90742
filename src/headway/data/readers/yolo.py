"""Ultralytics YOLO data sets: a data.yaml, image folders or lists, and one text file of boxes an image.

Format: https://docs.ultralytics.com/datasets/detect/. Labels lie where the images lie, with the last `images`
folder of the path called `labels`, or beside the image where no folder is called so. Images are read as they are
asked for. Nothing that lies outside of the folder of data.yaml is read, and a `download:` entry is never executed.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from headway.contracts.dataset import Split
from headway.contracts.params.document import Document, KeyPath, read_document
from headway.contracts.problem import Problem
from headway.data.findings import Findings
from headway.data.readers.files import IMAGE_SUFFIXES, Enclosure, find_files, place, printable, quoted
from headway.data.readers.yolo_rows import Rows, format_row, parse_row, read_rows
from headway.data.source import Source, SourceImage
from headway.errors import HeadwayError, InputError
from headway.ports import ReadImageSize

__all__ = ["find_data_yaml", "format_row", "parse_row", "read_yolo"]

_SPLIT_KEYS: dict[str, Split] = {"train": "train", "val": "val", "valid": "val", "validation": "val", "test": "test"}
_NOT_LABELS = {"classes.txt"}
"""LabelImg writes its class names among the labels."""
_GREATEST_NUMBER_NAME = 10**9
_ABOUT_KEYS = {"license": "licence", "licence": "licence", "url": "origin", "description": "description"}


def find_data_yaml(source: Path) -> Path | None:
    """Return the data.yaml that `source` is or holds."""
    if source.is_file():
        return source
    return next((path for name in ("data.yaml", "data.yml") if (path := source / name).is_file()), None)


def read_yolo(path: Path, *, read_image_size: ReadImageSize, findings: Findings) -> Source:
    """Open a folder with a data.yaml, or the data.yaml itself.

    Files are named relative to the folder of the data.yaml. An image id is the
    image's path there, less its suffix and the last `images` folder.

    Raises:
        InputError: data.yaml cannot be read, names no classes or no image at all.
        OSError: a folder cannot be listed.
    """
    data_yaml = find_data_yaml(path)
    if data_yaml is None:
        raise InputError(f"{path} holds no data.yaml", hint="name the folder that holds it, or the file itself")
    document = read_document(data_yaml)
    classes = _read_classes(document)
    if "download" in document.values:
        line = document.line_of(("download",))
        findings.add("code-in-data", "download: is never executed", data_yaml.name, line)
    listing = _Listing(document, Enclosure(data_yaml.parent), findings)
    listing.read()
    labels = _Labels(listing.enclosure, classes, read_image_size, findings)
    return Source(
        format="yolo",
        root=data_yaml.parent,
        classes=classes,
        images=labels.read(listing.splits, listing.folders),
        total=len(listing.splits),
        about=_read_about(document, data_yaml.parent),
    )


def _read_classes(document: Document) -> tuple[str, ...]:
    names = document.values.get("names")
    where = f"{document.file}:{document.line_of(('names',))}: names"
    hint = "list the classes as names: [first, second]; the position is the class id"
    if isinstance(names, dict):
        if set(names) != set(range(len(names))):
            raise InputError(f"{where} must count its ids from 0 without a gap, not {_shown(list(names))}", hint=hint)
        names = [names[class_id] for class_id in range(len(names))]
    if not isinstance(names, list) or not names:
        raise InputError(f"{where} must list the classes, not {_shown(names)}", hint=hint)
    for class_id, name in enumerate(names):
        if not _is_name(name):
            raise InputError(f"{where}: class {class_id} has no name but {_shown(name)}; put it in quotes", hint=hint)
    classes = tuple(map(str, names))
    if len(set(classes)) < len(classes):
        repeated = sorted({name for name in classes if classes.count(name) > 1})
        raise InputError(f"{where} repeats {', '.join(map(quoted, repeated))}", hint=hint)
    count = document.values.get("nc", len(classes))
    if count != len(classes):
        raise InputError(f"{where} holds {len(classes)} classes, but nc is {_shown(count)}", hint="mend names or nc")
    return classes


def _is_name(name: Any) -> bool:
    if isinstance(name, bool):  # an int to Python, and what an unquoted `no` is to YAML 1.1
        return False
    text = str(name) if isinstance(name, int) and abs(name) < _GREATEST_NUMBER_NAME else name
    return isinstance(text, str) and bool(text.strip()) and printable(text) == text


def _shown(value: Any) -> str:
    try:
        return quoted(value) if isinstance(value, str) else str(value)[:200]
    except ValueError:  # a number of thousands of digits
        return f"a {type(value).__name__}"


def _read_about(document: Document, folder: Path) -> dict[str, str]:
    """Return what data.yaml, its `roboflow` section and Roboflow's README.dataset.txt say of licence and origin."""
    about: dict[str, str] = {}
    roboflow = document.values.get("roboflow")
    for values in (document.values, roboflow if isinstance(roboflow, Mapping) else {}):
        about |= {
            _ABOUT_KEYS[key]: value for key, value in values.items() if key in _ABOUT_KEYS and isinstance(value, str)
        }
    if isinstance(roboflow, Mapping) and isinstance(version := roboflow.get("version"), int | str):
        about["version"] = _shown(version)
    readme = folder / "README.dataset.txt"
    if readme.is_file() and not Enclosure(folder).escapes(str(readme)):
        with readme.open(encoding="utf-8", errors="replace") as file:
            text = file.read(4096)
        for key, pattern in (("licence", r"(?m)^Licen[sc]e: *(.+)$"), ("origin", r"https?://\S+")):
            if key not in about and (found := re.search(pattern, text)):
                about[key] = found[found.lastindex or 0].strip()
    return about


@dataclass
class _Listing:
    """Every image that data.yaml names, with its split.

    Attributes:
        splits: split of each image path, in the order of listing.
        folders: image folders that an entry names.
    """

    document: Document
    enclosure: Enclosure
    findings: Findings
    splits: dict[str, Split] = field(default_factory=dict)
    folders: set[str] = field(default_factory=set)

    def read(self) -> None:
        """Raises: InputError where nothing is named."""
        known = len(self.findings.problems)
        for key, split in _SPLIT_KEYS.items():
            value = self.document.values.get(key)
            if isinstance(value, list):
                for index, entry in enumerate(value):
                    self._read_entry((key, index), split, entry)
            elif value is not None:
                self._read_entry((key,), split, value)
        if not self.splits and len(self.findings.problems) == known:
            name = self.document.file
            raise InputError(
                f"{name} names no image: train, val and test are empty or missing",
                hint=f"mend {Path(name).name}: paths in it are relative to its own folder, or its path:",
            )

    def _read_entry(self, where: KeyPath, split: Split, entry: Any) -> None:
        """Note the images of one entry: a folder, or a text file that lists them."""
        key, file, line = where[0], Path(self.document.file).name, self.document.line_of(where)
        bases = self._bases()
        # Roboflow writes `../train/images` for a folder beside the data.yaml.
        beside = re.sub(r"^(\.\./)+", "", entry) if isinstance(entry, str) else ""
        found = [path for path in _spellings(entry, bases, beside) if os.path.exists(path)]  # noqa: PTH110  (takes any text)
        inside = next((path for path in found if not self.enclosure.escapes(path)), None)
        if inside is None:
            code = "path-escapes" if found else "image-missing"
            reason = "leads out of the data set and is not read" if found else "does not exist"
            self.findings.add(code, f"{key}: {_shown(entry)} {reason}", file, line)
        elif Path(inside).is_dir():
            self.folders.add(inside)
            for image in self.enclosure.find_images(inside, self.findings):
                self._note(image, split, file, line)
        elif inside.endswith(".txt"):
            self._read_list(inside, split, bases)
        else:
            reason = "is neither a folder nor a .txt list of images"
            self.findings.add("image-missing", f"{key}: {_shown(entry)} {reason}", file, line)

    def _bases(self) -> list[str]:
        folder, base = str(self.enclosure.root), self.document.values.get("path")
        return [str(Path(folder, base)), folder] if isinstance(base, str) else [folder]

    def _read_list(self, path: str, split: Split, bases: Sequence[str]) -> None:
        file = self.enclosure.place(path)
        try:
            text = Path(path).read_text(encoding="utf-8-sig")
        except UnicodeDecodeError as error:
            self.findings.add("label-encoding", f"it is not UTF-8 text ({error.reason})", file)
            return
        bases = [os.path.dirname(path), *bases]  # noqa: PTH120
        for line, row in enumerate(text.split("\n"), start=1):
            if not (entry := row.strip()):
                continue
            states = {image: self.enclosure.state(image) for image in _spellings(entry, bases)}
            image = next((image for image, state in states.items() if state == "file"), None)
            if image is None:
                code = "path-escapes" if "outside" in states.values() else "image-missing"
                reason = "leads out of the data set and is not read" if code == "path-escapes" else "does not exist"
                self.findings.add(code, f"{quoted(entry)} {reason}", file, line)
            elif os.path.splitext(image)[1].lower() not in IMAGE_SUFFIXES:  # noqa: PTH122
                known = ", ".join(sorted(IMAGE_SUFFIXES))
                self.findings.add("image-unreadable", f"{quoted(entry)} is not an image ({known})", file, line)
            else:
                self._note(image, split, file, line)

    def _note(self, image: str, split: Split, file: str, line: int) -> None:
        if image not in self.splits:
            self.splits[image] = split
        elif (first := self.splits[image]) == split:
            self.findings.add("listed-twice", f"{self.enclosure.place(image)} is listed again", file, line)
        else:
            message = f"{self.enclosure.place(image)} is listed in {split}, but in {first} too"
            self.findings.add("split-conflict", message, file, line)


def _spellings(entry: Any, bases: Iterable[str], *more: str) -> list[str]:
    """Return the paths that `entry` may mean, each in one spelling, so that an image listed twice is seen to be one."""
    if not isinstance(entry, str):
        return []
    paths = [os.path.join(base, name) for name in (entry, *more) for base in bases]  # noqa: PTH118
    return list(dict.fromkeys(map(os.path.normpath, paths)))


@dataclass(frozen=True)
class _Folder:
    """What follows from the folder that an image lies in: where its labels lie, and how its id begins."""

    labels: str
    labels_place: str
    id_prefix: str


@dataclass
class _Labels:
    """Reads the label file of each image, one after the other."""

    enclosure: Enclosure
    classes: tuple[str, ...]
    read_image_size: ReadImageSize
    findings: Findings
    _folders: dict[str, _Folder] = field(default_factory=dict)
    _ids: set[int] = field(default_factory=set)

    def read(self, splits: Mapping[str, Split], folders: Iterable[str]) -> Iterator[SourceImage]:
        """Yield every image by its id; what concerns the set as a whole is found after the last one."""
        listed = sorted((self._locate(image), image) for image in splits)
        for (image_id, label, label_place), image in listed:
            yield self._read_image(image_id, image, splits[image], label, label_place)
        for label in self._find_orphans(folders, {label for (_, label, _), _ in listed}):
            self.findings.add(
                "label-without-image", "there is no image that it belongs to", self.enclosure.place(label)
            )
        if 0 not in self._ids and len(self.classes) in self._ids:
            ids = f"class ids reach {len(self.classes)} and none is 0, but names count from 0"
            self.findings.add("class-ids-from-one", ids)

    def _locate(self, image: str) -> tuple[str, str, str]:
        """Return image id, label file, and the label file's place."""
        where, name = os.path.split(image)
        folder = self._folders.get(where)
        if folder is None:
            folder = self._folders[where] = _labels_folder(where, self.enclosure)
        stem = os.path.splitext(name)[0]  # noqa: PTH122
        label = f"{stem}.txt"
        return f"{folder.id_prefix}{stem}", f"{folder.labels}{os.sep}{label}", f"{folder.labels_place}{label}"

    def _read_image(self, image_id: str, image: str, split: Split, label: str, label_place: str) -> SourceImage:
        path = Path(image)
        try:
            width, height = self.read_image_size(path)
        except (HeadwayError, OSError):
            width = height = 0  # whoever looks at the image itself says what is wrong with it
        rows = Rows()
        state = self.enclosure.state(label)
        if state == "file":
            rows, problems = self._read_label(label, label_place, width, height)
        elif state == "missing":
            problems = [Problem("image-without-label", "there is no label file", self.enclosure.place(image))]
        elif state == "outside":
            problems = [Problem("path-escapes", "it leads out of the data set and is not read", label_place)]
        else:
            problems = [Problem("label-malformed", "it is no file, or a link to nothing", label_place)]
        return SourceImage(
            image_id=image_id,
            path=path,
            boxes=tuple(rows.boxes),
            labels=None if state == "missing" else label_place,
            lines=tuple(rows.lines),
            split=split,
            problems=tuple(replace(problem, image_id=image_id) for problem in problems),
        )

    def _read_label(self, label: str, label_place: str, width: int, height: int) -> tuple[Rows, list[Problem]]:
        try:
            with io.FileIO(label) as file:
                text = file.readall().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            return Rows(), [Problem("label-encoding", f"it is not UTF-8 text ({error.reason})", label_place)]
        rows = read_rows(text, self.classes, width or 1, height or 1, self._ids)
        if not rows.boxes and not rows.complaints:
            return rows, [Problem("label-empty", "it holds no box", label_place)]
        if not width:  # rows were checked, but shares of an unknown size are no pixels
            rows = Rows(complaints=[(code, sentence, line, None) for code, sentence, line, _ in rows.complaints])
        return rows, [
            Problem(code, sentence, label_place, line, box=box) for code, sentence, line, box in rows.complaints
        ]

    def _find_orphans(self, folders: Iterable[str], known: Collection[str]) -> list[str]:
        """Return the label files, where labels were looked for, that no image goes with, listed or not."""
        images = {*folders, *self._folders}
        places = {folder: _labels_folder(folder, self.enclosure).labels for folder in images}
        labels = {label for folder, label in places.items() if label != folder and Path(label).is_dir()}
        tops = [label for label in labels if not any(str(above) in labels for above in Path(label).parents)]
        found = {str(path) for top in tops for path in find_files(Path(top), {".txt"}) if path.name not in _NOT_LABELS}
        orphans = found - set(known)
        if orphans:
            unlisted = (str(path) for folder in images for path in find_files(Path(folder), IMAGE_SUFFIXES))
            orphans -= {self._locate(image)[1] for image in unlisted}
        return sorted(orphans)


def _labels_folder(images: str, enclosure: Enclosure) -> _Folder:
    """Return what follows from an image folder; only the part of its path below the data set's folder counts."""
    parts = place(Path(images), enclosure.root).split("/")
    ids = [part for part in parts if part not in {"..", "."}]
    if "images" not in parts:
        labels = images
    else:
        last = len(parts) - 1 - parts[::-1].index("images")
        labels = os.path.normpath(enclosure.root.joinpath(*parts[:last], "labels", *parts[last + 1 :]))
        del ids[len(ids) - 1 - ids[::-1].index("images")]
    labels_place = enclosure.place(labels)
    return _Folder(labels, "" if labels_place == "." else f"{labels_place}/", "".join(f"{part}/" for part in ids))
