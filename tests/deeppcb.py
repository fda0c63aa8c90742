"""DeepPCB's own text format as a CSV that Headway reads. The set: github.com/tangsanli5201/DeepPCB."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

CLASSES = ("open", "short", "mousebite", "spur", "copper", "pin-hole")
"""Class ids in its label files count from 1: 0 is the background, which is not used."""
_LISTS = {"train": "trainval.txt", "test": "test.txt"}


def convert_deeppcb(folder: Path, out: Path) -> Path:
    """Copy the images with defects to `out`, write `out/boxes.csv`, and return `out`.

    A line of a list names `group/NAME/FILE.jpg`, which exists in no case, and `group/NAME_not/FILE.txt`, which does;
    the image is `group/NAME/FILE_test.jpg`. A label's line is `x1 y1 x2 y2 class`, corners in pixels.
    """
    out.mkdir(parents=True)
    with (out / "boxes.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["filename", "class", "xmin", "ymin", "xmax", "ymax", "split"])
        for split, name in _LISTS.items():
            for line in (folder / name).read_text(encoding="utf-8").splitlines():
                image, label = line.split()
                path = folder / f"{image.removesuffix('.jpg')}_test.jpg"
                shutil.copyfile(path, out / path.name)
                for row in (folder / label).read_text(encoding="utf-8").splitlines():
                    *corners, class_id = row.split()
                    writer.writerow([path.name, CLASSES[int(class_id) - 1], *corners, split])
    return out
