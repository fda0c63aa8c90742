from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from headway.contracts.dataset import PreparedDataset
from headway.contracts.evidence import DETECTIONS, GROUND_TRUTH, IMAGES
from headway.detection.detections import Detections
from headway.detection.matching import Labels
from headway.errors import InputError
from headway.evaluation.contenders import (
    ScoredImage,
    Scoring,
    find_again,
    group_ids,
    read_scoring,
    score_again,
    translation,
)
from headway.evaluation.evaluate import Evaluation
from headway.evaluation.evidence import Evidence, write_evidence
from headway.evaluation.predict import predict
from headway.integrations.onnxruntime import OnnxModel, open_model
from headway.integrations.pillow.reading import read_image
from headway.integrations.pyarrow import ParquetStore
from tests.blob_detector import CLASSES, save_blob_detector
from tests.evaluation.silence import silent

Columns = Mapping[str, Any]


@pytest.fixture(scope="module")
def scoring(evaluation: Evaluation, tmp_path_factory: pytest.TempPathFactory) -> Scoring:
    folder = tmp_path_factory.mktemp("model") / "evidence"
    write_evidence(evaluation.evidence, folder, ParquetStore())
    return read_scoring(folder, ParquetStore())


def raw(found: Detections) -> list[Any]:
    return [found.boxes.tolist(), found.scores.tolist(), found.class_ids.tolist()]


def image(number: int, *, group: str = "", labels: Labels | None = None) -> ScoredImage:
    """Return an image with one label and one detection."""
    one = Labels(np.array([[0.0, 0.0, 4.0, 4.0]]), np.array([number % 2]))
    found = Detections(np.zeros((1, 4), np.float32), np.ones(1, np.float32), np.array([number % 2]))
    return ScoredImage(f"test/{number}", f"{number:064}", group, labels or one, found)


def scored(*images: ScoredImage, classes: tuple[str, ...] = ("can", "jar")) -> Scoring:
    return Scoring("a" * 64, "d" * 64, classes, 0.5, images)


def test_evidence_gives_back_what_the_model_found(scoring: Scoring, dataset: PreparedDataset, model: OnnxModel) -> None:
    records = dataset.split("test")
    found = predict(
        model, records, lambda record: read_image(dataset.image_path(record)), batch=8, progress=silent, label=""
    )

    assert [raw(detections) for detections in found] == [raw(one.found) for one in scoring.images]


def test_evidence_gives_back_images_and_labels(scoring: Scoring, dataset: PreparedDataset) -> None:
    records = dataset.split("test")

    assert [(one.image_id, one.sha256, one.group or "") for one in records] == [
        (one.image_id, one.sha256, one.group) for one in scoring.images
    ]
    assert [[box.class_name for box in record.boxes] for record in records] == [
        [CLASSES[class_id] for class_id in one.labels.class_ids] for one in scoring.images
    ]
    assert dataset.digest == scoring.dataset_digest


def drop_a_column(columns: Columns) -> Columns:
    return {name: values for name, values in columns.items() if name != "class_id"}


def name_no_class(columns: Columns) -> Columns:
    return {**columns, "class_id": columns["class_id"] + 7}


def scatter(columns: Columns) -> Columns:
    return {name: np.concatenate([values, values[:1]]) for name, values in columns.items()}


@pytest.mark.parametrize("damage", [drop_a_column, name_no_class, scatter])
@pytest.mark.parametrize("table", [GROUND_TRUTH, DETECTIONS])
def test_damaged_evidence_is_refused(
    table: str, damage: Callable[[Columns], Columns], evaluation: Evaluation, tmp_path: Path
) -> None:
    evidence = evaluation.evidence
    damaged = Evidence({**evidence.tables, table: damage(evidence.tables[table])}, evidence.metadata)
    write_evidence(damaged, tmp_path / "evidence", ParquetStore())

    with pytest.raises(InputError, match="is no evidence of an evaluate stage"):
        read_scoring(tmp_path / "evidence", ParquetStore())


