"""The export stage on real networks and images: what is written, what is refused, and what then stays as it was."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from headway.contracts.canonical import sha256_file
from headway.contracts.dataset import PreparedDataset
from headway.contracts.layout import EXPORT_SPEED, PARITY_REPORT, PREPARED, ModelFiles
from headway.contracts.params.export import ExportParams, ParityParams
from headway.errors import INPUT, InputError
from headway.integrations.onnx import assemble, check_model_file
from headway.integrations.onnxruntime import open_model
from headway.integrations.onnxruntime_quantization import to_fp16, to_int8
from headway.integrations.pillow.reading import read_image
from headway.integrations.ultralytics.checkpoint import Checkpoint, load_checkpoint
from headway.packaging.export import ExportTools, describe_export, export_model, spread
from tests.blobs import CLASSES, make_blobs
from tests.conftest import ROOT
from tests.small_detector import save_detector

MODEL = ModelFiles("detector")
QUIET = {"YOLO_VERBOSE": "false", "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT / "src")}


def quietly(items: Iterable[Any], *, label: str, total: int | None = None) -> Iterable[Any]:
    return items


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> PreparedDataset:
    return make_blobs(tmp_path_factory.mktemp("data"), train=6, val=5, test=1, fresh=5)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    return load_checkpoint(save_detector(tmp_path_factory.mktemp("model") / "w.pt", "yolo11n.yaml", classes=CLASSES))


@pytest.fixture
def images_read() -> list[str]:
    """Names of the splits whose images were read, filled by `tools`."""
    return []


@pytest.fixture
def tools(images_read: list[str]) -> ExportTools:
    def read_and_note(path: Path) -> NDArray[np.uint8]:
        images_read.append(path.parent.name)
        return read_image(path)

    return ExportTools(
        assemble=assemble,
        to_fp16=to_fp16,
        to_int8=to_int8,
        check_file=check_model_file,
        open_model=lambda path: open_model(path, threads=1),
        read_image=read_and_note,
        clock=time.perf_counter,
        hardware="a test machine",
    )


def loosely(precision: Any, **given: Any) -> ExportParams:
    """Return params whose tolerances random weights can meet."""
    parity = ParityParams(images=3, matched_boxes=0.0, score_difference=1.0, map_difference=1.0)
    return ExportParams(precision=precision, parity=parity, **given)


def test_fp32_file_agrees_with_its_checkpoint(
    checkpoint: Checkpoint, dataset: PreparedDataset, tools: ExportTools
) -> None:
    parity = export_model(checkpoint, dataset, ExportParams(), tools, quietly).parity

    assert (5, "fp32") == (parity.images, parity.precision)
    assert parity.strong_boxes > 0
    assert 1.0 == parity.matched_boxes
    assert parity.score_difference_max is not None
    assert parity.score_difference_max < 1e-4


@pytest.mark.parametrize("precision", ["fp16", "int8"])
def test_smaller_precision_is_measured_against_checkpoint_and_fp32(
    precision: str, checkpoint: Checkpoint, dataset: PreparedDataset, tools: ExportTools
) -> None:
    export = export_model(checkpoint, dataset, loosely(precision), tools, quietly)

    fp32 = checkpoint.trace(describe_export(checkpoint, dataset, ExportParams()), opset=20)
    assert len(export.content) < 0.7 * len(fp32)
    assert precision == export.parity.precision == export.speed.precision
    assert 0 < (export.parity.matched_boxes or 0)


def test_smaller_precision_is_timed_beside_its_fp32_form(
    checkpoint: Checkpoint, dataset: PreparedDataset, tools: ExportTools
) -> None:
    slowing = (float(tick**2) for tick in itertools.count())

    speed = export_model(
        checkpoint, dataset, loosely("fp16"), replace(tools, clock=lambda: next(slowing)), quietly
    ).speed

    assert 0 < speed.median_ms < speed.fp32_median_ms, "timed later, when the clock runs faster"


def test_fp32_file_is_its_own_fp32_form(checkpoint: Checkpoint, dataset: PreparedDataset, tools: ExportTools) -> None:
    speed = export_model(checkpoint, dataset, ExportParams(), tools, quietly).speed

    assert speed.fp32_median_ms == speed.median_ms


def test_int8_learns_its_ranges_from_train_and_is_compared_on_val(
    checkpoint: Checkpoint, dataset: PreparedDataset, tools: ExportTools, images_read: list[str]
) -> None:
    export_model(checkpoint, dataset, loosely("int8", calibration_images=4), tools, quietly)

    assert ["train"] * 4 + ["val"] * 3 == images_read[:7]
    assert {"train", "val"} == set(images_read)


def test_file_that_strays_too_far_is_refused_with_numbers_and_a_way_out(
    checkpoint: Checkpoint, dataset: PreparedDataset, tools: ExportTools
) -> None:
    params = ExportParams(precision="int8", parity=ParityParams(images=3, score_difference=0.0))

    with pytest.raises(
        InputError, match=r"the int8 file strays .* 3 images: .*scores differ by 0\.\d+ \(at most 0\)"
    ) as caught:
        export_model(checkpoint, dataset, params, tools, quietly)

    assert "fp16" in caught.value.hint
    assert "export.calibration_images" in caught.value.hint


def test_size_in_params_replaces_the_training_size(
    checkpoint: Checkpoint, dataset: PreparedDataset, tools: ExportTools, tmp_path: Path
) -> None:
    file = tmp_path / "model.onnx"
    file.write_bytes(export_model(checkpoint, dataset, loosely("fp32", imgsz=96), tools, quietly).content)

    assert 96 == open_model(file).input_size


def test_weights_of_other_classes_are_refused(dataset: PreparedDataset, tools: ExportTools, tmp_path: Path) -> None:
    stranger = load_checkpoint(save_detector(tmp_path / "w.pt", "yolo11n.yaml", classes=("cat", "dog")))

    with pytest.raises(InputError, match="the weights know cat, dog; the data has square, bar"):
        export_model(stranger, dataset, ExportParams(), tools, quietly)


@given(items=st.lists(st.integers(), max_size=50), count=st.integers(1, 60))
def test_spread_takes_distinct_items_in_order_from_the_first_on(items: list[int], count: int) -> None:
    places = spread(range(len(items)), count)

    assert min(count, len(items)) == len(set(places))
    assert sorted(places) == places
    assert places[:1] == [0][: len(items)]
    assert [items[place] for place in places] == spread(items, count)


def make_project(root: Path) -> Path:
    """Make a repository in which prepare and train have run."""
    make_blobs(root / PREPARED, train=4, val=3, test=1)
    (root / MODEL.folder).mkdir(parents=True)
    save_detector(root / MODEL.weights, "yolo26n.yaml", classes=CLASSES)
    set_params(root)
    return root


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return make_project(tmp_path)


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository in which the stage has run."""
    root = make_project(tmp_path_factory.mktemp("exported"))
    result = run_stage(root)
    assert (0, "") == (result.returncode, result.stdout), result.stderr
    return root


