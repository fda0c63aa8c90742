from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from headway.contracts.canonical import sha256_of
from headway.contracts.layout import ModelFiles
from headway.contracts.run_record import LOCK_TAG, RunRecord, TrackedDataset, TrackedMetric
from headway.contracts.scorecard import FreshScore
from headway.errors import InputError
from headway.training.track import collect_run, epoch_metrics, flatten, scorecard_metrics, tracker_key
from tests.finished_run import DATASET_DIGEST, IDENTITY, scorecard, write, write_finished_run

DETECTOR = ModelFiles("detector")
FLAT = {
    "prepare.source": "data/shelves.yaml",
    "train.epochs": "2",
    "train.freeze": "null",
    "train.lr0": "0.002",
    "train.scale": "[0.5, 1.5]",
}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    write_finished_run(tmp_path)
    return tmp_path


def collect(repository: Path, commit: str | None = "c" * 40) -> RunRecord:
    return collect_run(repository, DETECTOR, lock_digest="1" * 64, commit=commit)


def test_params_are_those_of_the_lock_even_when_params_yaml_was_edited_since(repository: Path) -> None:
    write(repository / "params.yaml", "model: detector\ntrain: {epochs: 99}\n")
    assert FLAT == collect(repository).params


def test_dotted_params_of_a_stage_are_collected_like_sections(repository: Path) -> None:
    lock = {"stages": {"train": {"params": {"params.yaml": {"train.epochs": 2, "train.lr0": 0.5}}}}}
    write(repository / "dvc.lock", yaml.safe_dump(lock))
    assert {"train.epochs": "2", "train.lr0": "0.5"} == collect(repository).params


def test_tags_name_commit_lock_params_data_and_bundle(repository: Path) -> None:
    assert {
        LOCK_TAG: "1" * 64,
        "headway.params_digest": sha256_of(FLAT),
        "headway.dataset_digest": DATASET_DIGEST,
        "headway.bundle": IDENTITY,
        "mlflow.source.git.commit": "c" * 40,
    } == collect(repository).tags


def test_outside_a_repository_there_is_no_commit_tag(repository: Path) -> None:
    assert "mlflow.source.git.commit" not in collect(repository, commit=None).tags


def test_the_data_set_is_named_by_digest_and_source(repository: Path) -> None:
    dataset = collect(repository).dataset
    assert dataset is not None
    assert (DATASET_DIGEST, "data/shelves.yaml") == (dataset.digest, dataset.source)


def test_metrics_are_epochs_scorecard_and_latency(repository: Path) -> None:
    metrics = {(each.key, each.step): each.value for each in collect(repository).metrics}
    assert {
        ("epochs/train/box_loss", 1): 1.5,
        ("epochs/train/box_loss", 2): 1.25,
        ("epochs/metrics/mAP50B", 1): 0.25,
        ("test/map50_95", 0): 0.5123,
        ("operating_point/true_positives", 0): 24.0,
        ("calibration/expected_calibration_error", 0): 0.0432,
        ("classes/can/map50", 0): 0.8611,
        ("classes/box_large/boxes", 0): 0.0,
        ("robustness/dark_2/relative_map50_95", 0): 0.488,
        ("latency/p50_ms", 0): 12.14,
        ("latency/images_per_second", 0): 95.26,
    }.items() <= metrics.items()


def test_the_score_on_fresh_images_is_told_where_there_is_one() -> None:
    fresh = FreshScore(images=3, boxes=8, map50_95=0.48, map50=None)
    told = {each.key: each.value for each in scorecard_metrics(scorecard(fresh=fresh))}
    assert {"fresh/images": 3.0, "fresh/boxes": 8.0, "fresh/map50_95": 0.48} == {
        key: value for key, value in told.items() if key.startswith("fresh/")
    }


def test_numbers_without_ground_truth_are_left_out(repository: Path) -> None:
    keys = {each.key for each in collect(repository).metrics}
    assert {"test/map_small", "classes/box_large/map50", "robustness/noise_1/map50_95"}.isdisjoint(keys)


def test_files_are_reports_plots_manifest_and_card_but_no_weights(repository: Path) -> None:
    filed = [(file.folder, Path(file.path).relative_to(repository).as_posix()) for file in collect(repository).files]
    assert [
        ("reports", "reports/dataset.json"),
        ("reports", "reports/training.json"),
        ("reports", "reports/epochs.csv"),
        ("reports", "reports/parity.json"),
        ("reports", "reports/scorecard.json"),
        ("reports", "reports/latency.json"),
        ("bundle", "models/detector/manifest.json"),
        ("plots", "reports/plots/confusion.csv"),
        ("bundle", "models/detector/bundle/card.md"),
        ("bundle/plots", "models/detector/bundle/plots/reliability.png"),
    ] == filed


def test_a_report_that_was_edited_after_the_run_is_refused(repository: Path) -> None:
    write(repository / "reports/scorecard.json", "{}")
    with pytest.raises(InputError, match=re.escape("reports/scorecard.json is not the file that dvc.lock records")):
        collect(repository)


def test_a_lock_with_the_markers_of_a_merge_is_refused(repository: Path) -> None:
    write(repository / "dvc.lock", "<<<<<<< HEAD\n")
    with pytest.raises(InputError, match=re.escape("dvc.lock is no dvc.lock")):
        collect(repository)


def test_stages_that_have_not_run_yet_are_left_out(tmp_path: Path) -> None:
    write(tmp_path / "dvc.lock", yaml.safe_dump({"stages": {"prepare": {"cmd": "python pipelines/prepare.py"}}}))
    assert RunRecord(
        model="detector",
        lock_digest="1" * 64,
        tags={LOCK_TAG: "1" * 64, "headway.params_digest": sha256_of({})},
        params={},
        metrics=(),
        dataset=None,
        files=(),
    ) == collect(tmp_path, commit=None)


def test_nan_and_empty_cells_of_an_epoch_are_left_out() -> None:
    text = "epoch,a,b,c\n1,0.5,nan,\n2,,inf,1.5\n"
    assert [TrackedMetric("epochs/a", 0.5, 1), TrackedMetric("epochs/c", 1.5, 2)] == list(epoch_metrics(text))


@given(st.text())
def test_every_name_becomes_a_key_that_mlflow_accepts(name: str) -> None:
    key = tracker_key(name)
    assert re.fullmatch(r"[/\w.\- ]+", key)
    assert not any(part in {"", ".", ".."} for part in key.split("/"))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.integers()),
        lambda values: st.dictionaries(st.text("abc", min_size=1), values),
        max_leaves=8,
    )
)
def test_flattening_keeps_every_leaf(value: object) -> None:
    assert _leaves(value) == len(flatten({"root": value}))


def _leaves(value: object) -> int:
    return sum(map(_leaves, value.values())) if isinstance(value, dict) else 1


def test_a_record_survives_its_way_to_the_tracking_process(repository: Path) -> None:
    import json

    record = collect(repository)
    assert record == RunRecord.from_json(json.loads(record.to_json()))
    bare = RunRecord("detector", "1", {}, {}, (), TrackedDataset("d", "s", "{}"), ())
    assert bare == RunRecord.from_json(json.loads(bare.to_json()))
