from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from headway.contracts.dataset import Box, ImageRecord, PreparedDataset
from headway.detection.average_precision import average_precision, mean_average_precision, rank
from headway.detection.detections import Detections
from headway.detection.matching import labels_of
from headway.evaluation.score import coco_detections, coco_ground_truth, score
from headway.integrations.faster_coco_eval import FasterCocoEval
from tests.coco_reference import reference_curves
from tests.detection.scenes import random_scene

CLASSES = ("cup", "bowl", "plate", "never")
SIDE = 400


def random_dataset(
    seed: int, *, images: int = 30, labels: int = 8, strays: int = 6
) -> tuple[PreparedDataset, list[Detections]]:
    """Boxes of every COCO size in three of four classes, and what a fair detector found."""
    rng = np.random.default_rng(seed)
    records, found = [], []
    for index in range(images):
        detections, truth = random_scene(rng, classes=3, labels=labels, strays=strays, side=SIDE)
        boxes = tuple(Box(CLASSES[kind], *box) for kind, box in zip(truth.class_ids, truth.boxes.tolist(), strict=True))
        records.append(ImageRecord(f"{index:03}", f"{index}.png", "", SIDE, SIDE, "test", boxes, "random"))
        found.append(detections)
    return PreparedDataset(Path("nowhere"), CLASSES, tuple(records)), found


def nothing() -> Detections:
    return Detections(np.empty((0, 4), np.float32), np.empty(0, np.float32), np.empty(0, np.int64))


@pytest.mark.parametrize(("seed", "labels", "strays"), [(0, 8, 6), (1, 3, 2), (2, 1, 0), (3, 60, 400)])
def test_every_number_is_that_of_pycocotools(seed: int, labels: int, strays: int) -> None:
    dataset, found = random_dataset(seed, images=12, labels=labels, strays=strays)
    precision, recall = reference_curves(coco_ground_truth(dataset, dataset.records), coco_detections(found))
    expected = {
        "map50_95": np.nanmean(precision[..., 0]),
        "map50": np.nanmean(precision[0, ..., 0]),
        "map75": np.nanmean(precision[5, ..., 0]),
        "map_small": _mean(precision[..., 1]),
        "map_medium": _mean(precision[..., 2]),
        "map_large": _mean(precision[..., 3]),
        "recall_100": np.nanmean(recall[..., 0]),
    }
    quality = score(dataset, dataset.records, found, FasterCocoEval()).quality
    assert expected == pytest.approx({name: getattr(quality, name) for name in expected}, abs=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_every_class_is_scored_as_by_pycocotools(seed: int) -> None:
    dataset, found = random_dataset(seed)
    precision, _ = reference_curves(coco_ground_truth(dataset, dataset.records), coco_detections(found))
    expected = [_mean(precision[:, :, class_id, 0]) for class_id in range(len(CLASSES))]
    per_class = score(dataset, dataset.records, found, FasterCocoEval()).per_class
    assert expected == pytest.approx([entry.map50_95 for entry in per_class], abs=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_our_own_average_precision_agrees(seed: int) -> None:
    dataset, found = random_dataset(seed)
    labels = [labels_of(dataset, record) for record in dataset.records]
    expected = mean_average_precision(average_precision(rank(found, labels, len(CLASSES))))
    quality = score(dataset, dataset.records, found, FasterCocoEval()).quality
    assert expected == pytest.approx(quality.map50_95, abs=1e-6)


def test_a_class_without_boxes_has_no_score() -> None:
    dataset, found = random_dataset(0)
    never = score(dataset, dataset.records, found, FasterCocoEval()).per_class[CLASSES.index("never")]
    assert (None, None) == (never.map50_95, never.map50)


def test_finding_nothing_scores_zero() -> None:
    dataset, found = random_dataset(0)
    quality = score(dataset, dataset.records, [nothing() for _ in found], FasterCocoEval()).quality
    assert (0.0, 0.0, 0.0) == (quality.map50_95, quality.map50, quality.recall_100)


def test_images_without_any_box_have_no_score() -> None:
    dataset, found = random_dataset(0)
    records = tuple(replace(record, boxes=()) for record in dataset.records)
    quality = score(dataset, records, found, FasterCocoEval()).quality
    assert (len(records), 0, None, None) == (quality.images, quality.boxes, quality.map50_95, quality.map_small)


def _mean(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> float | None:
    return None if np.isnan(values).all() else float(np.nanmean(values))
