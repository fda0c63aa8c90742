"""What makes a data set unfit for training, and what is merely worth telling. Pure: values in, findings out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from headway.contracts.dataset import SPLITS, Box, ImageRecord, Split
from headway.data.findings import Findings
from headway.data.source import Source, SourceImage

_NOISE_PX = 1e-3
_NOISE_SHARE = 2e-6
"""Corners this far outside are noise: of float arithmetic, or of the six decimals that most tools write."""

_PURPOSES: dict[Split, str] = {"train": "learnt", "val": "chosen by its score", "test": "scored"}


def check_ids(source: Source, findings: Findings) -> None:
    """Find an empty source, and images that share an id."""
    if not source.images:
        findings.faults.append("no image was found")
    counts = Counter(image.image_id for image in source.images)
    for image_id, count in sorted(counts.items()):
        if count > 1:
            paths = ", ".join(image.path.name for image in source.images if image.image_id == image_id)
            findings.faults.append(f"{count} images have the id {image_id!r}: {paths}; rename all but one")


def box_fault(box: Box, width: int, height: int) -> str | None:
    """Return what is wrong with a box on an image of this size, or None."""
    corners = f"({box.x_min:.10g}, {box.y_min:.10g}, {box.x_max:.10g}, {box.y_max:.10g})"
    outside_x, outside_y = max(-box.x_min, box.x_max - width), max(-box.y_min, box.y_max - height)
    if outside_x > _noise(width) or outside_y > _noise(height):
        return f"{box.class_name} box {corners} reaches out of the image ({width} x {height})"
    inside = clip_noise(box, width, height)
    if inside.x_max <= inside.x_min or inside.y_max <= inside.y_min:
        return f"{box.class_name} box {corners} has no area"
    return None


def clip_noise(box: Box, width: int, height: int) -> Box:
    """Return a box that reaches no further out than noise with its corners inside the image, exactly."""
    return replace(
        box,
        x_min=max(box.x_min, 0.0),
        y_min=max(box.y_min, 0.0),
        x_max=min(box.x_max, float(width)),
        y_max=min(box.y_max, float(height)),
    )


def keep_good_boxes(image: SourceImage, size: tuple[int, int], findings: Findings, *, drop: bool) -> tuple[Box, ...]:
    """Return the boxes that can be trained on; each other one is a fault, or with `drop` a problem."""
    kept = []
    for box, where in zip(image.boxes, image.box_places, strict=True):
        fault = box_fault(box, *size)
        if fault is None:
            kept.append(clip_noise(box, *size))
        elif drop:
            findings.problems.append(f"{where}: {fault}; dropped")
        else:
            findings.faults.append(f"{where}: {fault}")
    return tuple(kept)


def check_splits(records: Sequence[ImageRecord], classes: Sequence[str], findings: Findings) -> None:
    """Find splits without images, and classes that could not be learnt or scored."""
    by_split = {name: [record for record in records if record.split == name] for name in SPLITS}
    findings.faults += [f"{name} has no image" for name in SPLITS if not by_split[name]]
    boxes = {name: Counter(box.class_name for record in by_split[name] for box in record.boxes) for name in SPLITS}
    without_boxes = [name for name in SPLITS if by_split[name] and not boxes[name]]
    if without_boxes:
        findings.faults += [f"{name} has no box, so nothing can be {_PURPOSES[name]}" for name in without_boxes]
        return
    for class_name in classes:
        _check_class(class_name, {name: boxes[name][class_name] for name in SPLITS}, findings)


def _check_class(name: str, boxes: Mapping[Split, int], findings: Findings) -> None:
    elsewhere = [f"{boxes[split]} in {split}" for split in SPLITS if boxes[split]]
    absent = [split for split in SPLITS if not boxes[split]]
    if not elsewhere:
        findings.problems.append(f"class {name!r} has no box at all")
    elif "train" in absent:
        findings.faults.append(f"class {name!r} has no box in train, but {' and '.join(elsewhere)}")
    elif absent:
        findings.problems.append(f"class {name!r} has no box in {' and '.join(absent)}, so it is not scored there")


def _noise(side: int) -> float:
    return max(_NOISE_PX, _NOISE_SHARE * side)
