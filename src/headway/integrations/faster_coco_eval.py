"""faster-coco-eval: COCO's numbers by a maintained library, identical to pycocotools."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from faster_coco_eval import COCO, COCOeval_faster
from numpy.typing import NDArray

_IOU_50, _IOU_75 = 0, 5
_AREAS = {"map50_95": 0, "map_small": 1, "map_medium": 2, "map_large": 3}
_ALL_AREAS = 0
_MAX_100 = 2
"""Of 1, 10 and 100 detections of a class in an image."""


class FasterCocoEval:
    """Implements `ports.CocoScorer`."""

    @property
    def engine(self) -> str:
        return f"faster-coco-eval {importlib.metadata.version('faster-coco-eval')}"

    def score(self, ground_truth: Mapping[str, Any], detections: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        precision, recall = _curves(dict(ground_truth), [dict(found) for found in detections])
        overall = precision[..., _MAX_100]
        class_ids = sorted(category["id"] for category in ground_truth["categories"])
        return {
            **{name: _mean(overall[..., area]) for name, area in _AREAS.items()},
            "map50": _mean(overall[_IOU_50, ..., _ALL_AREAS]),
            "map75": _mean(overall[_IOU_75, ..., _ALL_AREAS]),
            "recall_100": _mean(recall[..., _ALL_AREAS, _MAX_100]),
            "per_class": {
                class_id: {
                    "map50_95": _mean(overall[:, :, position, _ALL_AREAS]),
                    "map50": _mean(overall[_IOU_50, :, position, _ALL_AREAS]),
                }
                for position, class_id in enumerate(class_ids)
            },
        }


def _curves(
    ground_truth: dict[str, Any], detections: list[dict[str, Any]]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return precision (10 IoUs, 101 recalls, classes, 4 areas, 3 limits) and recall (without the second axis)."""
    truth = COCO(ground_truth)
    # loadRes refuses an empty list.
    found = truth.loadRes(detections) if detections else COCO({**ground_truth, "annotations": []})
    evaluation = COCOeval_faster(truth, found, "bbox", extra_calc=False)
    evaluation.evaluate()
    evaluation.accumulate()
    return np.asarray(evaluation.eval["precision"]), np.asarray(evaluation.eval["recall"])


def _mean(values: NDArray[np.float64]) -> float | None:
    """Return the mean over what has ground truth; -1 marks what has none."""
    known = values[values > -1]
    return float(known.mean()) if known.size else None
