"""A plan is handed out only whole, with its record, and where it was built."""

from __future__ import annotations

import hashlib
import itertools
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from headway.contracts.engine_plan import GpuStack, PlanRecord
from headway.errors import InputError
from headway.integrations.onnxruntime import open_model
from headway.packaging.engine import find_differences, measure_plan, read_plan, record_path, write_plan
from tests.blob_detector import SIZE, save_blob_detector

HERE = GpuStack(gpu="NVIDIA L4", compute_capability="8.9", driver="580.65.06", tensorrt="10.13.2")
PLAN = b"machine code"


def make_record(built_on: GpuStack = HERE, plan: bytes = PLAN) -> PlanRecord:
    return PlanRecord(
        onnx_sha256="1" * 64,
        plan_sha256=hashlib.sha256(plan).hexdigest(),
        precision="fp16",
        input_size=640,
        max_batch=8,
        built_on=built_on,
    )


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    path = tmp_path / "model.plan"
    write_plan(path, PLAN, make_record())
    return path


def test_plan_built_here_is_read_back(plan: Path) -> None:
    assert (PLAN, make_record()) == read_plan(plan, HERE)


@pytest.mark.parametrize(
    ("field", "value", "difference"),
    [
        ("gpu", "NVIDIA T4", "gpu NVIDIA L4 there, NVIDIA T4 here"),
        ("compute_capability", "7.5", "compute capability 8.9 there, 7.5 here"),
        ("driver", "575.1", r"driver 580\.65\.06 there, 575\.1 here"),
        ("tensorrt", "11.0.0", r"tensorrt 10\.13\.2 there, 11\.0\.0 here"),
    ],
)
def test_plan_built_elsewhere_is_refused(field: str, value: str, difference: str, plan: Path) -> None:
    with pytest.raises(InputError, match=f"model.plan was built elsewhere: {difference}") as caught:
        read_plan(plan, HERE.model_copy(update={field: value}))

    assert "headway engine build" in caught.value.hint


def brightness(batch: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return one row an image, whose score is its mean."""
    rows = np.zeros((len(batch), 1, 6), np.float32)
    rows[:, 0, 4] = batch.mean((1, 2, 3))
    return rows


def dimmed(batch: NDArray[np.float32]) -> NDArray[np.float32]:
    return brightness(batch) - np.array([0, 0, 0, 0, 0.25, 0], np.float32)


def test_plan_is_measured_beside_its_onnx_file_on_the_same_batch() -> None:
    ticks = itertools.count()

    measured = measure_plan(dimmed, brightness, input_size=96, images=3, clock=lambda: next(ticks) / 1000)

    assert (3, 3) == (measured.images, measured.boxes)
    assert pytest.approx(0.25) == measured.score_difference_max
    assert (1.0, 1.0) == (measured.plan_median_ms, measured.onnx_median_ms)


def test_onnx_file_does_not_differ_from_itself(tmp_path: Path) -> None:
    run = open_model(save_blob_detector(tmp_path / "model.onnx")).run

    measured = measure_plan(run, run, input_size=SIZE, images=2, clock=lambda: 0.0)

    assert measured.boxes > 0
    assert 0.0 == measured.score_difference_max


def test_same_stack_has_no_differences() -> None:
    assert [] == find_differences(make_record(), HERE)


def test_changed_plan_is_refused(plan: Path) -> None:
    plan.write_bytes(PLAN + b" and more")

    with pytest.raises(InputError, match="its SHA-256 differs"):
        read_plan(plan, HERE)


def test_plan_whose_record_was_not_yet_written_is_refused(plan: Path) -> None:
    """As after a crash between the two writes of a new build."""
    plan.write_bytes(b"newer machine code")

    with pytest.raises(InputError, match="is not the plan that"):
        read_plan(plan, HERE)


def test_plan_without_record_is_refused(plan: Path) -> None:
    record_path(plan).unlink()

    with pytest.raises(InputError, match=r"model\.plan\.json does not exist"):
        read_plan(plan, HERE)


def test_record_without_plan_is_refused(plan: Path) -> None:
    plan.unlink()

    with pytest.raises(InputError, match=r"model\.plan does not exist"):
        read_plan(plan, HERE)


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff\xfe", b'{"schema_version": 2}', b"[" * 10_000])
def test_damaged_record_is_refused(content: bytes, plan: Path) -> None:
    record_path(plan).write_bytes(content)

    with pytest.raises(InputError, match="is no record of a TensorRT plan"):
        read_plan(plan, HERE)
