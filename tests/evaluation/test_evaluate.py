from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from headway.contracts.dataset import PreparedDataset
from headway.contracts.params.evaluate import EvaluateParams
from headway.contracts.scorecard import FreshScore, read_scorecard, write_document
from headway.errors import InputError
from headway.evaluation.evaluate import Evaluation, evaluate
from headway.evaluation.evidence import Evidence
from headway.integrations.faster_coco_eval import FasterCocoEval
from headway.integrations.onnxruntime import OnnxModel
from headway.integrations.pillow.reading import read_image
from headway.ports import Runtime
from tests.blob_dataset import make_blob_dataset
from tests.blob_detector import CLASSES
from tests.evaluation.silence import silent

FIXED = EvaluateParams(operating_point=0.5, robustness=False)


def run(dataset: PreparedDataset, runtime: Runtime, params: EvaluateParams = FIXED) -> Evaluation:
    return evaluate(
        dataset,
        runtime,
        params,
        model_sha256="0" * 64,
        scorer=FasterCocoEval(),
        read_image=read_image,
        progress=silent,
    )


def equal_tables(first: Evidence, second: Evidence) -> bool:
    lists = [
        {table: {name: column.tolist() for name, column in columns.items()} for table, columns in each.tables.items()}
        for each in (first, second)
    ]
    return lists[0] == lists[1]


def rows_of(evaluation: Evaluation, plot: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(evaluation.plots[plot])))


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> PreparedDataset:
    """The data set of `dataset`, after fresh images came."""
    return make_blob_dataset(tmp_path_factory.mktemp("grown"), fresh=7)


@pytest.fixture(scope="module")
def grown_evaluation(grown: PreparedDataset, model: OnnxModel) -> Evaluation:
    return run(grown, model, EvaluateParams())


