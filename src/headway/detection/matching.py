"""Which label each detection of an image found, by COCO's rules."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from headway.contracts.dataset import ImageRecord, PreparedDataset
from headway.detection.detections import Detections
from headway.detection.geometry import iou_matrix

NONE = -1


@dataclass(frozen=True)
class Labels:
    """The true objects of one image.

    Attributes:
        boxes: (m, 4) float64, corners in pixels of the upright image.
        class_ids: (m,) int64.
    """

    boxes: NDArray[np.float64]
    class_ids: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.class_ids)


def labels_of(dataset: PreparedDataset, record: ImageRecord) -> Labels:
    """Return the true objects of a record, with class ids."""
    boxes = [(box.x_min, box.y_min, box.x_max, box.y_max) for box in record.boxes]
    class_ids = [dataset.class_id(box.class_name) for box in record.boxes]
    return Labels(np.array(boxes, dtype=np.float64).reshape(-1, 4), np.array(class_ids, dtype=np.int64))


def class_iou(detections: Detections, labels: Labels) -> NDArray[np.float64]:
    """Return the (detections, labels) intersection over union, 0 between different classes."""
    same = detections.class_ids[:, None] == labels.class_ids[None, :]
    return np.where(same, iou_matrix(detections.boxes, labels.boxes), 0.0)


def match(iou: NDArray[np.float64], threshold: float) -> NDArray[np.int64]:
    """Give each detection the free label that it overlaps most, if by at least `threshold`.

    Greedy by falling score, as in pycocotools' `evaluateImg` (area "all", no
    crowds); of equal overlaps the last label wins, as there. A detection's match
    depends only on stronger ones, so that a cut by score keeps the rest's matches.

    Args:
        iou: (n, m), rows by falling score; 0 where a match is forbidden.
        threshold: least overlap, above 0.

    Returns:
        (n,) position of the label, or NONE.
    """
    found = np.full(len(iou), NONE, dtype=np.int64)
    free = np.where(iou >= min(threshold, 1 - 1e-10), iou, 0.0)
    for row in np.flatnonzero(free.any(axis=1)):
        best = free.shape[1] - 1 - int(free[row, ::-1].argmax())
        if free[row, best] > 0:
            found[row] = best
            free[:, best] = 0.0
    return found
