"""COCO's numbers for one model on one set of images, through `ports.CocoScorer`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from headway.contracts.dataset import ImageRecord, PreparedDataset
from headway.contracts.scorecard import Quality
from headway.detection.detections import Detections
from headway.ports import CocoScorer

# pycocotools takes the number 0 for "no match", and so do its heirs.
_FIRST = 1


@dataclass(frozen=True)
class ClassPrecision:
    """Average precision of one class; None without boxes."""

    map50_95: float | None
    map50: float | None


@dataclass(frozen=True)
class CocoScores:
    """COCO's numbers, overall and of each class by its id."""

    quality: Quality
    per_class: tuple[ClassPrecision, ...]


def score(
    dataset: PreparedDataset, records: Sequence[ImageRecord], found: Sequence[Detections], scorer: CocoScorer
) -> CocoScores:
    """Score the detections of `records`, one entry a record."""
    numbers = dict(scorer.score(coco_ground_truth(dataset, records), coco_detections(found)))
    per_class = numbers.pop("per_class")
    quality = Quality(images=len(records), boxes=sum(len(record.boxes) for record in records), **numbers)
    return CocoScores(quality, tuple(ClassPrecision(**per_class[number]) for number in sorted(per_class)))


def coco_ground_truth(dataset: PreparedDataset, records: Sequence[ImageRecord]) -> dict[str, Any]:
    """Return the labels as a COCO data set; images, categories and annotations are numbered from 1."""
    annotations: list[dict[str, Any]] = []
    for image_number, record in enumerate(records, start=_FIRST):
        for box in record.boxes:
            width, height = box.x_max - box.x_min, box.y_max - box.y_min
            annotations.append(
                {
                    "id": len(annotations) + _FIRST,
                    "image_id": image_number,
                    "category_id": dataset.class_id(box.class_name) + _FIRST,
                    "bbox": [box.x_min, box.y_min, width, height],
                    "area": width * height,
                    "iscrowd": 0,
                }
            )
    return {
        "images": [
            {"id": number, "width": record.width, "height": record.height}
            for number, record in enumerate(records, start=_FIRST)
        ],
        "categories": [{"id": number, "name": name} for number, name in enumerate(dataset.classes, start=_FIRST)],
        "annotations": annotations,
    }


def coco_detections(found: Sequence[Detections]) -> list[dict[str, Any]]:
    """Return the detections of every image as COCO results."""
    return [
        {
            "image_id": image_number,
            "category_id": class_id + _FIRST,
            "bbox": [x_min, y_min, x_max - x_min, y_max - y_min],
            "score": score,
        }
        for image_number, detections in enumerate(found, start=_FIRST)
        for (x_min, y_min, x_max, y_max), score, class_id in zip(
            detections.boxes.tolist(), detections.scores.tolist(), detections.class_ids.tolist(), strict=True
        )
    ]
