"""How often the gate's intervals are wrong, on made-up detectors whose true difference is known.

A population of images is judged as a whole: that is the truth. Test sets are
drawn from it, and on each the same arithmetic runs as in `headway gate`. The
champion meets an equal of its own (same skill, luck of its own) and a worse
one, whose true loss is taken as the margin: to accept it is an error.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context

import numpy as np
from numpy.typing import NDArray

from bench.detectors import Population, Skill, World, populate
from bench.timing import say
from headway.evaluation.bootstrap import Floats, draws_of, interval, simultaneous_intervals
from headway.evaluation.replicates import FIGURES, Replicates, Scored, Subject, subject_of

WORLD = World(boxes=6, class_shares=(0.4, 0.25, 0.2, 0.1, 0.05))
CHAMPION, EQUAL, WORSE = range(3)
SKILLS = [Skill(1.0, 3.0), Skill(1.0, 3.0), Skill(0.9, 3.2)]
POPULATION = 20_000
ALPHA = 0.05
RESAMPLES = 1000
CLASS_MIN_BOXES = 20
_THRESHOLD = 0.3
_ALL = np.ones(len(WORLD.class_shares), dtype=bool)


@dataclass(frozen=True)
class Truth:
    """The differences in the whole population, by challenger: of each figure, and of each class's mAP50-95."""

    figures: Floats
    classes: Floats


@dataclass(frozen=True)
class Rate:
    """How often something happened, with its 95 % interval (Wilson 1927)."""

    count: int
    trials: int

    @property
    def value(self) -> float:
        return self.count / self.trials

    @property
    def interval(self) -> tuple[float, float]:
        z, n = 1.959964, self.trials
        centre = (self.value + z * z / (2 * n)) / (1 + z * z / n)
        half = z / (1 + z * z / n) * math.sqrt(self.value * (1 - self.value) / n + z * z / (4 * n * n))
        return max(centre - half, 0.0), min(centre + half, 1.0)


@dataclass(frozen=True)
class ErrorRates:
    """Rates at one number of images. By figure, in the order of FIGURES, where there are several.

    Attributes:
        images: of each test set.
        margins: the true loss of the worse challenger.
        false_accepts: of the worse challenger at that margin; at most ALPHA is promised.
        accepts: of the equal one at that margin, its power.
        covered_equal, covered_worse: true differences within the two-sided 95 % interval.
        class_alarms: any class of the equal one shown to be worse than it truly is; at most ALPHA is promised.
        standard_errors: mean over trials of that of the judged metric, and the true spread of the estimate.
        biases: by how much the worse one's difference is estimated too high, mean over trials.
    """

    images: int
    margins: tuple[float, ...]
    false_accepts: tuple[Rate, ...]
    accepts: tuple[Rate, ...]
    covered_equal: tuple[Rate, ...]
    covered_worse: tuple[Rate, ...]
    class_alarms: Rate
    standard_errors: tuple[float, float]
    biases: tuple[float, ...]

    @property
    def trials(self) -> int:
        return self.class_alarms.trials


@dataclass(frozen=True)
class _Outcome:
    accepted_worse: NDArray[np.bool_]
    accepted_equal: NDArray[np.bool_]
    covered_equal: NDArray[np.bool_]
    covered_worse: NDArray[np.bool_]
    class_alarm: bool
    estimate: float
    standard_error: float
    errors_worse: Floats


def measure_error_rates(
    sizes: Sequence[int], trials: int, *, population: int = POPULATION, processes: int = 2, seed: int = 0
) -> list[ErrorRates]:
    """Draw `trials` test sets of each size from a population of `seed`'s own, and compare on every one."""
    people = populate(WORLD, SKILLS, population, seed=seed)
    truth = _truth(people)
    with ProcessPoolExecutor(processes, get_context("fork"), initializer=_share, initargs=(people, truth)) as pool:
        rates = []
        for images in sizes:
            say(f"{trials} test sets of {images} images ...")
            outcomes = list(pool.map(partial(_trial, images, seed), range(trials), chunksize=5))
            rates.append(_rates(images, truth, outcomes))
        return rates


def _share(people: Population, truth: Truth) -> None:
    """Leave the population where the trials of a worker process find it."""
    global _people, _true
    _people, _true = people, truth


_people: Population
_true: Truth


def _subject(people: Population, detector: int, chosen: Sequence[int]) -> Subject:
    found, labels = [people.found[detector][i] for i in chosen], [people.labels[i] for i in chosen]
    scored = Scored(found, labels, _THRESHOLD, frozenset(range(len(_ALL))))
    return subject_of(scored, len(_ALL), metric="map50_95", slices=np.empty((0, len(chosen)), bool), counted=_ALL)


