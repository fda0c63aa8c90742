"""Nothing that looks at data or trains on it changes a folder that DVC tracks."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.data.sources import write_text
from tests.pipeline.conftest import Project

SPLITS = {"train": 12, "val": 4, "test": 4}


def write_jpegs(folder: Path) -> None:
    """Write a YOLO set of JPEGs that Ultralytics would write anew, for they do not end in their end marker."""
    for split, count in SPLITS.items():
        for number in range(count):
            pixels = np.random.default_rng([number, len(split)]).integers(0, 256, (48, 64, 3), dtype=np.uint8)
            image = folder / f"images/{split}/{number}.jpg"
            image.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels).save(image)
            image.write_bytes(image.read_bytes() + b"xx")
            write_text(folder / f"labels/{split}/{number}.txt", "0 0.5 0.5 0.25 0.5\n1 0.3 0.4 0.2 0.2\n")
    splits = "".join(f"{split}: images/{split}\n" for split in SPLITS)
    write_text(folder / "data.yaml", f"{splits}names: [cup, jar]\n")


def digests(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.mark.slow
def test_import_check_split_and_training_leave_tracked_folders_as_they_were(project: Project) -> None:
    raw = project.root / "data/raw"
    write_jpegs(raw)
    project.run("dvc", "add", "--quiet", "data/raw")
    project.commit("Data")
    before = digests(raw)

    project.run("headway", "data", "import", "data/raw")
    project.set_params(
        prepare={"source": "data/raw", "classes": "data/raw.classes.yaml", "ledger": "data/raw.splits.csv"},
        train={"epochs": 1, "imgsz": 64, "close_mosaic": 0},
    )
    checked = project.run("headway", "data", "check", "--out", "checked")
    project.run("headway", "data", "split")
    project.run("dvc", "repro", "prepare")
    prepared = digests(project.root / "data/prepared")
    project.run("dvc", "repro", "train")

    assert "image-trailing-bytes" in checked.stdout
    assert before == digests(raw)
    assert prepared == digests(project.root / "data/prepared")
    assert "up to date" in project.run("dvc", "status", "data/raw.dvc", "prepare").stdout
