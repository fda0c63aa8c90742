"""Candidate against champion on the same images: differences, and how sure they are.

Pure arithmetic; what follows from it is the gate's affair.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from headway.contracts.verdict import ClassComparison, Interval, Measured, SliceComparison, Statistics
from headway.evaluation.bootstrap import Draws, Floats, draws_of, interval, simultaneous_intervals
from headway.evaluation.replicates import FIGURES, Figure, Metric, Replicates, Scored, subject_of

POWER = 0.8
"""Chance with which the detectable difference is found."""
LEAST_UNITS_OF_PART = 10
"""Images (or groups) that the boxes of a class or slice must lie in for it to be judged: fewer can hardly be drawn."""
_NORMAL = NormalDist()

__all__ = ["Comparison", "Scored", "compare"]


@dataclass(frozen=True)
class Comparison:
    """What the gate decides on, in the contract's types."""

    measured: tuple[Measured, ...]
    classes: tuple[ClassComparison, ...]
    slices: tuple[SliceComparison, ...]
    statistics: Statistics


def compare(
    candidate: Scored,
    champion: Scored | None,
    *,
    metric: Metric,
    margin: float,
    alpha: float,
    resamples: int,
    seed: int,
    classes: Sequence[str],
    slices: Mapping[str, NDArray[np.bool_]],
    groups: NDArray[np.int64] | None,
    class_min_boxes: int,
    slice_min_images: int,
    threads: int = 2,
) -> Comparison:
    """Measure both models on the same draws of images.

    A class that the champion does not know counts in no difference and not in
    the champion's own figures; the candidate's own are over all classes. A
    class without a box on test counts nowhere.

    Args:
        candidate: the model that is judged.
        champion: the model to compare with; None leaves the candidate's own figures.
        metric: what classes, slices and statistics speak of.
        margin: the non-inferiority margin that `images_for_margin` speaks of.
        alpha: chance of error on each side of an interval.
        resamples: number of draws.
        seed: of the draws.
        classes: names, by class id.
        slices: (images,) masks by name.
        groups: (images,) group of each image; None draws single images.
        class_min_boxes: classes with fewer boxes are not judged; neither are those in fewer images (groups) than
            LEAST_UNITS_OF_PART.
        slice_min_images: slices with fewer images are not judged; neither are those of fewer groups than that.
        threads: how many work at once; changes no figure.
    """
    masks = np.array(list(slices.values()), dtype=bool).reshape(len(slices), len(candidate.labels))
    has_class = np.array([np.isin(np.arange(len(classes)), labels.class_ids) for labels in candidate.labels]).T
    shared = np.array([champion is None or class_id in champion.known for class_id in range(len(classes))], dtype=bool)
    draws = draws_of(len(candidate.labels), groups, resamples=resamples, seed=seed)

    def contend(scored: Scored) -> _Contender:
        subject = subject_of(scored, len(classes), metric=metric, slices=masks, counted=shared)
        return _Contender(subject.on_test(), subject.on_draws(draws, threads))

    pair = _Pair(contend(candidate), None if champion is None else contend(champion), shared, metric, alpha, draws)
    error = pair.standard_error()
    detectable = None if error is None else error * (_NORMAL.inv_cdf(1 - alpha) + _NORMAL.inv_cdf(POWER))
    return Comparison(
        measured=tuple(pair.measured(figure) for figure in FIGURES),
        classes=pair.classes(classes, has_class, class_min_boxes),
        slices=pair.slices(list(slices), masks, slice_min_images),
        statistics=Statistics(
            resamples=resamples,
            seed=seed,
            alpha=alpha,
            unit="image" if groups is None else "group",
            standard_error=error,
            detectable_difference=detectable,
            images_for_margin=None if detectable is None else _images_for(detectable, margin, len(candidate.labels)),
        ),
    )


@dataclass(frozen=True)
class _Contender:
    """One model's figures: on the test set as it is (one weighting), and on every draw."""

    test: Replicates
    drawn: Replicates


