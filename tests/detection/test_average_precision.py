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
    precision_at_recall,
    rank,
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
