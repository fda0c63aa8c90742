"""How far scores are from being the share of detections that are right."""

from __future__ import annotations

import numpy as np

from headway.contracts.scorecard import Calibration, CalibrationBin
from headway.evaluation.outcomes import Pool

_EDGES = np.linspace(0.1, 1.0, 10).round(1)
"""Nine bins. Below 0.1 lie the thousands of boxes that a low export floor lets through and nobody acts on;
counted in, they would make any model look calibrated."""


def calibrate(pool: Pool) -> Calibration:
    """Return reliability by bin of score, and the expected calibration error over detections of at least 0.1."""
    position = np.clip(np.searchsorted(_EDGES, pool.scores.astype(np.float64), side="right") - 1, -1, len(_EDGES) - 2)
    bins = tuple(_bin(pool, position == index, index) for index in range(len(_EDGES) - 1))
    counted = sum(entry.detections for entry in bins)
    gaps = [
        entry.detections * abs(entry.precision - entry.mean_score)
        for entry in bins
        if entry.precision is not None and entry.mean_score is not None
    ]
    return Calibration(expected_calibration_error=sum(gaps) / counted if counted else None, bins=bins)


def _bin(pool: Pool, inside: np.ndarray[tuple[int], np.dtype[np.bool_]], index: int) -> CalibrationBin:
    count = int(inside.sum())
    return CalibrationBin(
        low=float(_EDGES[index]),
        high=float(_EDGES[index + 1]),
        detections=count,
        mean_score=float(pool.scores[inside].mean(dtype=np.float64)) if count else None,
        precision=float(pool.correct[inside].mean()) if count else None,
    )
