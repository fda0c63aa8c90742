"""A tiny prepared data set: bright rectangles of two classes on noise, learnable in seconds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from headway.contracts.canonical import sha256_file
from headway.contracts.dataset import (
    ALL_SPLITS,
    Box,
    ImageRecord,
    PreparedDataset,
    Split,
    sorted_records,
    write_dataset,
)

CLASSES = ("square", "bar")


def make_blobs(
    root: Path, *, train: int = 16, val: int = 8, test: int = 8, fresh: int = 0, size: int = 64, seed: int = 0
) -> PreparedDataset:
    """Write a prepared data set of `size` x `size` images under `root` and return it."""
    counts: dict[Split, int] = {"train": train, "val": val, "test": test, "fresh": fresh}
    records = [_make_image(root, split, index, size, seed) for split, count in counts.items() for index in range(count)]
    dataset = PreparedDataset(root, CLASSES, sorted_records(records))
    write_dataset(dataset)
    (root / "data.yaml").write_text("names: [square, bar]\n")
    return dataset


def _make_image(root: Path, split: Split, index: int, size: int, seed: int) -> ImageRecord:
    rng = np.random.default_rng([seed, ALL_SPLITS.index(split), index])
    pixels = rng.integers(0, 60, (size, size, 3), dtype=np.uint8)
    boxes = []
    for class_id, (width, height) in enumerate([(size // 4, size // 4), (size // 2, size // 8)]):
        left = int(rng.integers(0, size - width))
        top = int(rng.integers(0, size // 2 - height)) + class_id * size // 2
        pixels[top : top + height, left : left + width] = (230, 40, 40) if class_id == 0 else (40, 230, 40)
        boxes.append(Box(CLASSES[class_id], left, top, left + width, top + height))
    file = f"images/{split}/{index:04}.png"
    path = root / file
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return ImageRecord(f"{split}/{index:04}", file, sha256_file(path), size, size, split, tuple(boxes), "blobs")
