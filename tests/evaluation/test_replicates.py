from __future__ import annotations

import numpy as np
import pytest

from headway.detection.average_precision import average_precision, rank
from headway.evaluation.bootstrap import draws_of
from headway.evaluation.replicates import Scored, subject_of
from tests.detection.scenes import random_scene

IMAGES = 12
RNG = np.random.default_rng(2)
FOUND, LABELS = zip(*[random_scene(RNG, classes=3) for _ in range(IMAGES)], strict=True)
LATE = np.arange(IMAGES) >= 5
COUNTED = np.array([True, False, True])
SUBJECT = subject_of(
    Scored(FOUND, LABELS, 0.5, frozenset({0, 1, 2})), 3, metric="map50_95", slices=LATE[None], counted=COUNTED
)
WEIGHTS = np.array([[2, 0, 1, 1, 0, 3, 0, 2, 1, 0, 1, 1]], np.uint8)


def repeated(weights: list[int]) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Return the (overlaps, classes) average precision of a set in which each image lies that often."""
    chosen = [image for image, count in enumerate(weights) for _ in range(count)]
    return average_precision(rank([FOUND[i] for i in chosen], [LABELS[i] for i in chosen], 3))


def test_a_weighting_has_the_figures_of_the_repeated_images() -> None:
    figures, expected = SUBJECT.measure(WEIGHTS), repeated(WEIGHTS[0].tolist())
    np.testing.assert_allclose(figures.map50_95[0], expected.mean(axis=0), atol=1e-9)
    np.testing.assert_allclose(figures.map50[0], expected[0], atol=1e-9)


def test_a_slice_has_the_figures_of_its_repeated_images_over_the_classes_that_count() -> None:
    expected = repeated(np.where(LATE, WEIGHTS[0], 0).tolist())[:, COUNTED].mean()
    assert expected == pytest.approx(SUBJECT.measure(WEIGHTS).slices[0, 0], abs=1e-9)


def test_counts_at_the_operating_point_are_weighted() -> None:
    figures = SUBJECT.measure(WEIGHTS)
    kept = np.stack([np.bincount(found.class_ids[found.scores >= 0.5], minlength=3) for found in FOUND])
    labels = np.stack([np.bincount(truth.class_ids, minlength=3) for truth in LABELS])
    assert (WEIGHTS[0] @ kept).tolist() == figures.kept[0].tolist()
    assert (WEIGHTS[0] @ labels).tolist() == figures.labels[0].tolist()


def test_draws_are_measured_one_by_one_as_together() -> None:
    draws = draws_of(IMAGES, None, resamples=3, seed=0)
    together = SUBJECT.on_draws(draws, threads=1)
    alone = [SUBJECT.measure(row[None]).map50_95[0] for row in draws.block(0)]
    np.testing.assert_array_equal(np.array(alone), together.map50_95)
