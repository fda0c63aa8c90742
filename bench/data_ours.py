"""Our side of the data measures, in a process of its own because the headway measured is the clone's.

usage: data_ours.py SIDE ARGUMENT ...; prints JSON
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from headway.contracts.params.prepare import GroupParams, PrepareParams
from headway.data.boxes import check_boxes
from headway.data.copies import group_images
from headway.data.examine import Records, examine
from headway.data.findings import Findings
from headway.data.readers.yolo import read_yolo
from headway.data.scan import Scanner
from headway.data.source import SourceImage
from headway.data.survey import Seen
from headway.integrations.imagehash import hash_image
from headway.integrations.pillow.inspection import make_inspector
from headway.integrations.pillow.reading import read_image_size
from headway.ports import InspectImage

Item = TypeVar("Item")
Count = dict[str, Any]

PAIR_EVERY = 50
"""Among the hashes to group, every so many have a near twin planted."""
_JPEG_END = b"\xff\xd9"


def read_labels(folder: str) -> Callable[[], Count]:
    """Prepare to read every label with our strict reader. One thread."""

    def read() -> Count:
        findings = Findings()
        source = read_yolo(Path(folder), read_image_size=read_image_size, findings=findings)
        boxes = [len(image.boxes) for image in source.images]
        return {"images": len(boxes), "boxes": sum(boxes), "problems": len(findings.problems)}

    return read


def check_labels(folder: str) -> Callable[[], Count]:
    """Prepare to read every label and check its boxes. One thread."""
    return lambda: _check(folder, look=lambda _path: None)


def scan_headers(folder: str) -> Callable[[], Count]:
    """Prepare to do what Ultralytics' scan does: as `check_labels`, and the end marker of every JPEG. One thread."""
    return lambda: _check(folder, look=_end_of)


def scan_pixels(folder: str) -> Callable[[], Count]:
    """Prepare to look at every image in full: SHA-256, decode, perceptual hash, quality. Two threads, no cache."""
    images = [SourceImage(path.stem, path) for path in sorted((Path(folder) / "images/train").iterdir())]
    inspect = _warm_inspector()

    def scan() -> Count:
        with Scanner(inspect, read_image_size, None) as scanner:
            sound = sum(facts.damage is None for _, facts in scanner.scan(images))
        return {"images": sound}

    return scan


def examine_dataset(data_yaml: str, cache: str = "") -> Callable[[], Count]:
    """Prepare what `headway data check` does: images, labels, boxes, copies, groups, splits, leaks, classes."""

    inspect = _warm_inspector()

    def look() -> Count:
        findings, file = Findings(), Path(cache) if cache else None
        with Scanner(inspect, read_image_size, file) as scanner:
            source = read_yolo(Path(data_yaml), read_image_size=scanner.size, findings=findings)
            found = examine(source, PrepareParams(), Records(None, {}), scanner, findings, silent)
        return {"images": len(found.seen), "files_read": scanner.read_count, "problems": findings.counts()}

    return look


def group_hashes(count: str) -> Callable[[], Count]:
    """Prepare to group images by random hashes, some with a twin that differs in at most `near_duplicate_bits`."""
    params, seen = GroupParams(), _random_hashes(int(count), GroupParams().near_duplicate_bits)

    def group() -> Count:
        groups = group_images(seen, params)
        twins = [one.image_id for one in seen if one.image_id.startswith("twin-")]
        together = sum(groups[twin] == groups[twin.removeprefix("twin-")] for twin in twins)
        return {"images": len(groups), "planted": len(twins), "found": together}

    return group


def silent(items: Iterable[Item], *, label: str, total: int | None = None) -> Iterable[Item]:  # noqa: ARG001
    """Show no progress."""
    return items


def peak_memory_mb() -> float:
    """Return the most memory that this process has held. Not from `getrusage`: that counts the parent's in."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024


def _warm_inspector() -> InspectImage:
    hash_image(np.zeros((32, 32), np.uint8))  # imports what the first hash needs
    return make_inspector(hash_image)


def _check(folder: str, look: Callable[[Path], object]) -> Count:
    """Read and check; each header is read once, as the scanner does."""
    findings, sizes = Findings(), dict[Path, tuple[int, int]]()

    def size_of(path: Path) -> tuple[int, int]:
        if path not in sizes:
            sizes[path] = read_image_size(path)
        return sizes[path]

    images = boxes = 0
    for image in read_yolo(Path(folder), read_image_size=size_of, findings=findings).images:
        look(image.path)
        findings.settle(image, [*image.problems, *check_boxes(image, *size_of(image.path))])
        images += 1
        boxes += len(image.boxes)
    return {"images": images, "boxes": boxes, "problems": len(findings.problems)}


def _end_of(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-len(_JPEG_END), os.SEEK_END)
        return file.read() == _JPEG_END


def _random_hashes(count: int, bits: int) -> list[Seen]:
    """Return `count` images; the planted twins are among them."""
    draw, seen = random.Random(0), list[Seen]()
    while len(seen) < count:
        perceptual = draw.getrandbits(64)
        seen.append(_seen(f"{len(seen):06}", perceptual, draw))
        if len(seen) % PAIR_EVERY == 1 and len(seen) < count:
            flipped = draw.sample(range(64), draw.randint(1, bits))
            twin = perceptual ^ sum(1 << bit for bit in flipped)
            seen.append(_seen(f"twin-{seen[-1].image_id}", twin, draw))
    return seen


def _seen(image_id: str, perceptual: int, draw: random.Random) -> Seen:
    sha256 = f"{draw.getrandbits(256):064x}"
    return Seen(image_id, f"{image_id}.jpg", sha256, perceptual, draw.getrandbits(64), "RGB", None, None, ())


SIDES: Mapping[str, Callable[..., Callable[[], Count]]] = {
    "read": read_labels,
    "check": check_labels,
    "header": scan_headers,
    "pixels": scan_pixels,
    "examine": examine_dataset,
    "group": group_hashes,
}


def main(side: str, *arguments: str) -> None:
    """Take the time of one side, imports left out, and tell what it did and how much memory the process took."""
    work = SIDES[side](*arguments)
    started = time.perf_counter()
    count = work()
    print(json.dumps({"seconds": time.perf_counter() - started, "peak_mb": peak_memory_mb(), **count}))


if __name__ == "__main__":
    main(*sys.argv[1:])