def _figures(replicates: Replicates) -> Floats:
    """Return (r, figures)."""
    return np.stack([replicates.overall(figure, _ALL) for figure in FIGURES], axis=1)


def _truth(people: Population) -> Truth:
    everyone = [_subject(people, detector, range(len(people.labels))).on_test() for detector in range(len(SKILLS))]
    figures = np.array([_figures(figures)[0] for figures in everyone])
    classes = np.array([figures.map50_95[0] for figures in everyone])
    return Truth(figures - figures[CHAMPION], classes - classes[CHAMPION])


def _trial(images: int, seed: int, number: int) -> _Outcome:
    """Draw one test set, compare both challengers with the champion on it."""
    chosen = np.random.default_rng([images, number, seed]).integers(0, len(_people.labels), images).tolist()
    draws = draws_of(images, None, resamples=RESAMPLES, seed=number)
    subjects = [_subject(_people, detector, chosen) for detector in range(len(SKILLS))]
    test, drawn = ([s.on_test() for s in subjects], [s.on_draws(draws, 1) for s in subjects])
    estimates = [_figures(part)[0] - _figures(test[CHAMPION])[0] for part in test]
    replicates = [_figures(part) - _figures(drawn[CHAMPION]) for part in drawn]
    margins = -_true.figures[WORSE]
    return _Outcome(
        accepted_worse=_bounds(estimates[WORSE], replicates[WORSE], ALPHA, images)[0] > -margins,
        accepted_equal=_bounds(estimates[EQUAL], replicates[EQUAL], ALPHA, images)[0] > -margins,
        covered_equal=_covered(estimates[EQUAL], replicates[EQUAL], _true.figures[EQUAL], images),
        covered_worse=_covered(estimates[WORSE], replicates[WORSE], _true.figures[WORSE], images),
        class_alarm=_class_alarm(test, drawn, subjects[EQUAL].ranking.label_counts),
        estimate=float(estimates[EQUAL][0]),
        standard_error=float(replicates[EQUAL][:, 0].std(ddof=1)),
        errors_worse=estimates[WORSE] - _true.figures[WORSE],
    )


def _bounds(estimates: Floats, replicates: Floats, alpha: float, images: int) -> Floats:
    """Return (2, figures): lower and upper bounds."""
    return np.array([interval(*pair, alpha, images) for pair in zip(estimates.tolist(), replicates.T, strict=True)]).T


def _covered(estimates: Floats, replicates: Floats, truth: Floats, images: int) -> NDArray[np.bool_]:
    low, high = _bounds(estimates, replicates, 0.025, images)
    return np.asarray((low <= truth) & (truth <= high))


def _class_alarm(test: Sequence[Replicates], drawn: Sequence[Replicates], label_counts: NDArray[np.int64]) -> bool:
    judged = np.flatnonzero(label_counts.sum(axis=0) >= CLASS_MIN_BOXES)
    estimates = (test[EQUAL].map50_95 - test[CHAMPION].map50_95)[0, judged]
    replicates = (drawn[EQUAL].map50_95 - drawn[CHAMPION].map50_95)[:, judged]
    units = (label_counts[:, judged] > 0).sum(axis=0)
    _, high = simultaneous_intervals(estimates, replicates, ALPHA, units)
    return bool((high < _true.classes[EQUAL, judged]).any())


def _rates(images: int, truth: Truth, outcomes: Sequence[_Outcome]) -> ErrorRates:
    def rates(rows: Sequence[NDArray[np.bool_]]) -> tuple[Rate, ...]:
        return tuple(Rate(int(count), len(rows)) for count in np.sum(rows, axis=0))

    return ErrorRates(
        images=images,
        margins=tuple((-truth.figures[WORSE]).tolist()),
        false_accepts=rates([outcome.accepted_worse for outcome in outcomes]),
        accepts=rates([outcome.accepted_equal for outcome in outcomes]),
        covered_equal=rates([outcome.covered_equal for outcome in outcomes]),
        covered_worse=rates([outcome.covered_worse for outcome in outcomes]),
        class_alarms=Rate(sum(outcome.class_alarm for outcome in outcomes), len(outcomes)),
        standard_errors=(
            float(np.mean([outcome.standard_error for outcome in outcomes])),
            float(np.std([outcome.estimate for outcome in outcomes], ddof=1)),
        ),
        biases=tuple(np.mean([outcome.errors_worse for outcome in outcomes], axis=0).tolist()),
    )