@dataclass(frozen=True)
class _Pair:
    """Both models on the same draws.

    Attributes:
        shared: (classes,) whether both know it.
        alpha: chance of error on each side.
        draws: of what both were measured on.
    """

    candidate: _Contender
    champion: _Contender | None
    shared: NDArray[np.bool_]
    metric: Metric
    alpha: float
    draws: Draws

    def measured(self, figure: Figure) -> Measured:
        """Return one figure of both models and its difference."""
        ours = _overall(self.candidate, figure, np.ones_like(self.shared))
        if self.champion is None:
            return Measured(metric=figure, candidate=self._interval(*ours), champion=None, difference=None)
        return Measured(
            metric=figure,
            candidate=self._interval(*ours),
            champion=self._interval(*_overall(self.champion, figure, self.shared)),
            difference=self._interval(*self._difference(self.champion, figure)),
        )

    def classes(
        self, names: Sequence[str], has_class: NDArray[np.bool_], min_boxes: int
    ) -> tuple[ClassComparison, ...]:
        """Return a row for every class; `has_class` is the (classes, images) mask of its images."""
        boxes = self.candidate.test.labels[0].astype(int).tolist()
        judged = self.shared & (np.array(boxes) >= min_boxes)
        differences = self._together(judged, has_class, lambda figures: figures.of_class(self.metric))
        return tuple(
            ClassComparison(
                name=name,
                boxes=boxes[row],
                new=not self.shared[row],
                judged=differences[row] is not None,
                candidate=_of_class(self.candidate, self.metric, row),
                champion=_of_class(self.champion, self.metric, row) if self.shared[row] else None,
                difference=differences[row],
                candidate_recall=_of_class(self.candidate, "recall", row),
                champion_recall=_of_class(self.champion, "recall", row) if self.shared[row] else None,
            )
            for row, name in enumerate(names)
        )

    def slices(self, names: Sequence[str], masks: NDArray[np.bool_], min_images: int) -> tuple[SliceComparison, ...]:
        """Return a row for every slice; `masks` is (slices, images)."""
        images = masks.sum(axis=1).tolist()
        judged = masks.sum(axis=1) >= min_images
        differences = self._together(judged, masks, lambda figures: figures.slices)
        return tuple(
            SliceComparison(
                name=name,
                images=images[row],
                judged=differences[row] is not None,
                candidate=_known(self.candidate.test.slices[0, row]),
                champion=None if self.champion is None else _known(self.champion.test.slices[0, row]),
                difference=differences[row],
            )
            for row, name in enumerate(names)
        )

    def standard_error(self) -> float | None:
        """Return that of the difference in the judged metric."""
        if self.champion is None:
            return None
        estimate, replicates = self._difference(self.champion, self.metric)
        return None if math.isnan(estimate) else float(np.nanstd(replicates, ddof=1))

    def _difference(self, champion: _Contender, figure: Figure) -> tuple[float, Floats]:
        ours, our_draws = _overall(self.candidate, figure, self.shared)
        theirs, their_draws = _overall(champion, figure, self.shared)
        return ours - theirs, our_draws - their_draws

    def _interval(self, estimate: float, replicates: Floats) -> Interval | None:
        if math.isnan(estimate):
            return None
        low, high = interval(estimate, replicates, self.alpha, self.draws.unit_count)
        return Interval(estimate=estimate, low=low, high=high)

    def _together(
        self, judged: NDArray[np.bool_], images: NDArray[np.bool_], of: Callable[[Replicates], Floats]
    ) -> list[Interval | None]:
        """Return the differences of the judged columns, with bounds that hold for all of them at once.

        Args:
            judged: (k,) whether the policy lets the column be judged.
            images: (k, images) which ones the column rests on.
            of: takes the k columns from a model's figures.
        """
        found: list[Interval | None] = [None] * len(judged)
        if self.champion is None:
            return found
        estimates = (of(self.candidate.test) - of(self.champion.test))[0]
        units = np.array([self.draws.units_in(mask) for mask in images], dtype=int)
        columns = np.flatnonzero(judged & (units >= LEAST_UNITS_OF_PART) & ~np.isnan(estimates))
        if len(columns):
            replicates = (of(self.candidate.drawn) - of(self.champion.drawn))[:, columns]
            bounds = simultaneous_intervals(estimates[columns], replicates, self.alpha, units[columns])
            for column, low, high in zip(columns.tolist(), *(bound.tolist() for bound in bounds), strict=True):
                found[column] = Interval(estimate=float(estimates[column]), low=low, high=high)
        return found


def _overall(contender: _Contender, figure: Figure, counted: NDArray[np.bool_]) -> tuple[float, Floats]:
    """Return a figure over the classes that count: the estimate, and its value on every draw."""
    return float(contender.test.overall(figure, counted)[0]), contender.drawn.overall(figure, counted)


def _of_class(contender: _Contender | None, figure: Figure, class_id: int) -> float | None:
    return None if contender is None else _known(contender.test.of_class(figure)[0, class_id])


def _known(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


def _images_for(detectable: float, margin: float, images: int) -> int | None:
    """Return the images with which the detectable difference is the margin; None when no number is enough."""
    if detectable == 0:
        return images
    return math.ceil(images * (detectable / margin) ** 2) if margin > 0 else None
