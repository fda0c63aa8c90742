"""What became of every detection and every label of a set of images, at one IoU."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from headway.detection.detections import Detections
from headway.detection.matching import NONE, Labels, class_iou, match


@dataclass(frozen=True)
class Outcome:
    """One image: what was found, what is there, and which detection found which label.

    Attributes:
        found: the detections, by falling score.
        labels: the true objects.
        label_of: (n,) int64, the label that each detection found, or `matching.NONE`.
        iou: (n,) float64, overlap with that label; 0 without.
    """

    found: Detections
    labels: Labels
    label_of: NDArray[np.int64]
    iou: NDArray[np.float64]

    @property
    def correct(self) -> NDArray[np.bool_]:
        """(n,), whether each detection found a label of its class."""
        return np.not_equal(self.label_of, NONE)


@dataclass(frozen=True)
class Pool:
    """The detections of many images together, by falling score, and how many labels there are.

    Attributes:
        scores: (n,) float32.
        correct: (n,) bool.
        class_ids: (n,) int64.
        label_counts: (classes,) int64.
    """

    scores: NDArray[np.float32]
    correct: NDArray[np.bool_]
    class_ids: NDArray[np.int64]
    label_counts: NDArray[np.int64]


def judge(found: Detections, labels: Labels, match_iou: float) -> Outcome:
    """Match an image's detections with its labels, class by class, at `match_iou`."""
    overlap = class_iou(found, labels)
    label_of = match(overlap, match_iou)
    iou = np.zeros(len(found))
    matched = label_of != NONE
    iou[matched] = overlap[matched, label_of[matched]]
    return Outcome(found, labels, label_of, iou)


def pool(outcomes: Sequence[Outcome], class_count: int) -> Pool:
    """Put the detections of all images together."""
    scores = np.concatenate([np.empty(0, np.float32), *(outcome.found.scores for outcome in outcomes)])
    order = np.argsort(-scores, kind="stable")
    correct = np.concatenate([np.empty(0, bool), *(outcome.correct for outcome in outcomes)])
    class_ids = np.concatenate([np.empty(0, np.int64), *(outcome.found.class_ids for outcome in outcomes)])
    labels = np.concatenate([np.empty(0, np.int64), *(outcome.labels.class_ids for outcome in outcomes)])
    counts = np.bincount(labels, minlength=class_count)
    return Pool(scores[order], correct[order], class_ids[order], counts)
