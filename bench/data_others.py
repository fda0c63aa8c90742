"""The other side of the data measures: globox, datumaro, Ultralytics' scan, a bare decode. Started by data.py.

usage: data_others.py SIDE FOLDER, with the Python that has the library; prints JSON
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping
from itertools import repeat
from multiprocessing.pool import ThreadPool
from pathlib import Path

Count = dict[str, int]


def read_with_globox(folder: Path) -> Callable[[], Count]:
    """Prepare to read every label file, with the image sizes that boxes in pixels need. Its own pool of threads."""
    from globox import AnnotationSet

    def read() -> Count:
        found = AnnotationSet.from_yolo_v5(folder / "labels/train", image_folder=folder / "images/train")
        return {"images": len(found), "boxes": sum(len(image.boxes) for image in found)}

    return read


def check_with_datumaro(folder: Path) -> Callable[[], Count]:
    """Prepare to import the set and to validate its boxes. One thread."""
    from datumaro import Dataset
    from datumaro.plugins.validators import DetectionValidator

    def check() -> Count:
        dataset, validator = Dataset.import_from(str(folder), "yolo"), DetectionValidator()
        reports = validator.generate_reports(validator.compute_statistics(dataset))
        boxes = sum(len(item.annotations) for item in dataset)
        return {"images": len(dataset), "boxes": boxes, "reports": len(reports)}

    return check


def scan_with_ultralytics(folder: Path) -> Callable[[], Count]:
    """Prepare Ultralytics' check of every image and label, without its cache. One thread, as it takes on two cores."""
    from ultralytics.data.utils import img2label_paths, verify_image_label

    def scan() -> Count:
        images = sorted(str(path) for path in (folder / "images/train").iterdir())
        arguments = zip(
            images, img2label_paths(images), repeat(""), repeat(False), repeat(10), repeat(0), repeat(0), repeat(False)
        )
        with ThreadPool(1) as pool:
            found = list(pool.imap(verify_image_label, arguments))
        return {"images": sum(row[2] is not None for row in found), "boxes": sum(len(row[1]) for row in found)}

    return scan


def decode_with_pillow(folder: Path) -> Callable[[], Count]:
    """Prepare to decode every image to RGB, and no more. Two threads."""
    from PIL import Image

    def decode(path: Path) -> bool:
        with Image.open(path) as image:
            image.load()
            return image.mode == "RGB"

    def decode_all() -> Count:
        with ThreadPool(2) as pool:
            return {"images": sum(pool.imap(decode, sorted((folder / "images/train").iterdir())))}

    return decode_all


SIDES: Mapping[str, Callable[[Path], Callable[[], Count]]] = {
    "globox": read_with_globox,
    "datumaro": check_with_datumaro,
    "ultralytics": scan_with_ultralytics,
    "pillow": decode_with_pillow,
}


def main(side: str, folder: str) -> None:
    """Take the time of one side, imports left out, and tell what it read."""
    work = SIDES[side](Path(folder).resolve())
    started = time.perf_counter()
    count = work()
    print(json.dumps({"seconds": time.perf_counter() - started, **count}))


if __name__ == "__main__":
    main(*sys.argv[1:])