@pytest.mark.parametrize("key", ["model_sha256", "classes", "match_iou"])
def test_evidence_must_say_what_it_belongs_to(key: str, evaluation: Evaluation, tmp_path: Path) -> None:
    metadata = {name: value for name, value in evaluation.evidence.metadata.items() if name != key}
    write_evidence(Evidence(evaluation.evidence.tables, metadata), tmp_path / "evidence", ParquetStore())

    with pytest.raises(InputError, match=key):
        read_scoring(tmp_path / "evidence", ParquetStore())


def test_missing_evidence_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=IMAGES):
        read_scoring(tmp_path, ParquetStore())


def test_renamed_images_and_renumbered_classes_are_the_same_test_set() -> None:
    first = scored(image(0), image(1))
    turned = [replace(one, labels=Labels(one.labels.boxes, 1 - one.labels.class_ids)) for one in first.images]
    second = scored(replace(turned[1], image_id="a"), replace(turned[0], image_id="b"), classes=("jar", "can"))

    assert first.test_set_digest == second.test_set_digest


@pytest.mark.parametrize(
    "other",
    [
        scored(image(0)),
        scored(image(0), image(2)),
        scored(image(0), image(1), classes=("can", "pot")),
        scored(image(0), image(1, labels=Labels(np.array([[0.0, 0.0, 4.0, 5.0]]), np.array([1])))),
    ],
    ids=["an image less", "another image", "another class", "another box"],
)
def test_other_images_or_labels_are_another_test_set(other: Scoring) -> None:
    assert scored(image(0), image(1)).test_set_digest != other.test_set_digest


def test_classes_are_translated_by_name_and_foreign_ones_dropped() -> None:
    boxes = np.arange(12, dtype=np.float32).reshape(3, 4)
    found = Detections(boxes, np.array([0.9, 0.8, 0.7], np.float32), np.array([0, 1, 2]))
    translated = translation(("can", "jar", "pot"), ("new", "pot", "can"))(found)

    assert [boxes[[0, 2]].tolist(), [0.9, 0.7], [2, 1]] == [
        translated.boxes.tolist(),
        translated.scores.round(3).astype(float).round(3).tolist(),
        translated.class_ids.tolist(),
    ]


def test_what_was_found_in_the_same_bytes_stands_whatever_the_labels_say() -> None:
    champion = scored(image(0), image(1), image(2))
    relabelled = replace(image(1), image_id="renamed", labels=Labels(np.empty((0, 4)), np.empty(0, np.int64)))
    found = find_again(champion, [relabelled], ("jar", "can"))

    assert [[0]] == [detections.class_ids.tolist() for detections in found or ()]


def test_images_that_the_champion_has_not_seen_must_be_scored_again() -> None:
    assert find_again(scored(image(0)), [image(0), image(3)], ("can", "jar")) is None


def test_a_model_with_other_classes_scores_the_same_images_again(
    scoring: Scoring, dataset: PreparedDataset, tmp_path: Path
) -> None:
    champion = open_model(save_blob_detector(tmp_path / "model.onnx", classes=("green", "red")), threads=1)
    found = score_again(champion, dataset, scoring.images, CLASSES, batch=4, read_image=read_image, progress=silent)
    expected = [translation(CLASSES, ("red", "green"))(one.found) for one in scoring.images]

    assert [raw(detections) for detections in expected] == [raw(detections) for detections in found]


def test_other_images_than_the_candidates_are_refused(dataset: PreparedDataset, model: OnnxModel) -> None:
    with pytest.raises(InputError, match="does not hold the test images"):
        score_again(model, dataset, [image(0)], CLASSES, batch=4, read_image=read_image, progress=silent)


def test_images_without_a_group_are_each_their_own() -> None:
    groups = group_ids([image(0, group="a"), image(1), image(2, group="a"), image(3)])

    assert groups is not None
    assert [0, 1, 0, 2] == groups.tolist()
    assert group_ids([image(0), image(1)]) is None
