"""Data of the DVC plots: small CSV tables, one row a point."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from headway.contracts.scorecard import Calibration
from headway.detection.average_precision import RECALL_LEVELS, Ranking, precision_at_recall
from headway.evaluation.operating_point import at_threshold
from headway.evaluation.outcomes import Pool

PRECISION_RECALL = "precision_recall.csv"
CONFIDENCE_F1 = "confidence_f1.csv"
RELIABILITY = "reliability.csv"
CONFUSION = "confusion.csv"
BACKGROUND = "background"
_DECIMALS = 6
_THRESHOLDS = np.linspace(0.0, 1.0, 101).round(2)[1:]


def precision_recall(ranking: Ranking) -> str:
    """Return interpolated precision at 101 recalls, mean over the classes that have labels; `ranking` has one IoU."""
    curves = precision_at_recall(ranking)[0]
    known = curves[~np.isnan(curves).any(axis=1)]
    precision = known.mean(axis=0) if len(known) else np.zeros(len(RECALL_LEVELS))
    return _csv(("recall", "precision"), zip(RECALL_LEVELS.tolist(), precision.tolist(), strict=True))


def confidence_f1(pool: Pool, match_iou: float) -> str:
    """Return F1, precision and recall at 100 thresholds, over all classes together, as far as anything is found."""
    points = [at_threshold(pool, threshold, match_iou) for threshold in _THRESHOLDS.tolist()]
    found = (point for point in points if point.precision is not None)
    rows = ((point.threshold, point.f1, point.precision, point.recall) for point in found)
    return _csv(("confidence", "f1", "precision", "recall"), rows)


def reliability(calibration: Calibration) -> str:
    """Return the share of right detections by their mean score; empty bins are left out."""
    rows = ((entry.mean_score, entry.precision, entry.detections) for entry in calibration.bins if entry.detections)
    return _csv(("mean_score", "precision", "detections"), rows)


def confusion_counts(table: NDArray[np.int64], classes: Sequence[str]) -> str:
    """Return every cell of the confusion table, zeros too, so that two revisions show the same grid."""
    names = [*classes, BACKGROUND]
    rows = (
        (actual, predicted, count)
        for actual, counts in zip(names, table.tolist(), strict=True)
        for predicted, count in zip(names, counts, strict=True)
    )
    return _csv(("actual", "predicted", "count"), rows)


def _csv(columns: Sequence[str], rows: Iterable[Sequence[str | float | None]]) -> str:
    """Return rows as CSV with a header; floats are rounded, None is empty."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([round(value, _DECIMALS) if isinstance(value, float) else value for value in row])
    return text.getvalue()
