"""The two models of a comparison: what each found in every test image, rebuilt from the evidence of its scoring."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headway.contracts.canonical import sha256_of
from headway.contracts.dataset import ImageRecord, PreparedDataset
from headway.contracts.evidence import DETECTIONS, GROUND_TRUTH, IMAGES
from headway.detection.detections import Detections
from headway.detection.matching import Labels
from headway.errors import InputError
from headway.evaluation.predict import predict
from headway.ports import ImageReader, Progress, Runtime, TableStore

_CORNERS = ("x_min", "y_min", "x_max", "y_max")
Columns = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class ScoredImage:
    """One test image.

    Attributes:
        group: capture session or scene; empty where unknown.
        labels: its true objects.
        found: what the model found in it.
    """

    image_id: str
    sha256: str
    group: str
    labels: Labels
    found: Detections


@dataclass(frozen=True)
class Scoring:
    """What one run of the evaluate stage left: one model before one test set.

    Attributes:
        model_sha256: of the ONNX file.
        dataset_digest: of the whole data set.
        classes: the model's classes; labels and detections speak of their positions.
        match_iou: overlap from which a detection counts as found.
        images: by image id.
    """

    model_sha256: str
    dataset_digest: str
    classes: tuple[str, ...]
    match_iou: float
    images: tuple[ScoredImage, ...]

    @property
    def test_set_digest(self) -> str:
        """SHA-256 over image hashes and labels, classes by name: equal also when images or classes were renumbered."""
        return sha256_of(sorted([image.sha256, _label_rows(image.labels, self.classes)] for image in self.images))


def read_scoring(folder: Path, store: TableStore) -> Scoring:
    """Rebuild a scoring from its evidence (see `contracts.evidence`).

    Raises:
        InputError: a table is missing or is not as the evaluate stage writes it.
    """
    metadata = store.read_metadata(folder / IMAGES)
    tables = {name: store.read(folder / name) for name in (IMAGES, GROUND_TRUTH, DETECTIONS)}
    try:
        classes = tuple(json.loads(metadata["classes"]))
        labels, found = (_by_image(tables[name], len(classes)) for name in (GROUND_TRUTH, DETECTIONS))
        columns = (tables[IMAGES][name].tolist() for name in ("image_id", "sha256", "group"))
        images = tuple(
            ScoredImage(
                image_id,
                sha256,
                group,
                _labels(tables[GROUND_TRUTH], labels.get(image_id, slice(0))),
                _detections(tables[DETECTIONS], found.get(image_id, slice(0))),
            )
            for image_id, sha256, group in zip(*columns, strict=True)
        )
        match_iou = float(metadata["match_iou"])
        return Scoring(metadata["model_sha256"], metadata["dataset_digest"], classes, match_iou, images)
    except (KeyError, ValueError, TypeError) as error:
        raise InputError(
            f"{folder} is no evidence of an evaluate stage: {error!r}", hint="run: dvc repro --force evaluate"
        ) from error


def find_again(champion: Scoring, images: Sequence[ScoredImage], classes: Sequence[str]) -> list[Detections] | None:
    """Return what the champion found in each of `images`, in the class ids of `classes`.

    A model finds the same in the same bytes, whatever the labels say; None if it has not seen all of these bytes.
    """
    seen = {image.sha256: image.found for image in champion.images}
    if any(image.sha256 not in seen for image in images):
        return None
    translate = translation(champion.classes, classes)
    return [translate(seen[image.sha256]) for image in images]


def score_again(
    runtime: Runtime,
    dataset: PreparedDataset,
    images: Sequence[ScoredImage],
    classes: Sequence[str],
    *,
    batch: int,
    read_image: ImageReader,
    progress: Progress,
) -> list[Detections]:
    """Let a model whose classes may be others look at each of `images`; return detections in the ids of `classes`.

    Args:
        runtime: the model.
        dataset: where the images lie.
        images: the test images.
        classes: the class list that the labels speak of.
        batch: images per inference call.
        read_image: decodes image files.
        progress: shows how far it is.

    Raises:
        InputError: the data set's test split is another, or an image cannot be read.
    """
    records = _records(dataset, images)
    found = predict(
        runtime,
        records,
        lambda record: read_image(dataset.image_path(record)),
        batch=batch,
        progress=progress,
        label="champion on the test images",
    )
    translate = translation(runtime.classes, classes)
    return [translate(detections) for detections in found]


def translation(known: Sequence[str], wanted: Sequence[str]) -> Callable[[Detections], Detections]:
    """Return a function from detections in the ids of `known` to those in the ids of `wanted`, by class name.

    Detections of classes that `wanted` lacks are dropped.
    """
    position = {name: class_id for class_id, name in enumerate(wanted)}
    new_ids = np.array([position.get(name, -1) for name in known], dtype=np.int64)

    def translate(found: Detections) -> Detections:
        class_ids = new_ids[found.class_ids]
        kept = class_ids >= 0
        return Detections(found.boxes[kept], found.scores[kept], class_ids[kept])

    return translate


def group_ids(images: Sequence[ScoredImage]) -> NDArray[np.int64] | None:
    """Return the group of each image as a number, images without one each for itself; None where none has any."""
    if not any(image.group for image in images):
        return None
    names = [(image.group, "" if image.group else image.image_id) for image in images]
    numbers = {name: number for number, name in enumerate(dict.fromkeys(names))}
    return np.array([numbers[name] for name in names], dtype=np.int64)


def _records(dataset: PreparedDataset, images: Sequence[ScoredImage]) -> list[ImageRecord]:
    by_bytes = {record.sha256: record for record in dataset.split("test")}
    if any(image.sha256 not in by_bytes for image in images):
        raise InputError(
            f"{dataset.root} does not hold the test images that the candidate was scored on",
            hint="run: dvc checkout; or score again: dvc repro",
        )
    return [by_bytes[image.sha256] for image in images]


def _by_image(table: Columns, class_count: int) -> dict[str, slice]:
    """Return image id -> its rows, which lie together."""
    if not np.isin(table["class_id"], np.arange(class_count)).all():
        raise ValueError("a row is of no class")
    ids = table["image_id"]
    starts = np.flatnonzero(np.append(True, ids[1:] != ids[:-1])[: len(ids)]).tolist()
    rows = {ids[start]: slice(start, end) for start, end in zip(starts, [*starts[1:], len(ids)], strict=True)}
    if len(rows) != len(starts):
        raise ValueError("an image's rows do not lie together")
    return rows


def _labels(table: Columns, rows: slice) -> Labels:
    return Labels(_boxes(table, rows, np.float64), table["class_id"][rows].astype(np.int64))


def _detections(table: Columns, rows: slice) -> Detections:
    scores, class_ids = table["score"][rows].astype(np.float32), table["class_id"][rows].astype(np.int64)
    return Detections(_boxes(table, rows, np.float32), scores, class_ids)


def _boxes(table: Columns, rows: slice, dtype: type[np.floating[Any]]) -> NDArray[Any]:
    return np.stack([table[name][rows] for name in _CORNERS], axis=1).astype(dtype)


def _label_rows(labels: Labels, classes: Sequence[str]) -> list[list[Any]]:
    names = [classes[class_id] for class_id in labels.class_ids.tolist()]
    return sorted([name, *corners] for name, corners in zip(names, labels.boxes.tolist(), strict=True))