def set_params(project: Path, **export: Any) -> None:
    (project / "params.yaml").write_text(yaml.safe_dump({"model": "detector", "export": export}))


def run_stage(project: Path) -> subprocess.CompletedProcess[str]:
    script = [sys.executable, str(ROOT / "pipelines" / "export.py")]
    return subprocess.run(script, cwd=project, env={**os.environ, **QUIET}, capture_output=True, text=True)


def test_stage_writes_a_file_and_reports_that_name_it(exported: Path) -> None:
    digest = sha256_file(exported / MODEL.onnx)

    for report in (PARITY_REPORT, EXPORT_SPEED):
        assert digest == json.loads((exported / report).read_text())["model_sha256"]


def test_second_run_leaves_file_and_parity_byte_equal(exported: Path) -> None:
    before = [(exported / output).read_bytes() for output in (MODEL.onnx, PARITY_REPORT)]

    run_stage(exported)

    assert before == [(exported / output).read_bytes() for output in (MODEL.onnx, PARITY_REPORT)]


def test_refused_export_leaves_everything_as_it_was(project: Path) -> None:
    (project / MODEL.onnx).write_bytes(b"the last good one")
    set_params(project, precision="int8", parity={"score_difference": 0.0})

    result = run_stage(project)

    assert INPUT == result.returncode
    assert "error: the int8 file strays too far" in result.stderr
    assert b"the last good one" == (project / MODEL.onnx).read_bytes()
    assert not (project / PARITY_REPORT).exists()
    assert ["model.onnx", "weights.pt"] == sorted(path.name for path in (project / MODEL.folder).iterdir())


def test_weights_that_are_no_model_end_with_a_sentence(project: Path) -> None:
    (project / MODEL.weights).write_bytes(b"not a model")

    result = run_stage(project)

    assert INPUT == result.returncode
    assert ["error: models/detector/weights.pt is no model checkpoint, or is damaged"] == result.stderr.splitlines()[:1]
    assert "hint: train again" in result.stderr
