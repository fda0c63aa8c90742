from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow.parquet
import pytest

from headway.contracts.dataset import PreparedDataset
from headway.contracts.evidence import DETECTIONS, GROUND_TRUTH, IMAGES
from headway.detection.average_precision import average_precision, mean_average_precision, rank
from headway.detection.detections import Detections
from headway.detection.matching import Labels
from headway.evaluation.evaluate import Evaluation
from headway.evaluation.evidence import write_evidence
from headway.integrations.pyarrow import ParquetStore
from tests.blob_detector import CLASSES

CORNERS = ("x_min", "y_min", "x_max", "y_max")
TYPES = {
    IMAGES: {"image_id": "O", "sha256": "O", "width": "int32", "height": "int32", "group": "O"},
    GROUND_TRUTH: {"image_id": "O", "class_id": "int32"} | dict.fromkeys(CORNERS, "float64") | {"matched": "bool"},
    DETECTIONS: {"image_id": "O", "class_id": "int32", "score": "float32"}
    | dict.fromkeys(CORNERS, "float64")
    | {"true_positive": "bool", "iou": "float32"},
}


@pytest.fixture(scope="module")
def folder(evaluation: Evaluation, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model") / "evidence"
    write_evidence(evaluation.evidence, folder, ParquetStore())
    return folder


@pytest.mark.parametrize("name", TYPES)
def test_columns_and_types_are_those_of_the_contract(folder: Path, name: str) -> None:
    assert TYPES[name] == {key: column.dtype for key, column in ParquetStore().read(folder / name).items()}


@pytest.mark.parametrize("name", TYPES)
def test_every_table_says_what_it_belongs_to(folder: Path, evaluation: Evaluation, name: str) -> None:
    metadata = pyarrow.parquet.read_schema(folder / name).metadata
    keys = {b"schema_version", b"model_sha256", b"dataset_digest", b"classes", b"match_iou", b"threshold"}
    assert keys == set(metadata)
    assert list(evaluation.scorecard.classes) == json.loads(metadata[b"classes"])


def test_every_test_image_is_there_in_order(folder: Path, dataset: PreparedDataset) -> None:
    expected = [record.image_id for record in dataset.split("test")]
    assert expected == ParquetStore().read(folder / IMAGES)["image_id"].tolist()


def test_matches_are_those_of_the_scorecard(folder: Path, evaluation: Evaluation) -> None:
    point = evaluation.scorecard.operating_point
    truth, found = ParquetStore().read(folder / GROUND_TRUTH), ParquetStore().read(folder / DETECTIONS)
    assert point.true_positives == truth["matched"].sum()
    assert point.false_negatives == np.count_nonzero(~truth["matched"])
    assert point.true_positives == np.count_nonzero(found["true_positive"] & (found["score"] >= point.threshold))


def test_a_detection_has_an_overlap_when_it_is_right(folder: Path) -> None:
    found = ParquetStore().read(folder / DETECTIONS)
    np.testing.assert_array_equal(found["true_positive"], found["iou"] >= 0.5)


def test_the_score_can_be_computed_again_from_the_evidence(folder: Path, evaluation: Evaluation) -> None:
    tables = {name: ParquetStore().read(folder / name) for name in TYPES}
    detections, labels = [], []
    for image_id in tables[IMAGES]["image_id"]:
        found = {key: column[tables[DETECTIONS]["image_id"] == image_id] for key, column in tables[DETECTIONS].items()}
        truth = {
            key: column[tables[GROUND_TRUTH]["image_id"] == image_id] for key, column in tables[GROUND_TRUTH].items()
        }
        boxes = np.stack([found[name] for name in CORNERS], axis=1).astype(np.float32)
        detections.append(Detections(boxes, found["score"], found["class_id"].astype(np.int64)))
        labels.append(Labels(np.stack([truth[name] for name in CORNERS], axis=1), truth["class_id"].astype(np.int64)))
    again = mean_average_precision(average_precision(rank(detections, labels, len(CLASSES))))
    assert evaluation.scorecard.quality.map50_95 == pytest.approx(again, abs=1e-6)


def test_writing_again_gives_equal_bytes(folder: Path, evaluation: Evaluation, tmp_path: Path) -> None:
    write_evidence(evaluation.evidence, tmp_path / "again", ParquetStore())
    for name in TYPES:
        assert (folder / name).read_bytes() == (tmp_path / "again" / name).read_bytes()
