"""A plan is handed out only whole, with its record, and where it was built."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from headway.contracts.engine_plan import GpuStack, PlanRecord
from headway.errors import InputError
from headway.packaging.engine import find_differences, read_plan, record_path, write_plan

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
