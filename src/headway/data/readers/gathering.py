"""Brings rows and images together where label files name the images: COCO, NDJSON, CSV and what globox reads."""

from __future__ import annotations

import os
import posixpath
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from headway.contracts.dataset import Box, Split
from headway.contracts.problem import Problem
from headway.data.findings import Findings
from headway.data.readers.files import IMAGE_SUFFIXES, Enclosure, quoted
from headway.data.source import SourceImage
from headway.errors import InputError
from headway.ports import ReadImageSize

SPLIT_NAMES: dict[str, Split] = {"train": "train", "val": "val", "valid": "val", "validation": "val", "test": "test"}
_SPLIT_IN_NAME = re.compile(r"(?<![a-z])(train|validation|valid|val|test)(?![a-z])")
_DRIVE = re.compile(r"[A-Za-z]:")


def split_of_name(name: str) -> Split | None:
    """Return the split that a file or folder name speaks of ("instances_train2017"), if it is one alone."""
    named = {SPLIT_NAMES[word] for word in _SPLIT_IN_NAME.findall(name.lower())}
    return named.pop() if len(named) == 1 else None


@dataclass
class Listed:
    """One image that the labels list, and the rows gathered for it so far.

    Attributes:
        path: the image file.
        image_id: its path below the root, as every reader names it.
        labels: file that lists it, relative to the root.
        split, group: as the labels say.
        declared: (width, height) that the labels say, as far as it was compared.
        is_entry: whether a format that lists each image once has listed it.
    """

    path: Path
    image_id: str
    labels: str
    split: Split | None = None
    group: str | None = None
    is_entry: bool = False
    declared: tuple[int, int] | None = None
    boxes: list[Box] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def add(self, box: Box, line: int) -> int:
        """Take a box; return its index."""
        self.boxes.append(box)
        self.lines.append(line)
        return len(self.boxes) - 1

    def report(self, code: str, message: str, line: int | None, box: int | None = None, *, file: str = "") -> None:
        """Note what is wrong with a row, or with the image's labels as a whole; `file` where it is not `labels`."""
        self.problems.append(Problem(code, message, file or self.labels, line, image_id=self.image_id, box=box))

    def check_size(
        self, declared: tuple[int, int] | None, line: int, read_image_size: ReadImageSize
    ) -> tuple[int, int] | None:
        """Return the image's size, None where it has none, and note labels that were made for another size."""
        try:
            actual = read_image_size(self.path)
        except (InputError, OSError):
            return None  # whoever looks at the image file says what is wrong with it
        if declared is not None and declared != actual:
            says = f"says {declared[0]} x {declared[1]} pixels, but the image has {actual[0]} x {actual[1]}"
            self.report("label-image-size", says, line)
        return actual


