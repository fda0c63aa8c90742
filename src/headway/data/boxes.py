"""What is wrong with the boxes of one image. Pure: values in, problems out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from headway.contracts.dataset import Box
from headway.contracts.problem import Problem
from headway.data.source import SourceImage

TINY_PX2 = 16.0
"""Boxes of less area are tiny: 4 x 4 pixels are below what a detector's finest grid can tell apart."""
SAME_IOU = 0.95
"""Boxes that overlap so much mark one object: two people who label it anew agree less well."""

_NOISE_PX = 1e-3
_NOISE_SHARE = 2e-6
"""Corners this far outside are noise: of float arithmetic, or of the six decimals that most tools write."""


def check_boxes(image: SourceImage, width: int, height: int) -> list[Problem]:
    """Return what is wrong with the boxes of an image of this size, in the order of the boxes.

    Of two boxes that are equal or nearly so the later one is named, so that dropping it leaves one.
    """
    inside = [cut(box, width, height) for box in image.boxes]
    problems, sound = [], []
    for index, box in enumerate(image.boxes):
        fault = _fault(box, inside[index], width, height)
        if fault is not None:
            problems.append(_problem(image, index, *fault))
        if _has_area(inside[index]):
            sound.append(index)
    if len(sound) > 1:
        problems += _check_pairs(image, inside, sound)
    return sorted(problems, key=lambda problem: problem.box or 0)


def cut(box: Box, width: int, height: int) -> Box:
    """Return a box cut at the border of its image; one that lies inside is returned as it is."""
    if box.x_min >= 0 and box.y_min >= 0 and box.x_max <= width and box.y_max <= height:
        return box
    return replace(
        box,
        x_min=min(max(box.x_min, 0.0), float(width)),
        y_min=min(max(box.y_min, 0.0), float(height)),
        x_max=min(max(box.x_max, 0.0), float(width)),
        y_max=min(max(box.y_max, 0.0), float(height)),
    )


def _fault(box: Box, inside: Box, width: int, height: int) -> tuple[str, str] | None:
    """Return code and message of what is wrong with a box by itself."""
    if not _has_area(box):
        return "box-no-area", f"{_named(box)} has no area"
    if not _has_area(inside):
        return "box-off-image", f"{_named(box)} lies wholly outside the image ({width} x {height})"
    outside_x, outside_y = max(-box.x_min, box.x_max - width), max(-box.y_min, box.y_max - height)
    if outside_x > _noise(width) or outside_y > _noise(height):
        return "box-outside", f"{_named(box)} reaches out of the image ({width} x {height})"
    if _area(inside) < TINY_PX2:
        return "box-tiny", f"{_named(box)} has only {_area(inside):.3g} square pixels"
    return None


def _check_pairs(image: SourceImage, boxes: Sequence[Box], sound: Sequence[int]) -> Iterator[Problem]:
    firsts: dict[Box, int] = {}
    for index in sound:
        first = firsts.setdefault(boxes[index], index)
        if first != index:
            message = f"{_named(image.boxes[index])} repeats {_place(image, first)}"
            yield _problem(image, index, "box-duplicate", message)
    told = set()
    for earlier, later in _same_pairs(boxes, list(firsts.values())):
        same_class = boxes[earlier].class_name == boxes[later].class_name
        code = "box-near-duplicate" if same_class else "box-two-classes"
        if (later, code) in told:
            continue
        told.add((later, code))
        other = f"{boxes[earlier].class_name} of {_place(image, earlier)}"
        verb = "nearly equals" if same_class else "lies upon"
        yield _problem(image, later, code, f"{_named(image.boxes[later])} {verb} the {other}")


def _same_pairs(boxes: Sequence[Box], indices: Sequence[int]) -> list[tuple[int, int]]:
    """Return the pairs of indices, the smaller first, whose boxes have an IoU of at least SAME_IOU; sorted."""
    by_left = sorted(indices, key=lambda index: boxes[index].x_min)
    pairs = []
    for position, first in enumerate(by_left):
        # A box that begins further right shares too little of the width that both span. 1.01: rounding.
        width = boxes[first].x_max - boxes[first].x_min
        furthest = boxes[first].x_min + 1.01 * width * (1 - SAME_IOU) / SAME_IOU
        for second in by_left[position + 1 :]:
            if boxes[second].x_min > furthest:
                break
            if iou(boxes[first], boxes[second]) >= SAME_IOU:
                pairs.append((min(first, second), max(first, second)))
    return sorted(pairs)


def iou(first: Box, second: Box) -> float:
    """Return the intersection over union of two boxes; `geometry.iou_matrix` for a pair, without its arrays."""
    shared_x = min(first.x_max, second.x_max) - max(first.x_min, second.x_min)
    shared_y = min(first.y_max, second.y_max) - max(first.y_min, second.y_min)
    if shared_x <= 0 or shared_y <= 0:
        return 0.0
    shared = shared_x * shared_y
    return shared / (_area(first) + _area(second) - shared)


def _has_area(box: Box) -> bool:
    return box.x_max > box.x_min and box.y_max > box.y_min


def _area(box: Box) -> float:
    return (box.x_max - box.x_min) * (box.y_max - box.y_min)


def _noise(side: int) -> float:
    return max(_NOISE_PX, _NOISE_SHARE * side)


def _named(box: Box) -> str:
    return f"{box.class_name} box ({box.x_min:.10g}, {box.y_min:.10g}, {box.x_max:.10g}, {box.y_max:.10g})"


def _place(image: SourceImage, index: int) -> str:
    return f"line {image.lines[index]}" if image.lines[index] else f"box {index + 1}"


def _problem(image: SourceImage, index: int, code: str, message: str) -> Problem:
    return Problem(code, message, image.labels or "", image.lines[index] or None, image_id=image.image_id, box=index)
