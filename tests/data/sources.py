"""Small data sets on disk, real files in each format."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from PIL import Image

from headway.ports import Item

SIZE = (64, 48)


def quiet(items: Iterable[Item], *, label: str, total: int | None = None) -> Iterable[Item]:
    """A `Progress` that shows nothing."""
    return items


def write_image(path: Path, seed: int = 0, size: tuple[int, int] = SIZE) -> Path:
    """Write noise, different for each seed, in the format of the suffix."""
    path.parent.mkdir(parents=True, exist_ok=True)
    width, height = size
    Image.fromarray(np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)).save(path)
    return path


def write_text(path: Path, content: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    return path


def write_yolo(folder: Path, rows: Mapping[str, str], names: Sequence[str] = ("cup", "jar"), **data: Any) -> Path:
    """Write `folder/data.yaml` and, for each "split/stem", an image and its label file of these rows."""
    for seed, (name, text) in enumerate(sorted(rows.items())):
        split, _, stem = name.partition("/")
        write_image(folder / "images" / split / f"{stem}.png", seed)
        write_text(folder / "labels" / split / f"{stem}.txt", text)
    splits = {split: f"images/{split}" for split in sorted({name.partition("/")[0] for name in rows})}
    write_text(folder / "data.yaml", yaml.safe_dump({**splits, "names": list(names), **data}))
    return folder


def voc_object(name: str, x_min: object, y_min: object, x_max: object, y_max: object) -> str:
    corners = f"<xmin>{x_min}</xmin><ymin>{y_min}</ymin><xmax>{x_max}</xmax><ymax>{y_max}</ymax>"
    return f"<object><name>{name}</name><bndbox>{corners}</bndbox></object>"


def write_voc(folder: Path, objects: Mapping[str, str], splits: Mapping[str, Sequence[str]] | None = None) -> Path:
    """Write an image and an annotation for each stem, and the split lists."""
    (folder / "Annotations").mkdir(parents=True)
    for seed, (stem, text) in enumerate(sorted(objects.items())):
        write_image(folder / "JPEGImages" / f"{stem}.png", seed)
        size = f"<size><width>{SIZE[0]}</width><height>{SIZE[1]}</height></size>"
        annotation = f"<annotation>\n<filename>{stem}.png</filename>\n{size}\n{text}\n</annotation>\n"
        write_text(folder / "Annotations" / f"{stem}.xml", annotation)
    for name, stems in (splits or {}).items():
        write_text(folder / "ImageSets/Main" / f"{name}.txt", "".join(f"{stem}\n" for stem in stems))
    return folder