class Gathering:
    """The images below a folder, and what label files say of them.

    Raises:
        OSError: a folder cannot be listed.
    """

    def __init__(self, root: Path, findings: Findings) -> None:
        self.root = root
        self.findings = findings
        self._enclosure = Enclosure(root)
        below = len(os.path.join(root, ""))  # noqa: PTH118  (strings: there may be 100,000)
        found = sorted(self._enclosure.find_images(str(root), findings))
        self._files = {name[below:].replace(os.sep, "/"): Path(name) for name in found}
        self._names: dict[str, list[str]] = defaultdict(list)
        for file in self._files:
            name = file.rpartition("/")[2]
            self._names[name].append(file)
            self._names[name.rpartition(".")[0]].append(file)
        self._listed: dict[str, Listed] = {}
        self._asked: dict[tuple[str, tuple[str, ...]], str | None] = {}

    def image(
        self, name: str, folders: Sequence[str], labels: str, line: int, *, missing: str = "is not there"
    ) -> Listed | None:
        """Return the image that a label file calls `name`, looked for in `folders` first and then anywhere.

        None if it is not there, lies outside or could be one of several; that is reported once for each name.
        """
        key = (name, tuple(folders))
        if key not in self._asked:
            self._asked[key] = self._locate(name, folders, labels, line, missing)
        file = self._asked[key]
        if file is None:
            return None
        if file not in self._listed:
            self._listed[file] = Listed(self._files[file], image_id_of(file), labels)
        return self._listed[file]

    def take(
        self,
        name: str,
        folders: Sequence[str],
        labels: str,
        line: int,
        split: Split | None,
        *,
        missing: str = "is not there",
    ) -> Listed | None:
        """Return `image` as an entry of its own lists it: that of a second entry is reported, and its rows added."""
        listed = self.image(name, folders, labels, line, missing=missing)
        if listed is None:
            return None
        if listed.is_entry:
            where = f"image {quoted(listed.image_id)} is listed again"
            self.findings.add("listed-twice", f"{where}; the rows of both count", labels, line)
        listed.is_entry = True
        self.put(listed, split, labels, line)
        return listed

    def put(self, listed: Listed, split: Split | None, labels: str, line: int) -> None:
        """Note the split that the labels give an image, and where they give it another one."""
        if split is None or split == listed.split:
            return
        if listed.split is None:
            listed.split = split
            return
        said = f"image {quoted(listed.image_id)} of {listed.split} is in {split} too; an image belongs to one split"
        self.findings.add("split-conflict", said, labels, line)

    def images(self, *, whole: bool) -> Iterator[SourceImage]:
        """Yield the images by image id; with `whole`, also those in the same folders that no label file lists.

        Where nothing is listed, every folder counts.
        """
        found = [_source_image(one) for one in self._listed.values()]
        if whole:
            found += self._unlisted()
        yield from sorted(found, key=lambda image: (image.image_id, str(image.path)))

    def _unlisted(self) -> Iterator[SourceImage]:
        splits: dict[str, set[Split | None]] = defaultdict(set)
        for file, one in self._listed.items():
            splits[posixpath.dirname(file)].add(one.split)
        for file, path in self._files.items():
            folder = posixpath.dirname(file)
            if file in self._listed or (splits and folder not in splits):
                continue
            image_id = image_id_of(file)
            known = next(iter(splits[folder])) if len(splits.get(folder, ())) == 1 else None
            problem = Problem("image-without-label", "no label names this image", file, image_id=image_id)
            yield SourceImage(image_id, path, split=known, problems=(problem,))

    def _locate(self, name: str, folders: Sequence[str], labels: str, line: int, missing: str) -> str | None:
        plain = name.strip().replace("\\", "/")
        climbs = ".." in plain.split("/")  # which means something beside the label file only
        nearest = posixpath.normpath(posixpath.join(folders[0], plain))
        if nearest in self._files:
            return nearest
        places = [posixpath.normpath(posixpath.join(folder, plain)) for folder in folders[: 1 if climbs else None]]
        if plain.startswith("/") or _DRIVE.match(plain) or places[0].split("/")[0] == "..":
            said = f"image {quoted(name)} lies outside the data set; name it relative to the label file"
            self.findings.add("path-escapes", said, labels, line)
            return None
        candidates = [one for one in places if one in self._files] or self._named_like(plain)
        if not candidates:
            outside = any(self._enclosure.state(f"{self.root}/{one}") == "outside" for one in places)
            code, what = ("path-escapes", "is a link that leads outside") if outside else ("image-missing", missing)
            self.findings.add(code, f"image {quoted(name)} {what}", labels, line)
            return None
        if len(set(candidates)) > 1 and candidates[0] not in places:
            several = " or ".join(map(quoted, sorted(set(candidates))[:3]))
            said = f"image {quoted(name)} could be {several}; name it with its folder"
            self.findings.add("image-missing", said, labels, line)
            return None
        return candidates[0]

    def _named_like(self, plain: str) -> list[str]:
        """Return the files of this name (or stem, where the name has no suffix), those in its folder if any are."""
        same = self._names.get(posixpath.basename(plain), [])
        if PurePosixPath(plain).suffix.lower() in IMAGE_SUFFIXES:
            same = [file for file in same if posixpath.basename(file) == posixpath.basename(plain)]
        nested = [file for file in same if f"/{file}".endswith(f"/{plain}")]
        return nested or same


def image_id_of(file: str) -> str:
    """Return the id of an image: its path, less the suffix and the last folder called "images"."""
    *folders, name = file.split("/")
    last = max((index for index, folder in enumerate(folders) if folder == "images"), default=None)
    if last is not None:
        del folders[last]
    return "/".join([*folders, name.rpartition(".")[0]])


def _source_image(one: Listed) -> SourceImage:
    problems = list(one.problems)
    if not one.boxes and all(problem.code == "label-image-size" for problem in problems):
        problems.append(Problem("label-empty", "listed without a box", one.labels, image_id=one.image_id))
    return SourceImage(
        one.image_id,
        one.path,
        tuple(one.boxes),
        one.labels,
        tuple(one.lines),
        one.split,
        one.group,
        None,
        tuple(problems),
    )
