"""pycocotools, the reference implementation, run quietly."""

from __future__ import annotations

import contextlib
import copy
import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval


def reference_curves(
    ground_truth: Mapping[str, Any], detections: Sequence[Mapping[str, Any]]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return precision (10 IoUs, 101 recalls, classes, 4 areas) and recall (without the second axis) at 100 detections.

    NaN marks what has no ground truth.
    """
    truth = copy.deepcopy(dict(ground_truth))
    with contextlib.redirect_stdout(io.StringIO()):
        coco = _index(truth)
        found = (
            coco.loadRes([dict(entry) for entry in detections]) if detections else _index(truth | {"annotations": []})
        )
        evaluation = COCOeval(coco, found, "bbox")
        evaluation.params.imgIds = sorted(image["id"] for image in truth["images"])
        evaluation.evaluate()
        evaluation.accumulate()
    curves = (evaluation.eval["precision"][..., -1], evaluation.eval["recall"][..., -1])
    precision, recall = (np.where(curve == -1, np.nan, curve) for curve in curves)
    return precision, recall


def _index(truth: dict[str, Any]) -> Any:
    coco = COCO()
    coco.dataset = truth
    coco.createIndex()
    return coco
