from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from headway.detection.average_precision import (
    IOU_THRESHOLDS,
    MAX_DETECTIONS,
    RECALL_LEVELS,
    average_precision,
    mean_average_precision,
    of_images,
    precision_at_recall,
    rank,
    resampled_average_precision,
)
from headway.detection.detections import Detections
from headway.detection.matching import Labels
from tests.coco_reference import reference_curves
from tests.detection.scenes import random_scene

CLASSES = 3
Scene = tuple[Detections, Labels]


def pycocotools_precision(scenes: list[Scene]) -> NDArray[np.float64]:
    """Return the (10, classes) average precision by the reference implementation; NaN without labels."""
    annotations: list[dict[str, Any]] = []
    results = []
    for image, (found, labels) in enumerate(scenes, start=1):
        for box, class_id in zip(labels.boxes, labels.class_ids, strict=True):
            area = float((box[2] - box[0]) * (box[3] - box[1]))
            annotations.append({**_coco(image, box, class_id), "id": len(annotations) + 1, "area": area, "iscrowd": 0})
        for box, class_id, score in zip(found.boxes, found.class_ids, found.scores, strict=True):
            results.append({**_coco(image, box, class_id), "score": float(score)})
    truth = {
        "images": [{"id": index} for index in range(1, len(scenes) + 1)],
        "categories": [{"id": index} for index in range(1, CLASSES + 1)],
        "annotations": annotations,
    }
    precision, _ = reference_curves(truth, results)
    return np.asarray(precision[..., 0].mean(axis=1))


def _coco(image: int, box: NDArray[Any], class_id: int) -> dict[str, Any]:
    x, y, right, bottom = map(float, box)
    return {"image_id": image, "category_id": int(class_id) + 1, "bbox": [x, y, right - x, bottom - y]}


def own_precision(scenes: list[Scene], weights: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
    found, labels = zip(*scenes, strict=True)
    return average_precision(rank(found, labels, CLASSES), weights)


@pytest.mark.parametrize("seed", range(6))
def test_average_precision_is_that_of_pycocotools(seed: int) -> None:
    rng = np.random.default_rng(seed)
    scenes = [random_scene(rng, classes=CLASSES) for _ in range(25)]
    np.testing.assert_allclose(own_precision(scenes), pycocotools_precision(scenes), atol=1e-9)


def test_only_the_hundred_strongest_of_a_class_count_as_in_pycocotools() -> None:
    rng = np.random.default_rng(3)
    scenes = [random_scene(rng, classes=2, labels=60, strays=600) for _ in range(3)]
    most = max(np.bincount(found.class_ids).max() for found, _ in scenes)
    assert most > MAX_DETECTIONS
    np.testing.assert_allclose(own_precision(scenes), pycocotools_precision(scenes), atol=1e-9)


def test_equal_scores_are_ranked_as_pycocotools_does() -> None:
    rng = np.random.default_rng(4)
    scenes = []
    for found, labels in (random_scene(rng, classes=CLASSES) for _ in range(20)):
        coarse = np.round(found.scores, 1)
        order = np.argsort(-coarse, kind="stable")
        scenes.append((Detections(found.boxes[order], coarse[order], found.class_ids[order]), labels))
    np.testing.assert_allclose(own_precision(scenes), pycocotools_precision(scenes), atol=1e-9)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.lists(st.integers(0, 3), min_size=6, max_size=6))
def test_whole_number_weights_mean_repeated_images(seed: int, counts: list[int]) -> None:
    rng = np.random.default_rng(seed)
    scenes = [random_scene(rng, classes=CLASSES) for _ in counts]
    repeated = [scene for scene, count in zip(scenes, counts, strict=True) for _ in range(count)]
    if not repeated:
        repeated = [(_nothing_found(), _no_labels())]
    expected = own_precision(repeated)
    np.testing.assert_allclose(own_precision(scenes, np.array(counts, dtype=np.float64)), expected, atol=1e-9)


@pytest.mark.parametrize("seed", range(6))
def test_resampled_on_the_set_as_it_is_equals_pycocotools(seed: int) -> None:
    rng = np.random.default_rng(seed)
    scenes = [random_scene(rng, classes=CLASSES, labels=14) for _ in range(25)]
    found, labels = zip(*scenes, strict=True)
    result = resampled_average_precision(rank(found, labels, CLASSES), np.ones((1, 25), np.uint8))
    np.testing.assert_allclose(result[0], pycocotools_precision(scenes), atol=1e-9)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.lists(st.lists(st.integers(0, 3), min_size=6, max_size=6), min_size=1, max_size=4))
