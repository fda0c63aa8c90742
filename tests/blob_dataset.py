"""A prepared data set of coloured blobs, for which `tests.blob_detector` is a fair but fallible detector."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from headway.contracts.canonical import sha256_file
from headway.contracts.dataset import SPLITS, Box, ImageRecord, PreparedDataset, Split, write_dataset
from tests.blob_detector import CLASSES

WIDTH, HEIGHT = 96, 64
_IN_TEST = CLASSES[:2]
"""The last class has no box in the test split."""


def make_blob_dataset(root: Path, *, images: int = 12, fresh: int = 0, seed: int = 0) -> PreparedDataset:
    """Write images with pale and strong blobs, some unlabelled, some images without any, in every split.

    The fresh images are drawn last: the others are the same with and without.
    """
    rng = np.random.default_rng(seed)
    counts: dict[Split, int] = {**dict.fromkeys(SPLITS, images), "fresh": fresh}
    records = tuple(_record(root, split, index, rng) for split, count in counts.items() for index in range(count))
    dataset = PreparedDataset(root, CLASSES, records)
    write_dataset(dataset)
    return dataset


def _record(root: Path, split: Split, index: int, rng: np.random.Generator) -> ImageRecord:
    pixels = rng.integers(80, 100, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    drawn = [] if index % 5 == 4 else [name for name in _names(split) if rng.random() < 0.8]
    boxes = []
    for name in drawn:
        box = _random_box(name, rng)
        pixels[int(box.y_min) : int(box.y_max), int(box.x_min) : int(box.x_max)] = 60
        pixels[int(box.y_min) : int(box.y_max), int(box.x_min) : int(box.x_max), CLASSES.index(name)] = rng.integers(
            100, 256
        )
        if rng.random() < 0.85:
            boxes.append(box)
    file = root / "images" / split / f"{index:03}.png"
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(file)
    return ImageRecord(
        image_id=f"{split}/{index:03}",
        file=file.relative_to(root).as_posix(),
        sha256=sha256_file(file),
        width=WIDTH,
        height=HEIGHT,
        split=split,
        boxes=tuple(boxes),
        source="blobs",
        group="first" if index % 2 else None,
    )


def _names(split: Split) -> tuple[str, ...]:
    return _IN_TEST if split == "test" else CLASSES


def _random_box(name: str, rng: np.random.Generator) -> Box:
    width, height = rng.integers(10, 40), rng.integers(10, 40)
    left, top = rng.integers(0, WIDTH - width), rng.integers(0, HEIGHT - height)
    return Box(name, float(left), float(top), float(left + width), float(top + height))
