"""Labels that a model disagrees with, on images that it was not trained on. For review: nothing is ever changed by it.

The rule is the plain one: a confident detection where no box is, or on a box of another class, and a box that no
detection supports, however weak.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headway.contracts.dataset import Box
from headway.contracts.evidence import DETECTIONS, IMAGES
from headway.contracts.problem import Problem
from headway.data.source import SourceImage
from headway.detection.detections import Detections
from headway.detection.geometry import iou_matrix
from headway.errors import InputError
from headway.ports import TableStore

MIN_SCORE = 0.7
"""A detection of at least this score is confident."""
TOUCHING_IOU = 0.3
"""Detection and label that overlap less are about different things."""
SAME_IOU = 0.7
"""Detection and label that overlap so much are about the same thing."""

_NO_ROWS = np.empty(0, dtype=np.int64)


@dataclass(frozen=True)
class Suspect:
    """A label to look at.

    Attributes:
        problem: says which label of which image; `box` is None where a label seems to be missing.
        score: of the detection that disagrees; 0 where there is none.
        detected: that detection; None where there is none.
    """

    problem: Problem
    score: float
    detected: Box | None


@dataclass(frozen=True)
class Predictions:
    """What a model detected in images that it was not trained on.

    Attributes:
        classes: the model's class names by id.
        found: every detection above the model's score floor, by image id.
    """

    classes: tuple[str, ...]
    found: Mapping[str, Detections]


def read_predictions(folder: Path, store: TableStore) -> Predictions:
    """Read the evidence that the evaluate stage wrote.

    Raises:
        InputError: the folder holds no such tables.
    """
    try:
        classes = tuple(json.loads(store.read_metadata(folder / DETECTIONS)["classes"]))
        image_ids = store.read(folder / IMAGES)["image_id"].tolist()
        table = store.read(folder / DETECTIONS)
        corners = np.stack([table[name] for name in ("x_min", "y_min", "x_max", "y_max")], axis=1)
        rows = dict.fromkeys(image_ids, _NO_ROWS) | _rows_by_image(table["image_id"])
        found = {
            image_id: Detections(corners[at], table["score"][at], table["class_id"][at].astype(np.int64))
            for image_id, at in rows.items()
        }
    except (KeyError, ValueError) as error:
        raise InputError(f"{folder} holds no evidence of a scoring: {error}", hint="run: dvc repro evaluate") from error
    return Predictions(classes, found)


def join_predictions(parts: Sequence[Predictions]) -> Predictions:
    """Return the predictions of several models, each for images that it was not trained on; of an image the last count.

    Raises:
        InputError: they number their classes differently.
    """
    if len({part.classes for part in parts}) != 1:
        raise InputError("the predictions are of models with different classes", hint="name evidence of one data set")
    found = {image_id: detections for part in parts for image_id, detections in part.found.items()}
    return Predictions(parts[0].classes, found)


def _rows_by_image(image_ids: NDArray[Any]) -> dict[str, NDArray[np.int64]]:
    rows: dict[str, list[int]] = {}
    for row, image_id in enumerate(image_ids.tolist()):
        rows.setdefault(image_id, []).append(row)
    return {image_id: np.array(at, dtype=np.int64) for image_id, at in rows.items()}


def find_suspects(
    images: Iterable[SourceImage], predictions: Predictions, *, min_score: float = MIN_SCORE
) -> list[Suspect]:
    """Return what the model disagrees with, the surest first.

    Args:
        images: images and their labels as they are now; those without predictions are passed over.
        predictions: what the model detected.
        min_score: score from which a detection counts as confident.
    """
    suspects = [
        suspect
        for image in images
        if image.image_id in predictions.found
        for suspect in _suspects_of(image, predictions, min_score)
    ]
    return sorted(suspects, key=lambda one: (-one.score, one.problem.file, one.problem.line or 0, one.problem.message))


def _suspects_of(image: SourceImage, predictions: Predictions, min_score: float) -> Iterator[Suspect]:
    found, classes = predictions.found[image.image_id], predictions.classes
    corners = [(box.x_min, box.y_min, box.x_max, box.y_max) for box in image.boxes]
    labels = np.array(corners, dtype=np.float64).reshape(-1, 4)
    overlaps = iou_matrix(found.boxes, labels)
    for index in np.flatnonzero(found.scores >= min_score):
        detected = Box(classes[found.class_ids[index]], *(float(side) for side in found.boxes[index]))
        score = float(found.scores[index])
        said = f"a {detected.class_name} is detected with score {score:.2f} at {_corners(detected)}"
        near = overlaps[index]
        if not (near >= TOUCHING_IOU).any():
            problem = Problem("suspect-missing", f"{said}, where no box is", _file(image), image_id=image.image_id)
            yield Suspect(problem, score, detected)
        elif (label := _other_class(image, near, detected.class_name)) is not None:
            message = f"{said}, on a {image.boxes[label].class_name} box"
            yield Suspect(_about(image, label, "suspect-class", message), score, detected)
    for label, box in enumerate(image.boxes):
        has_area = box.x_max > box.x_min and box.y_max > box.y_min
        if has_area and not (overlaps[:, label] >= TOUCHING_IOU).any():
            message = f"nothing is detected on the {box.class_name} box {_corners(box)}"
            yield Suspect(_about(image, label, "suspect-box", message), 0.0, None)


def _other_class(image: SourceImage, near: NDArray[np.float64], class_name: str) -> int | None:
    """Return the label that a detection lies upon, if no label there has its class."""
    same: list[int] = np.flatnonzero(near >= SAME_IOU).tolist()
    if not same or any(image.boxes[label].class_name == class_name for label in same):
        return None
    return max(same, key=lambda label: float(near[label]))


def _about(image: SourceImage, label: int, code: str, message: str) -> Problem:
    line = image.lines[label] or None
    return Problem(code, message, _file(image), line, image_id=image.image_id, box=label)


def _file(image: SourceImage) -> str:
    return image.labels or image.path.name


def _corners(box: Box) -> str:
    return f"({box.x_min:.4g}, {box.y_min:.4g}, {box.x_max:.4g}, {box.y_max:.4g})"
