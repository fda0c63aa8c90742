"""COCO's average precision in NumPy, with a weight for every image.

Equal to pycocotools within 1e-9 (area "all", no crowds, 100 detections of a
class an image). With whole-number weights it is the average precision of a set
in which each image occurs that often: what a bootstrap over images needs
without building the drawn sets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from headway.detection.detections import Detections
from headway.detection.matching import NONE, Labels, class_iou, match

IOU_THRESHOLDS: NDArray[np.float64] = np.linspace(0.5, 0.95, 10)
"""COCO's ten overlaps; their mean is mAP50-95."""
RECALL_LEVELS: NDArray[np.float64] = np.linspace(0.0, 1.0, 101)
MAX_DETECTIONS = 100
"""Of one class in one image, the strongest that count (COCO's maxDets)."""


@dataclass(frozen=True)
class Ranking:
    """All detections of a set of images, by class, then by falling score, with their outcome at each overlap.

    Attributes:
        image: (d,) int64, position of the detection's image.
        score: (d,) float32.
        correct: (t, d) bool, whether it found a label at each of t overlaps.
        class_start: (classes + 1,) int64; class c has the detections class_start[c] to class_start[c + 1].
        label_counts: (images, classes) int64, true objects.
    """

    image: NDArray[np.int64]
    score: NDArray[np.float32]
    correct: NDArray[np.bool_]
    class_start: NDArray[np.int64]
    label_counts: NDArray[np.int64]


def rank(
    detections: Sequence[Detections],
    labels: Sequence[Labels],
    class_count: int,
    *,
    iou_thresholds: NDArray[np.float64] = IOU_THRESHOLDS,
) -> Ranking:
    """Match every image's detections with its labels and rank them.

    Equal scores keep the order of images, as in pycocotools.
    """
    kept = [_strongest(found) for found in detections]
    correct = [_correct(found, truth, iou_thresholds) for found, truth in zip(kept, labels, strict=True)]
    image = np.repeat(np.arange(len(kept)), [len(found) for found in kept])
    score = np.concatenate([np.empty(0, np.float32), *(found.scores for found in kept)])
    class_id = np.concatenate([np.empty(0, np.int64), *(found.class_ids for found in kept)])
    order = np.lexsort((-score, class_id))
    label_counts = [np.bincount(truth.class_ids, minlength=class_count) for truth in labels]
    return Ranking(
        image=image[order],
        score=score[order],
        correct=np.concatenate([np.empty((len(iou_thresholds), 0), bool), *correct], axis=1)[:, order],
        class_start=np.searchsorted(class_id[order], np.arange(class_count + 1)),
        label_counts=np.array(label_counts, dtype=np.int64).reshape(len(labels), class_count),
    )


def of_images(ranking: Ranking, images: NDArray[np.bool_]) -> Ranking:
    """Return the ranking of some of the images, numbered anew in their order."""
    kept = images[ranking.image]
    before = np.concatenate([[0], kept.cumsum()])
    return Ranking(
        image=(images.cumsum() - 1)[ranking.image[kept]],
        score=ranking.score[kept],
        correct=ranking.correct[:, kept],
        class_start=before[ranking.class_start],
        label_counts=ranking.label_counts[images],
    )


def average_precision(ranking: Ranking, weights: NDArray[np.floating] | None = None) -> NDArray[np.float64]:
    """Return the (t, classes) average precision; NaN for a class without labels.

    Args:
        ranking: the detections and their outcomes.
        weights: (images,) how often each image counts; once each when None.
    """
    return np.asarray(precision_at_recall(ranking, weights).mean(axis=2))


def precision_at_recall(ranking: Ranking, weights: NDArray[np.floating] | None = None) -> NDArray[np.float64]:
    """Return the (t, classes, 101) interpolated precision at RECALL_LEVELS; NaN for a class without labels."""
    count = len(ranking.label_counts)
    per_image = np.ones(count) if weights is None else np.asarray(weights, dtype=np.float64)
    weight = per_image[ranking.image]
    totals = per_image @ ranking.label_counts
    curves = np.full((len(ranking.correct), len(totals), len(RECALL_LEVELS)), np.nan)
    for class_id in np.flatnonzero(totals > 0):
        of_class = slice(*ranking.class_start[class_id : class_id + 2])
        hits = (ranking.correct[:, of_class] * weight[of_class]).cumsum(axis=1)
        seen = weight[of_class].cumsum()
        precision = np.divide(hits, seen, out=np.zeros_like(hits), where=seen > 0)
        envelope = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
        # Past the last detection no recall is reached: precision 0.
        envelope = np.pad(envelope, ((0, 0), (0, 1)))
        for row, recall in enumerate(hits / totals[class_id]):
            curves[row, class_id] = envelope[row, np.searchsorted(recall, RECALL_LEVELS)]
    return curves


