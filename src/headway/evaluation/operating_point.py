"""The confidence threshold in use, and what a model does at it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from headway.contracts.scorecard import AtThreshold
from headway.evaluation.outcomes import Pool

DECIMALS = 6
FALLBACK = 0.25
"""Threshold of a model that found nothing right on val, where every threshold is as good."""


def choose_threshold(pool: Pool) -> float | None:
    """Return the threshold with the best F1 over all classes together; None when nothing was found right.

    A threshold lies midway between the weakest score that it keeps and the
    next weaker one, so that rounding on another machine moves no detection
    across it. Of equal F1, the lowest threshold: it finds more.

    Args:
        pool: detections on the validation split, never on test.
    """
    last_of_score = _last_of_equal(pool.scores)
    hits = pool.correct.cumsum()[last_of_score]
    kept = last_of_score + 1
    if not hits.any():
        return None
    f1 = 2 * hits / (kept + pool.label_counts.sum())
    best = int(np.flatnonzero(f1 == f1.max())[-1])
    return _between(pool.scores[last_of_score], best)


def at_threshold(pool: Pool, threshold: float, match_iou: float) -> AtThreshold:
    """Return counts and rates over all classes together for detections of at least `threshold`."""
    kept = pool.scores >= threshold
    return _at_threshold(pool.correct[kept], int(pool.label_counts.sum()), threshold, match_iou)


def class_at_threshold(pool: Pool, class_id: int, threshold: float, match_iou: float) -> AtThreshold:
    """Return counts and rates of one class."""
    kept = (pool.scores >= threshold) & (pool.class_ids == class_id)
    return _at_threshold(pool.correct[kept], int(pool.label_counts[class_id]), threshold, match_iou)


def _at_threshold(correct: NDArray[np.bool_], labels: int, threshold: float, match_iou: float) -> AtThreshold:
    hits = int(correct.sum())
    return AtThreshold(
        threshold=threshold,
        iou=match_iou,
        true_positives=hits,
        false_positives=len(correct) - hits,
        false_negatives=labels - hits,
        precision=hits / len(correct) if len(correct) else None,
        recall=hits / labels if labels else None,
        f1=2 * hits / (len(correct) + labels) if len(correct) + labels else None,
    )


def _last_of_equal(scores: NDArray[np.float32]) -> NDArray[np.intp]:
    """Return, of each run of equal scores, the last position: no threshold can part them."""
    return np.flatnonzero(np.append(scores[1:] != scores[:-1], True)[: len(scores)])


def _between(scores: NDArray[np.float32], position: int) -> float:
    kept = float(scores[position])
    if position + 1 == len(scores):
        return kept
    dropped = float(scores[position + 1])
    middle = round((kept + dropped) / 2, DECIMALS)
    return middle if np.float32(dropped) < np.float32(middle) <= np.float32(kept) else kept
