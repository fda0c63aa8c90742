"""One model's figures on many weightings of the same images: drawn ones, and the test set as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from headway.detection.average_precision import (
    Ranking,
    of_images,
    rank,
    resampled_average_precision,
)
from headway.detection.detections import Detections
from headway.detection.matching import Labels
from headway.evaluation.bootstrap import Counts, Draws, Floats

Metric = Literal["map50_95", "map50"]
Figure = Literal["map50_95", "map50", "precision", "recall"]
FIGURES: tuple[Figure, ...] = ("map50_95", "map50", "precision", "recall")


@dataclass(frozen=True)
class Scored:
    """What one model found in every image of the test set.

    Attributes:
        detections: of each image; class ids are those of the candidate's class list.
        labels: of each image, the same for both models.
        threshold: the model's operating point.
        known: ids of the classes that the model knows.
    """

    detections: Sequence[Detections]
    labels: Sequence[Labels]
    threshold: float
    known: frozenset[int]


@dataclass(frozen=True)
class Replicates:
    """Figures of one model on r weightings of the images; NaN where a weighting leaves nothing to measure.

    Attributes:
        map50_95: (r, classes) average precision, mean over COCO's overlaps.
        map50: (r, classes) average precision at overlap 0.5.
        hits: (r, classes) true positives at the operating point and overlap 0.5.
        kept: (r, classes) detections at the operating point.
        labels: (r, classes) boxes.
        slices: (r, slices) mean of the judged metric over the classes that count.
    """

    map50_95: Floats
    map50: Floats
    hits: Floats
    kept: Floats
    labels: Floats
    slices: Floats

    def overall(self, figure: Figure, counted: NDArray[np.bool_]) -> Floats:
        """Return a figure over the classes that count, (r,)."""
        if figure in ("map50_95", "map50"):
            return mean_over_classes(self.of_class(figure)[:, counted])
        hits, of = self.hits[:, counted].sum(axis=1), self.kept if figure == "precision" else self.labels
        return _ratio(hits, of[:, counted].sum(axis=1))

    def of_class(self, figure: Figure) -> Floats:
        """Return a figure of every class, (r, classes)."""
        if figure == "map50_95":
            return self.map50_95
        if figure == "map50":
            return self.map50
        return _ratio(self.hits, self.kept if figure == "precision" else self.labels)


@dataclass(frozen=True)
class Subject:
    """One model, its detections ranked, ready to be measured.

    Attributes:
        ranking: of all images.
        hits: (images, classes) true positives at the operating point.
        kept: (images, classes) detections at the operating point.
        slices: image mask and ranking of each slice, at the overlaps of the judged metric.
        counted: (classes,) which ones a slice's mean is over.
    """

    ranking: Ranking
    hits: NDArray[np.float32]
    kept: NDArray[np.float32]
    slices: Sequence[tuple[NDArray[np.bool_], Ranking]]
    counted: NDArray[np.bool_]

    def on_test(self) -> Replicates:
        """Return the figures on the test set as it is, each image once."""
        return self.measure(np.ones((1, len(self.hits)), np.uint8))

    def on_draws(self, draws: Draws, threads: int) -> Replicates:
        """Return the figures on every draw."""
        blocks = [vars(block).values() for block in draws.each_block(self.measure, threads=threads)]
        return Replicates(*(np.concatenate(part) for part in zip(*blocks, strict=True)))

    def measure(self, weights: Counts) -> Replicates:
        """Return the figures on (r, images) weightings."""
        average = resampled_average_precision(self.ranking, weights)
        floats = weights.astype(np.float32)
        return Replicates(
            map50_95=average.mean(axis=1),
            map50=average[:, 0],
            hits=(floats @ self.hits).astype(np.float64),
            kept=(floats @ self.kept).astype(np.float64),
            labels=(floats @ self.ranking.label_counts.astype(np.float32)).astype(np.float64),
            slices=np.array([self._slice(weights[:, images], ranking) for images, ranking in self.slices])
            .reshape(len(self.slices), len(weights))
            .T,
        )

    def _slice(self, weights: Counts, ranking: Ranking) -> Floats:
        average = resampled_average_precision(ranking, weights).mean(axis=1)
        return mean_over_classes(average[:, self.counted])


def subject_of(
    scored: Scored, class_count: int, *, metric: Metric, slices: NDArray[np.bool_], counted: NDArray[np.bool_]
) -> Subject:
    """Match and rank a model's detections.

    Args:
        scored: what the model found.
        class_count: of the candidate's class list.
        metric: of the slices.
        slices: (slices, images) masks.
        counted: (classes,) which ones a slice's mean is over.
    """
    ranking = rank(scored.detections, scored.labels, class_count)
    judged = ranking if metric == "map50_95" else replace(ranking, correct=ranking.correct[:1])
    class_id = np.repeat(np.arange(class_count), np.diff(ranking.class_start))
    kept = ranking.score >= np.float32(scored.threshold)
    return Subject(
        ranking=ranking,
        hits=_tally(ranking, class_id, kept & ranking.correct[0]),
        kept=_tally(ranking, class_id, kept),
        slices=[(images, of_images(judged, images)) for images in slices],
        counted=counted,
    )


def mean_over_classes(values: Floats) -> Floats:
    """Return the mean of (r, classes) over the classes that have a value; NaN where none has."""
    known = ~np.isnan(values)
    return _ratio(np.where(known, values, 0.0).sum(axis=1), known.sum(axis=1))


def _tally(ranking: Ranking, class_id: NDArray[np.int64], chosen: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Count the chosen detections of each image and class."""
    counts = np.zeros(ranking.label_counts.shape, np.float32)
    np.add.at(counts, (ranking.image[chosen], class_id[chosen]), 1)
    return counts


def _ratio(part: NDArray[np.floating], whole: NDArray[np.number]) -> Floats:
    return np.asarray(np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0))