def resampled_average_precision(ranking: Ranking, weights: NDArray[np.integer]) -> NDArray[np.float64]:
    """Return the (r, t, classes) average precision for each of r weightings; NaN for a class without labels.

    Args:
        ranking: the detections and their outcomes.
        weights: (r, images) whole numbers, how often each image counts.
    """
    totals = (weights.astype(np.float64) @ ranking.label_counts).astype(np.int32)
    result = np.zeros((len(weights), len(ranking.correct), totals.shape[1]))
    for class_id in np.flatnonzero(totals.any(axis=0)):
        of_class = slice(*ranking.class_start[class_id : class_id + 2])
        weight = weights.take(ranking.image[of_class], axis=1)
        seen = np.pad(weight.cumsum(axis=1, dtype=np.int32), ((0, 0), (1, 0)))
        needed = _hits_needed(totals[:, class_id])
        for row, correct in enumerate(ranking.correct[:, of_class]):
            result[:, row, class_id] = _mean_precision(correct, seen, needed)
    result.swapaxes(1, 2)[totals == 0] = np.nan
    return result


def mean_average_precision(
    average: NDArray[np.float64],
) -> float | None:
    """Return the mean over overlaps and over classes that have labels; None when none has."""
    known = average[~np.isnan(average)]
    return float(known.mean()) if known.size else None


def _hits_needed(totals: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the (r, 101) fewest hits of each total whose share reaches each recall level.

    Decided by the same division and comparison as in pycocotools, so that a
    recall that is exactly a level falls on the same side.
    """
    total = np.maximum(totals, 1)[:, None]
    needed = np.ceil(RECALL_LEVELS * total)
    needed += needed / total < RECALL_LEVELS
    needed -= (needed - 1) / total >= RECALL_LEVELS
    return needed.astype(np.int32)


def _mean_precision(
    correct: NDArray[np.bool_], seen: NDArray[np.int32], needed: NDArray[np.int32]
) -> NDArray[np.float64]:
    """Return the (r,) mean over recall levels of the interpolated precision.

    Precision rises with each true positive and falls with each false one, so
    the best precision from some recall onwards is at the end of a run of true
    positives, whatever the weights. Only these ends are looked at.

    Args:
        correct: (d,) the outcomes of a class at one overlap.
        seen: (r, d + 1) summed weights of the first 0, 1, ... d detections.
        needed: (r, 101) hits from which each recall level is reached.
    """
    edges = np.flatnonzero(np.diff(correct, prepend=False, append=False))
    ends = seen.take(edges[1::2], axis=1)
    hits = (ends - seen.take(edges[::2], axis=1)).cumsum(axis=1, dtype=np.int32)
    rows, count = hits.shape
    # One more column than there are runs: a level that is never reached has precision 0.
    precision = np.zeros((rows, count + 1))
    np.divide(hits, np.maximum(ends, 1), out=precision[:, :count])
    # Lifted above one another, all rows are a single rising sequence, to be searched at once.
    row = np.arange(rows, dtype=np.int32)[:, None]
    lift = row * (needed.max(initial=0) + 1)
    reached = np.searchsorted((hits + lift).ravel(), (needed + lift).ravel()).reshape(needed.shape) + row
    best = np.maximum.reduceat(precision.ravel(), reached.ravel()).reshape(needed.shape)
    return np.asarray(np.maximum.accumulate(best[:, ::-1], axis=1).mean(axis=1))


def _strongest(found: Detections) -> Detections:
    """Keep the MAX_DETECTIONS strongest of each class."""
    if len(found) <= MAX_DETECTIONS:
        return found
    kept = np.ones(len(found), dtype=bool)
    for class_id in np.unique(found.class_ids):
        kept[np.flatnonzero(found.class_ids == class_id)[MAX_DETECTIONS:]] = False
    return Detections(found.boxes[kept], found.scores[kept], found.class_ids[kept])


def _correct(found: Detections, truth: Labels, thresholds: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return the (t, d) outcomes: a detection is correct when it has found a label."""
    iou = class_iou(found, truth)
    near = iou >= thresholds.min()
    correct: NDArray[np.bool_] = iou.max(axis=1, initial=0.0) >= np.minimum(thresholds, 1 - 1e-10)[:, None]
    # Only where several detections want one label must they be matched one after the other.
    contested = near[:, near.sum(axis=0) > 1].any(axis=1)
    if contested.any():
        correct[:, contested] = [match(iou[contested], threshold) != NONE for threshold in thresholds]
    return correct
