"""The same boxes, written in every format that a reader of Headway's own reads."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from pathlib import Path

from hypothesis import strategies as st

from headway.contracts.dataset import Box
from headway.contracts.problem import Problem
from headway.data.findings import Findings
from headway.data.readers.detect import READERS
from headway.data.source import Source, SourceImage
from headway.integrations.pillow.reading import read_image_size
from tests.data.sources import voc_object, write_image, write_text, write_yolo

WIDTH, HEIGHT = 64, 40
"""Shares of these sides are finite decimals."""
CLASSES = ("cup", "jar")
_MICRO = Decimal("0.000001")
_EXACT = Context(prec=60)


@dataclass(frozen=True)
class Row:
    """A box in decimals: class, x_min, y_min, x_max, y_max."""

    name: str
    corners: tuple[Decimal, ...]

    @property
    def box(self) -> Box:
        return Box(self.name, *map(float, self.corners))

    @property
    def size(self) -> list[str]:
        """x_min, y_min, width, height."""
        x_min, y_min, x_max, y_max = self.corners
        return [f"{number:f}" for number in (x_min, y_min, x_max - x_min, y_max - y_min)]

    @property
    def shares(self) -> list[str]:
        """x_centre, y_centre, width, height as shares of the image, every digit written."""
        x_min, y_min, x_max, y_max = self.corners
        numbers = ((x_min + x_max) / 2, (y_min + y_max) / 2, x_max - x_min, y_max - y_min)
        sides = map(Decimal, (WIDTH, HEIGHT, WIDTH, HEIGHT))
        return [f"{_EXACT.divide(number, side):f}" for number, side in zip(numbers, sides, strict=True)]


def row(name: str, *corners: str) -> Row:
    return Row(name, tuple(map(Decimal, corners)))


def _span(most: int) -> st.SearchStrategy[tuple[Decimal, Decimal]]:
    micros = st.integers(0, most * 10**6)
    return st.tuples(micros, micros).map(lambda ends: (min(ends) * _MICRO, max(ends) * _MICRO))


ROWS: st.SearchStrategy[Row] = st.builds(
    lambda name, x, y: Row(name, (x[0], y[0], x[1], y[1])), st.sampled_from(CLASSES), _span(WIDTH), _span(HEIGHT)
)
SETS: st.SearchStrategy[dict[str, list[Row]]] = st.lists(st.lists(ROWS, max_size=3), min_size=1, max_size=2).map(
    lambda images: {f"train/{number}": rows for number, rows in enumerate(images)}
)
"""Rows of each image, by "split/stem"."""
SPOILED = {"train/0": [row("cup", "1.5", "2", "30.25", "20"), row("jar", "0", "0", "64", "40")], "train/1": []}


def write_images(folder: Path, names: Iterable[str], where: str = "{}.png") -> None:
    for seed, name in enumerate(sorted(names)):
        write_image(folder / where.format(name), seed, (WIDTH, HEIGHT))


def write_as_yolo(folder: Path, rows: Mapping[str, Sequence[Row]]) -> Path:
    texts = {
        name: "".join(f"{CLASSES.index(one.name)} {' '.join(one.shares)}\n" for one in found)
        for name, found in rows.items()
    }
    write_yolo(folder, texts, CLASSES)
    write_images(folder / "images", rows)
    return folder


def coco_text(rows: Mapping[str, Sequence[Row]]) -> str:
    images = [
        f'{{"id": {number}, "file_name": "{name}.png", "width": {WIDTH}, "height": {HEIGHT}}}'
        for number, name in enumerate(sorted(rows), start=1)
    ]
    annotations = [
        f'{{"id": 1, "image_id": {number}, "category_id": {CLASSES.index(one.name) * 7 + 3}, '
        f'"bbox": [{", ".join(one.size)}], "iscrowd": 0}}'
        for number, name in enumerate(sorted(rows), start=1)
        for one in rows[name]
    ]
    categories = [f'{{"id": {number * 7 + 3}, "name": "{name}"}}' for number, name in enumerate(CLASSES)]
    lists = {"images": images, "annotations": annotations, "categories": categories}
    members = [f'"{key}": [\n' + ",\n".join(values) + "\n]" for key, values in lists.items()]
    return "{" + ",\n".join(members) + "}\n"


def write_as_coco(folder: Path, rows: Mapping[str, Sequence[Row]]) -> Path:
    write_images(folder, rows)
    write_text(folder / "annotations/instances_train.json", coco_text(rows))
    return folder


def csv_text(rows: Mapping[str, Sequence[Row]]) -> str:
    lines = ["filename,class,xmin,ymin,xmax,ymax"]
    for name, found in rows.items():
        lines += [f"{name}.png,{one.name},{','.join(f'{number:f}' for number in one.corners)}" for one in found]
        lines += [] if found else [f"{name}.png,,,,,"]
    return "\n".join(lines) + "\n"


def write_as_csv(folder: Path, rows: Mapping[str, Sequence[Row]]) -> Path:
    write_images(folder, rows)
    write_text(folder / "boxes.csv", csv_text(rows))
    return folder


def write_as_voc(folder: Path, rows: Mapping[str, Sequence[Row]]) -> Path:
    write_images(folder, rows, "JPEGImages/{}.png")
    for name, found in rows.items():
        objects = "\n".join(voc_object(one.name, *(f"{number:f}" for number in one.corners)) for one in found)
        stem = name.rpartition("/")[2]
        size = f"<size><width>{WIDTH}</width><height>{HEIGHT}</height></size>"
        text = f"<annotation>\n<filename>{stem}.png</filename>\n{size}\n{objects}\n</annotation>\n"
        write_text(folder / "Annotations" / f"{name}.xml", text)
    return folder


def ndjson_text(rows: Mapping[str, Sequence[Row]]) -> str:
    header = {
        "type": "dataset",
        "task": "detect",
        "class_names": {str(number): name for number, name in enumerate(CLASSES)},
    }
    lines = [json.dumps(header)]
    for name, found in rows.items():
        boxes = ", ".join(f"[{CLASSES.index(one.name)}, {', '.join(one.shares)}]" for one in found)
        split, _, stem = name.partition("/")
        lines.append(
            f'{{"type": "image", "file": "{stem}.png", "width": {WIDTH}, "height": {HEIGHT}, "split": "{split}", '
            f'"annotations": {{"boxes": [{boxes}]}}}}'
        )
    return "\n".join(lines) + "\n"


def write_as_ndjson(folder: Path, rows: Mapping[str, Sequence[Row]]) -> Path:
    write_images(folder, rows, "images/{}.png")
    write_text(folder / "set.ndjson", ndjson_text(rows))
    return folder


WRITERS: Mapping[str, Callable[[Path, Mapping[str, Sequence[Row]]], Path]] = {
    "yolo": write_as_yolo,
    "coco": write_as_coco,
    "csv": write_as_csv,
    "voc": write_as_voc,
    "ndjson": write_as_ndjson,
}


@dataclass(frozen=True)
class Opened:
    """A source that was read to its end."""

    source: Source
    images: list[SourceImage]
    problems: list[Problem]

    @property
    def codes(self) -> list[str]:
        return sorted(problem.code for problem in self.problems)

    def one(self, code: str) -> Problem:
        (found,) = [problem for problem in self.problems if problem.code == code]
        return found

    @property
    def boxes(self) -> dict[str, tuple[Box, ...]]:
        """Boxes by the name of the image file without its suffix."""
        return {image.path.stem: image.boxes for image in self.images}


def read(format: str, path: Path) -> Opened:
    """Read `path` to its end."""
    findings = Findings()
    source = READERS[format](path, read_image_size=read_image_size, findings=findings)
    images = list(source.images)
    return Opened(source, images, [*findings.problems, *(one for image in images for one in image.problems)])


def spoil(content: bytes, place: float, bit: int | None) -> bytes:
    """Return `content` cut off at `place` (0 to 1), or with a bit flipped there."""
    at = min(int(place * len(content)), len(content) - 1)
    if bit is None:
        return content[:at]
    return content[:at] + bytes([content[at] ^ (1 << bit)]) + content[at + 1 :]


SPOILS = st.tuples(st.floats(0, 1), st.none() | st.integers(0, 7))


def assert_nothing_lost(opened: Opened, rows: Mapping[str, Sequence[Row]]) -> None:
    """Every row is a box, or else something was said."""
    boxes = sum(len(image.boxes) for image in opened.images)
    wanted = sum(map(len, rows.values()))
    listed = {image.path.stem for image in opened.images}
    assert opened.problems or (wanted <= boxes and len(rows) <= len(listed))
