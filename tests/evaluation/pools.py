"""Pools written by hand or drawn by chance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from headway.evaluation.outcomes import Pool


def make_pool(scores: Sequence[float], correct: Sequence[bool], labels: int) -> Pool:
    """Return a pool of one class, whatever the order of `scores`."""
    order = np.argsort(-np.array(scores, dtype=np.float32), kind="stable")
    return Pool(
        scores=np.array(scores, dtype=np.float32)[order],
        correct=np.array(correct, dtype=bool)[order],
        class_ids=np.zeros(len(scores), dtype=np.int64),
        label_counts=np.array([labels]),
    )
