"""Which class was taken for which, at the operating point."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from headway.detection.geometry import iou_matrix
from headway.detection.matching import NONE, match
from headway.evaluation.outcomes import Outcome


def confusion(outcomes: Sequence[Outcome], class_count: int, threshold: float, match_iou: float) -> NDArray[np.int64]:
    """Return the (classes + 1, classes + 1) counts: row true class, column found class, the last one background.

    Labels found as their own class come first, so that the diagonal holds the
    true positives of the operating point; what is left over is matched
    whatever its class, and the rest is background.
    """
    table = np.zeros((class_count + 1, class_count + 1), dtype=np.int64)
    for outcome in outcomes:
        true, found = _pairs(outcome, class_count, threshold, match_iou)
        np.add.at(table, (true, found), 1)
    return table


def _pairs(
    outcome: Outcome, background: int, threshold: float, match_iou: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the true and the found class of every detection, then of every label that none found."""
    found, labels = outcome.found.above(threshold), outcome.labels
    # Matches are greedy by score, so those of the strongest detections stand when the others go.
    label_of = outcome.label_of[: len(found)].copy()
    loose = np.flatnonzero(label_of == NONE)
    free = np.setdiff1d(np.arange(len(labels)), label_of)
    second = match(iou_matrix(found.boxes[loose], labels.boxes[free]), match_iou)
    label_of[loose[second != NONE]] = free[second[second != NONE]]
    classes = np.append(labels.class_ids, background)
    missed = np.setdiff1d(np.arange(len(labels)), label_of)
    true = np.concatenate([classes[label_of], labels.class_ids[missed]])
    return true, np.concatenate([found.class_ids, np.full(len(missed), background)])
