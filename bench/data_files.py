"""Data sets of any size to measure with: small JPEGs that all differ, ten boxes each, in Ultralytics' layout."""

from __future__ import annotations

import io
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
import yaml
from numpy.typing import NDArray
from PIL import Image

CLASSES = tuple(f"kind-{number}" for number in range(10))
BOXES = 10
"""Boxes an image."""
PROCESSES = 2

_GRID = (9, 12, 3)
"""Coarse colours that an image grows from: fine enough that no two images look alike to a perceptual hash."""
_NOISE = 32
"""Grey levels; what is left of it after compression makes files as large as photos."""
_SHIFT = 100
_CHUNK = 500


def write_dataset(root: Path, folders: Iterable[str], count: int, size: tuple[int, int], *, first: int = 0) -> None:
    """Write `count` images of `size` (width, height) into each folder below `root`/images, and their labels.

    Images are numbered from `first` on; equal numbers give equal files.
    """
    for number, folder in enumerate(folders):
        start = first + number * count
        for kind in ("images", "labels"):
            (root / kind / folder).mkdir(parents=True, exist_ok=True)
        with ProcessPoolExecutor(PROCESSES) as pool:
            list(pool.map(partial(_write_image, root, folder, size), range(start, start + count), chunksize=_CHUNK))


def write_data_yaml(file: Path, folders: Iterable[str]) -> None:
    """Describe these folders as the train split."""
    facts = {"train": [f"images/{folder}" for folder in folders], "val": None, "names": list(CLASSES)}
    file.write_text(yaml.safe_dump(facts, sort_keys=False))


def draw_image(number: int, size: tuple[int, int]) -> bytes:
    """Return a JPEG: patches of random colours with sharp edges, and noise as a camera has it."""
    random = np.random.default_rng(number)
    coarse = Image.fromarray(random.integers(0, 256 - _NOISE, _GRID, dtype=np.uint8))
    patches = np.asarray(coarse.resize(size, Image.Resampling.NEAREST))
    x, y = random.integers(0, _SHIFT, 2)
    picture = Image.fromarray(patches + _draw_noise(size)[y : y + size[1], x : x + size[0]])
    target = io.BytesIO()
    picture.save(target, "JPEG", quality=85)
    return target.getvalue()


def draw_labels(number: int) -> str:
    """Return the label rows of an image, with six decimals as most tools write them."""
    random = np.random.default_rng(number)
    classes = random.integers(0, len(CLASSES), BOXES)
    sides = random.uniform(0.1, 0.4, (BOXES, 2))
    centres = sides / 2 + random.uniform(0.0, 1.0, (BOXES, 2)) * (1.0 - sides)
    rows = zip(classes, centres, sides, strict=True)
    return "".join(f"{kind} {x:.6f} {y:.6f} {width:.6f} {height:.6f}\n" for kind, (x, y), (width, height) in rows)


def _write_image(root: Path, folder: str, size: tuple[int, int], number: int) -> None:
    (root / "images" / folder / f"{number:06}.jpg").write_bytes(draw_image(number, size))
    (root / "labels" / folder / f"{number:06}.txt").write_text(draw_labels(number))


@lru_cache
def _draw_noise(size: tuple[int, int]) -> NDArray[np.uint8]:
    """Return noise somewhat larger than an image, for each to take another part of."""
    width, height = size
    return np.random.default_rng(0).integers(0, _NOISE, (height + _SHIFT, width + _SHIFT, 3), dtype=np.uint8)
