"""Which labels a model's confident disagreement puts up for review."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from headway.contracts.dataset import Box
from headway.contracts.evidence import DETECTIONS, IMAGES
from headway.data.source import SourceImage
from headway.data.suspects import Predictions, Suspect, find_suspects, join_predictions, read_predictions
from headway.detection.detections import Detections
from headway.errors import InputError
from headway.integrations.pyarrow import ParquetStore

CLASSES = ("cup", "jar")
CUP = Box("cup", 10, 10, 50, 50)


def image(*boxes: Box, image_id: str = "a") -> SourceImage:
    lines = tuple(range(1, len(boxes) + 1))
    return SourceImage(image_id, Path(f"{image_id}.png"), boxes, f"{image_id}.txt", lines)


def detections(*rows: tuple[int, float, float, float, float, float]) -> Detections:
    """Rows of class id, score and corners."""
    values = np.array(rows, dtype=np.float64).reshape(-1, 6)
    return Detections(values[:, 2:].astype(np.float32), values[:, 1].astype(np.float32), values[:, 0].astype(np.int64))


def suspects(labels: SourceImage, found: Detections, min_score: float = 0.7) -> list[Suspect]:
    return find_suspects([labels], Predictions(CLASSES, {labels.image_id: found}), min_score=min_score)


def codes(labels: SourceImage, found: Detections, min_score: float = 0.7) -> list[str]:
    return [suspect.problem.code for suspect in suspects(labels, found, min_score)]


def test_agreement_is_no_suspect() -> None:
    assert [] == codes(image(CUP), detections((0, 0.9, 11, 10, 50, 51)))


def test_confident_detection_where_no_box_is() -> None:
    (suspect,) = suspects(image(), detections((1, 0.875, 10, 10, 50, 50)))
    assert "suspect-missing" == suspect.problem.code
    assert "a jar is detected with score 0.88 at (10, 10, 50, 50), where no box is" == suspect.problem.message
    assert ("a.txt", None, "a", None) == (
        suspect.problem.file,
        suspect.problem.line,
        suspect.problem.image_id,
        suspect.problem.box,
    )
    assert (0.875, Box("jar", 10, 10, 50, 50)) == (suspect.score, suspect.detected)


def test_detection_below_the_score_asked_for_is_no_suspect() -> None:
    weak = detections((1, 0.69, 10, 10, 50, 50))
    assert [] == codes(image(), weak)
    assert ["suspect-missing"] == codes(image(), weak, min_score=0.6)


def test_detection_that_touches_a_label_is_not_missing() -> None:
    assert [] == codes(image(CUP), detections((0, 0.9, 10, 10, 50, 25)))


def test_confident_detection_of_another_class() -> None:
    (suspect,) = suspects(image(CUP), detections((1, 0.75, 10, 10, 50, 50)))
    assert "suspect-class" == suspect.problem.code
    assert "a jar is detected with score 0.75 at (10, 10, 50, 50), on a cup box" == suspect.problem.message
    assert ("a.txt:1", 0) == (suspect.problem.place, suspect.problem.box)


def test_other_class_that_only_overlaps_is_no_suspect() -> None:
    assert [] == codes(image(CUP), detections((1, 0.9, 10, 10, 50, 36)))


def test_two_labels_in_one_place_agree_with_either_class() -> None:
    both = image(CUP, Box("jar", 10, 10, 50, 50))
    assert [] == codes(both, detections((1, 0.9, 10, 10, 50, 50)))


def test_label_that_no_detection_supports() -> None:
    far = detections((0, 0.5, 100, 100, 150, 150))
    (suspect,) = suspects(image(CUP), far)
    assert "suspect-box" == suspect.problem.code
    assert ("a.txt:1", "nothing is detected on the cup box (10, 10, 50, 50)") == (
        suspect.problem.place,
        suspect.problem.message,
    )


def test_the_weakest_detection_of_any_class_supports_a_label() -> None:
    assert [] == codes(image(CUP), detections((1, 0.001, 10, 10, 50, 40)))


def test_label_without_area_is_left_to_its_own_code() -> None:
    assert [] == codes(image(Box("cup", 10, 10, 10, 10)), detections())


def test_images_that_were_not_predicted_are_passed_over() -> None:
    assert [] == find_suspects([image(CUP)], Predictions(CLASSES, {}))


def test_the_surest_come_first() -> None:
    first, second = image(CUP, image_id="a"), image(image_id="b")
    found = {
        "a": detections((1, 0.8, 10, 10, 50, 50)),
        "b": detections((0, 0.75, 5, 5, 9, 9), (0, 0.95, 50, 50, 90, 90)),
    }
    assert [0.95, 0.8, 0.75] == [
        round(one.score, 2) for one in find_suspects([first, second], Predictions(CLASSES, found))
    ]


def write_evidence(folder: Path, columns: tuple[str, ...] = ("x_min", "y_min", "x_max", "y_max")) -> Path:
    store, metadata = ParquetStore(), {"classes": '["cup", "jar"]'}
    store.write(folder / IMAGES, {"image_id": np.array(["a", "b"])}, metadata)
    rows = {"image_id": np.array(["a", "a"]), "class_id": np.array([1, 0], np.int32), "score": np.array([0.9, 0.1])}
    corners = {name: np.array([10.0, 20.0], np.float32) for name in columns}
    store.write(folder / DETECTIONS, {**rows, **corners}, metadata)
    return folder


def test_evidence_of_a_scoring_is_read(tmp_path: Path) -> None:
    predictions = read_predictions(write_evidence(tmp_path), ParquetStore())
    assert CLASSES == predictions.classes
    assert {"a": [1, 0], "b": []} == {name: found.class_ids.tolist() for name, found in predictions.found.items()}
    assert [[10, 10, 10, 10], [20, 20, 20, 20]] == predictions.found["a"].boxes.tolist()


def test_image_without_a_detection_has_its_labels_questioned(tmp_path: Path) -> None:
    predictions = read_predictions(write_evidence(tmp_path), ParquetStore())
    assert ["suspect-box"] == [one.problem.code for one in find_suspects([image(CUP, image_id="b")], predictions)]


def test_tables_that_are_no_evidence_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no evidence of a scoring: 'y_max'"):
        read_predictions(write_evidence(tmp_path, columns=("x_min", "y_min", "x_max")), ParquetStore())


def test_predictions_of_several_folds_cover_all_their_images() -> None:
    folds = [Predictions(CLASSES, {image_id: detections()}) for image_id in ("a", "b")]
    assert {"a", "b"} == set(join_predictions(folds).found)


def test_predictions_that_number_classes_differently_are_not_joined() -> None:
    with pytest.raises(InputError, match="different classes"):
        join_predictions([Predictions(CLASSES, {}), Predictions(CLASSES[::-1], {})])
