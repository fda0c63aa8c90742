"""One large comparison in a process of its own, so that its peak memory can be read. Prints one JSON line.

The other path is what the weighted average precision of one draw at a time
takes, measured on a few draws and multiplied.
"""

from __future__ import annotations

import json
import resource
import sys

import numpy as np

from bench.detectors import Population, Skill, World, populate
from bench.timing import seconds_of
from headway.detection.average_precision import average_precision, rank
from headway.evaluation.bootstrap import draws_of
from headway.evaluation.comparison import Scored, compare

IMAGES, BOXES, CLASSES, RESAMPLES = 5000, 20, 20, 1000
FEW = 10
"""Draws that the other path makes."""


def main() -> None:
    people = populate(World(BOXES, (1 / CLASSES,) * CLASSES), [Skill(1.2, 6.7)] * 2, IMAGES, seed=0)
    seconds = seconds_of(lambda: _compare(people))
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    answer = {
        "images": IMAGES,
        "boxes": sum(map(len, people.labels)),
        "detections": [sum(map(len, found)) for found in people.found],
        "classes": CLASSES,
        "resamples": RESAMPLES,
        "ours_s": seconds,
        "one_by_one_s": _one_by_one_s(people),
        "peak_mb": peak_mb,
    }
    json.dump(answer, sys.stdout)


def _compare(people: Population) -> None:
    candidate, champion = (
        Scored(found, people.labels, threshold=0.3, known=frozenset(range(CLASSES))) for found in people.found
    )
    compare(
        candidate,
        champion,
        metric="map50_95",
        margin=0.02,
        alpha=0.05,
        resamples=RESAMPLES,
        seed=0,
        classes=[str(number) for number in range(CLASSES)],
        slices={},
        groups=None,
        class_min_boxes=20,
        slice_min_images=20,
    )


def _one_by_one_s(people: Population) -> float:
    """Return what the draws of both models would take, without matching, from FEW of one model."""
    ranking = rank(people.found[0], people.labels, CLASSES)
    weights = draws_of(IMAGES, None, resamples=FEW, seed=0).block(0).astype(np.float64)
    return 2 * RESAMPLES / FEW * seconds_of(lambda: [average_precision(ranking, row) for row in weights])


if __name__ == "__main__":
    main()