def test_every_weighting_means_repeated_images(seed: int, weightings: list[list[int]]) -> None:
    rng = np.random.default_rng(seed)
    scenes = [random_scene(rng, classes=CLASSES) for _ in range(6)]
    found, labels = zip(*scenes, strict=True)
    result = resampled_average_precision(rank(found, labels, CLASSES), np.array(weightings, dtype=np.uint8))
    for row, counts in zip(result, weightings, strict=True):
        repeated = [scene for scene, count in zip(scenes, counts, strict=True) for _ in range(count)]
        expected = own_precision(repeated or [(_nothing_found(), _no_labels())])
        np.testing.assert_allclose(row, expected, atol=1e-9)


@pytest.mark.parametrize("total", [20, 25, 50, 100, 101])
def test_recall_that_is_exactly_a_level_falls_on_the_same_side_as_in_pycocotools(total: int) -> None:
    # Two of three labels found, each image with one detection: the hits step through every share of the total.
    rng = np.random.default_rng(total)
    scenes = []
    for score in np.linspace(1, 0.1, total):
        labels = Labels(np.array([[0.0, 0.0, 9.0, 9.0]]), np.array([0]))
        box = np.array([[0, 0, 9, 9]] if rng.random() < 0.67 else [[20, 20, 29, 29]], np.float32)
        scenes.append((Detections(box, np.array([score], np.float32), np.array([0])), labels))
    found, truth = zip(*scenes, strict=True)
    result = resampled_average_precision(rank(found, truth, 1), np.ones((1, total), np.uint8))
    np.testing.assert_allclose(result[0, 0, 0], pycocotools_precision(scenes)[0, 0], atol=1e-9)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.lists(st.booleans(), min_size=8, max_size=8))
def test_a_ranking_of_some_images_is_that_of_a_set_without_the_others(seed: int, chosen: list[bool]) -> None:
    rng = np.random.default_rng(seed)
    scenes = [random_scene(rng, classes=CLASSES) for _ in chosen]
    found, labels = zip(*scenes, strict=True)
    some = of_images(rank(found, labels, CLASSES), np.array(chosen))
    kept = [scene for scene, keep in zip(scenes, chosen, strict=True) if keep]
    expected = own_precision(kept or [(_nothing_found(), _no_labels())])
    np.testing.assert_allclose(average_precision(some), expected, atol=1e-9)


def test_crowded_images_are_matched_as_in_pycocotools() -> None:
    # Several boxes around every label, so that nearly all are contested.
    rng = np.random.default_rng(7)
    scenes = []
    for _ in range(12):
        _, labels = random_scene(rng, classes=2, labels=12, side=80)
        boxes = np.repeat(labels.boxes, 4, axis=0) + rng.normal(0, 2, (4 * len(labels), 4))
        boxes[:, 2:] = np.maximum(boxes[:, :2], boxes[:, 2:])
        scores = np.sort(rng.random(len(boxes)).astype(np.float32))[::-1]
        order = rng.permutation(len(boxes))
        class_ids = np.repeat(labels.class_ids, 4)[order]
        scenes.append((Detections(boxes[order].astype(np.float32), scores, class_ids), labels))
    np.testing.assert_allclose(own_precision(scenes), pycocotools_precision(scenes), atol=1e-9)


def test_a_class_without_labels_has_no_average_precision() -> None:
    labels = Labels(np.array([[0.0, 0.0, 9.0, 9.0]]), np.array([0]))
    found = Detections(np.array([[0, 0, 9, 9]], np.float32), np.array([0.5], np.float32), np.array([1]))
    result = own_precision([(found, labels)])
    assert [0.0, True, True] == [result[0, 0], np.isnan(result[0, 1]), np.isnan(result[0, 2])]


def test_finding_nothing_scores_zero() -> None:
    labels = Labels(np.array([[0.0, 0.0, 9.0, 9.0]]), np.array([0]))
    assert 0.0 == mean_average_precision(own_precision([(_nothing_found(), labels)]))


def test_without_any_label_there_is_no_mean() -> None:
    assert mean_average_precision(own_precision([(_nothing_found(), _no_labels())])) is None


def test_precision_never_rises_with_recall() -> None:
    rng = np.random.default_rng(8)
    found, labels = zip(*[random_scene(rng, classes=CLASSES) for _ in range(10)], strict=True)
    curves = precision_at_recall(rank(found, labels, CLASSES))
    assert (len(IOU_THRESHOLDS), CLASSES, len(RECALL_LEVELS)) == curves.shape
    assert np.all(np.diff(curves, axis=2) <= 0)


def _nothing_found() -> Detections:
    return Detections(np.empty((0, 4), np.float32), np.empty(0, np.float32), np.empty(0, np.int64))


def _no_labels() -> Labels:
    return Labels(np.empty((0, 4)), np.empty(0, np.int64))
