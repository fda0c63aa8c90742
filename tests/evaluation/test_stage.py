"""The stage's own script, run as DVC runs it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from headway.contracts.layout import LATENCY, PLOTS, PREPARED, SCORECARD, ModelFiles
from headway.contracts.scorecard import read_latency, read_scorecard
from tests.blob_dataset import make_blob_dataset
from tests.blob_detector import save_blob_detector
from tests.conftest import ROOT

MODEL = ModelFiles("blobs")


def run_stage(folder: Path) -> subprocess.CompletedProcess[str]:
    script = str(ROOT / "pipelines/evaluate.py")
    return subprocess.run([sys.executable, script], cwd=folder, capture_output=True, text=True, check=False)


def outputs(folder: Path) -> dict[str, bytes]:
    files = [folder / SCORECARD, *(folder / PLOTS).iterdir(), *(folder / MODEL.evidence).iterdir()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    make_blob_dataset(folder / PREPARED)
    (folder / MODEL.folder).mkdir(parents=True)
    save_blob_detector(folder / MODEL.onnx)
    (folder / "params.yaml").write_text("model: blobs\nevaluate: {latency_runs: 10, threads: 1}\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def scored(project: Path) -> Path:
    done = run_stage(project)
    assert 0 == done.returncode, done.stderr
    return project


def test_all_outputs_appear_and_can_be_read(scored: Path) -> None:
    assert read_scorecard(scored / SCORECARD).model_sha256 == read_latency(scored / LATENCY).model_sha256
    assert 4 == len(list((scored / PLOTS).iterdir()))


def test_running_again_gives_equal_bytes(scored: Path) -> None:
    before = outputs(scored)
    assert 0 == run_stage(scored).returncode
    assert before == outputs(scored)


def test_a_model_that_is_none_ends_with_a_sentence_and_leaves_the_old_results(scored: Path) -> None:
    before, model = outputs(scored), (scored / MODEL.onnx).read_bytes()
    (scored / MODEL.onnx).write_bytes(b"no model")
    done = run_stage(scored)
    (scored / MODEL.onnx).write_bytes(model)
    assert 2 == done.returncode
    assert "error: models/blobs/model.onnx is no ONNX model that can be run" in done.stderr
    assert "hint: export it again: dvc repro export" in done.stderr
    assert before == outputs(scored)