class Blind:
    """A detector that never finds anything."""

    input_size = 64
    classes = CLASSES
    engine = "blind 1.0"

    def run(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.zeros((len(batch), 5, 6), dtype=np.float32)


def test_a_fair_detector_scores_between_nothing_and_everything(evaluation: Evaluation) -> None:
    assert 0.3 < (evaluation.scorecard.quality.map50 or 0) < 1


def test_scoring_twice_gives_equal_values(
    dataset: PreparedDataset, model: OnnxModel, evaluation: Evaluation, tmp_path: Path
) -> None:
    again = run(dataset, model, EvaluateParams())
    write_document(tmp_path / "first.json", evaluation.scorecard)
    write_document(tmp_path / "second.json", again.scorecard)
    assert (tmp_path / "first.json").read_bytes() == (tmp_path / "second.json").read_bytes()
    assert evaluation.plots == again.plots


def test_the_batch_size_changes_no_number(dataset: PreparedDataset, model: OnnxModel) -> None:
    alone = run(dataset, model, FIXED.model_copy(update={"batch": 1}))
    assert alone.scorecard == run(dataset, model, FIXED).scorecard


def test_a_scorecard_reads_back_as_it_was_written(evaluation: Evaluation, tmp_path: Path) -> None:
    write_document(tmp_path / "scorecard.json", evaluation.scorecard)
    assert evaluation.scorecard == read_scorecard(tmp_path / "scorecard.json")


def test_the_threshold_comes_from_val_alone(dataset: PreparedDataset, model: OnnxModel, evaluation: Evaluation) -> None:
    without_test_boxes = [replace(record, boxes=()) if record.split == "test" else record for record in dataset.records]
    other = run(replace(dataset, records=tuple(without_test_boxes)), model, EvaluateParams(robustness=False))
    assert evaluation.scorecard.operating_point.threshold == other.scorecard.operating_point.threshold
    assert "best F1 on val" == other.scorecard.threshold_source


def test_a_fixed_threshold_is_used_as_given(dataset: PreparedDataset, model: OnnxModel) -> None:
    card = run(dataset, model).scorecard
    assert (0.5, "params.yaml") == (card.operating_point.threshold, card.threshold_source)


def test_a_class_without_test_boxes_has_no_score(evaluation: Evaluation) -> None:
    [blue] = [entry for entry in evaluation.scorecard.per_class if entry.name == "blue"]
    assert (0, None, None, None) == (blue.boxes, blue.map50_95, blue.map50, blue.at_threshold.recall)


def test_the_confusion_agrees_with_the_operating_point(evaluation: Evaluation) -> None:
    card = evaluation.scorecard
    table = np.array(card.confusion)
    assert (len(CLASSES) + 1, len(CLASSES) + 1) == table.shape
    assert card.operating_point.true_positives == table.diagonal().sum()


def test_every_corruption_has_two_slices(evaluation: Evaluation) -> None:
    found = [(entry.corruption, entry.strength) for entry in evaluation.scorecard.slices]
    assert 12 == len(found) == len(set(found))


def test_what_is_left_under_a_corruption_is_a_share_of_the_clean_score(evaluation: Evaluation) -> None:
    card = evaluation.scorecard
    [dark] = [entry for entry in card.slices if (entry.corruption, entry.strength) == ("dark", 2)]
    assert card.quality.map50_95 and dark.quality.map50_95 is not None
    assert dark.relative_map50_95 == pytest.approx(dark.quality.map50_95 / card.quality.map50_95, abs=1e-5)
    assert dark.quality.map50_95 < card.quality.map50_95


def test_a_blind_detector_scores_zero_at_the_fallback_threshold(dataset: PreparedDataset) -> None:
    card = run(dataset, Blind(), EvaluateParams()).scorecard
    assert (0.0, "fallback", None) == (card.quality.map50_95, card.threshold_source, card.operating_point.precision)
    assert [None] * 12 == [entry.relative_map50_95 for entry in card.slices]


def test_a_test_split_without_boxes_has_no_score(dataset: PreparedDataset, model: OnnxModel) -> None:
    bare = replace(dataset, records=tuple(replace(record, boxes=()) for record in dataset.records))
    card = run(bare, model, EvaluateParams()).scorecard
    assert (None, None, "fallback") == (card.quality.map50_95, card.operating_point.recall, card.threshold_source)


def test_without_fresh_images_there_is_no_fresh_score(evaluation: Evaluation) -> None:
    assert evaluation.scorecard.fresh is None


def test_fresh_images_score_as_they_would_if_they_were_the_test_set(
    grown: PreparedDataset, model: OnnxModel, grown_evaluation: Evaluation
) -> None:
    as_test = tuple(replace(record, split="test") for record in grown.split("fresh"))
    expected = run(replace(grown, records=as_test), model).scorecard.quality
    fresh = grown_evaluation.scorecard.fresh
    assert fresh is not None and 0.3 < (fresh.map50 or 0)
    assert (7, expected.boxes, expected.map50_95, expected.map50) == (
        fresh.images,
        fresh.boxes,
        fresh.map50_95,
        fresh.map50,
    )


def test_fresh_images_change_nothing_else(
    dataset: PreparedDataset, grown: PreparedDataset, evaluation: Evaluation, grown_evaluation: Evaluation
) -> None:
    apart = {"fresh": None, "dataset_digest": dataset.digest}
    assert dataset.digest != grown.digest
    assert evaluation.scorecard == grown_evaluation.scorecard.model_copy(update=apart)
    assert evaluation.plots == grown_evaluation.plots
    assert equal_tables(evaluation.evidence, grown_evaluation.evidence)


def test_fresh_images_without_boxes_have_no_score(grown: PreparedDataset, model: OnnxModel) -> None:
    bare = tuple(replace(record, boxes=()) if record.split == "fresh" else record for record in grown.records)
    fresh = run(replace(grown, records=bare), model).scorecard.fresh
    assert FreshScore(images=7, boxes=0, map50_95=None, map50=None) == fresh


def test_other_classes_are_refused(dataset: PreparedDataset, model: OnnxModel) -> None:
    with pytest.raises(InputError, match="knows the classes red, green, blue; the data set has blue, red, green"):
        run(replace(dataset, classes=("blue", "red", "green")), model)


@pytest.mark.parametrize("split", ["val", "test"])
def test_an_empty_split_is_refused(dataset: PreparedDataset, model: OnnxModel, split: str) -> None:
    rest = tuple(record for record in dataset.records if record.split != split)
    with pytest.raises(InputError, match=f"the {split} split of .* has no images"):
        run(replace(dataset, records=rest), model, EvaluateParams(robustness=False))


def test_the_reliability_plot_holds_every_detection_of_the_bins(evaluation: Evaluation) -> None:
    expected = sum(entry.detections for entry in evaluation.scorecard.calibration.bins)
    assert expected == sum(int(row["detections"]) for row in rows_of(evaluation, "reliability.csv"))


def test_the_precision_recall_plot_has_the_area_of_map50(evaluation: Evaluation) -> None:
    precision = [float(row["precision"]) for row in rows_of(evaluation, "precision_recall.csv")]
    assert evaluation.scorecard.quality.map50 == pytest.approx(np.mean(precision), abs=1e-5)


def test_the_confidence_plot_passes_through_the_operating_point(dataset: PreparedDataset, model: OnnxModel) -> None:
    result = run(dataset, model)
    [row] = [row for row in rows_of(result, "confidence_f1.csv") if float(row["confidence"]) == 0.5]
    assert result.scorecard.operating_point.f1 == pytest.approx(float(row["f1"]), abs=1e-6)


def test_the_confusion_plot_has_every_cell(evaluation: Evaluation) -> None:
    rows: list[dict[str, Any]] = rows_of(evaluation, "confusion.csv")
    counts = [[int(row["count"]) for row in rows if row["actual"] == name] for name in [*CLASSES, "background"]]
    assert [list(row) for row in evaluation.scorecard.confusion] == counts
