"""Keeps a TensorRT plan with its record, hands it out only where it was built, and measures it against its ONNX."""

from __future__ import annotations

import hashlib
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from headway.contracts import atomic
from headway.contracts.canonical import readable_json
from headway.contracts.engine_plan import GpuStack, PlanRecord
from headway.errors import InputError

_HINT = "build one here from the verified ONNX: headway engine build MODEL.onnx"
_PATCHES = 8
_WARM_UP_RUNS = 5
_RUNS = 30

Run = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""The `run` of `ports.Runtime`."""


@dataclass(frozen=True)
class PlanMeasurement:
    """A plan beside its ONNX file on the same batch of random patches.

    Attributes:
        images: in the batch.
        boxes: that the ONNX file finds in it; with none, the difference says nothing.
        score_difference_max: of boxes of equal rank. Ranks pair them, since near ties of score swap places.
        plan_median_ms: of one batch, copies to and from the GPU included.
        onnx_median_ms: of the same batch by ONNX Runtime.
    """

    images: int
    boxes: int
    score_difference_max: float
    plan_median_ms: float
    onnx_median_ms: float


def measure_plan(
    run_plan: Run, run_onnx: Run, *, input_size: int, images: int, clock: Callable[[], float]
) -> PlanMeasurement:
    """Run one batch through both; `clock` gives seconds from any origin."""
    batch = _random_patches(images, input_size)
    scores = run_onnx(batch)[..., 4]
    return PlanMeasurement(
        images=images,
        boxes=int((scores > 0).sum()),
        score_difference_max=float(np.abs(scores - run_plan(batch)[..., 4]).max(initial=0.0)),
        plan_median_ms=_median_ms(run_plan, batch, clock),
        onnx_median_ms=_median_ms(run_onnx, batch, clock),
    )


def _random_patches(count: int, size: int) -> NDArray[np.float32]:
    """Return (count, 3, size, size) images in [0, 1] of coarse random patches: pure noise holds no edges to find."""
    coarse = np.random.default_rng(0).random((count, 3, _PATCHES, _PATCHES), dtype=np.float32)
    places = np.arange(size) * _PATCHES // size
    return np.ascontiguousarray(coarse[:, :, places[:, None], places])


def _median_ms(run: Run, batch: NDArray[np.float32], clock: Callable[[], float]) -> float:
    times = []
    for _ in range(_WARM_UP_RUNS + _RUNS):
        started = clock()
        run(batch)
        times.append(clock() - started)
    return round(1000 * statistics.median(times[_WARM_UP_RUNS:]), 3)


def record_path(plan: Path) -> Path:
    """Return where the record of a plan lies: model.plan.json beside model.plan."""
    return plan.with_name(f"{plan.name}.json")


def find_differences(record: PlanRecord, here: GpuStack) -> list[str]:
    """Return how the GPU and software here differ from those of the plan; empty when it may run."""
    there = record.built_on.model_dump()
    return [
        f"{name.replace('_', ' ')} {there[name]} there, {value} here"
        for name, value in here.model_dump().items()
        if there[name] != value
    ]


def write_plan(path: Path, content: bytes, record: PlanRecord) -> None:
    """Write a plan and its record; between the two writes the pair does not match and is refused."""
    atomic.write_bytes(path, content)
    atomic.write_text(record_path(path), readable_json(record.model_dump()))


def read_plan(path: Path, here: GpuStack) -> tuple[bytes, PlanRecord]:
    """Return a plan's bytes and record. Loading a plan runs it, so everything is checked before that.

    Raises:
        InputError: plan or record is missing or damaged, they do not belong together, or it was built elsewhere.
    """
    record = _read_record(record_path(path))
    differences = find_differences(record, here)
    if differences:
        raise InputError(f"{path} was built elsewhere: {'; '.join(differences)}", hint=_HINT)
    if not path.is_file():
        raise InputError(f"{path} does not exist", hint=_HINT)
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != record.plan_sha256:
        raise InputError(f"{path} is not the plan that {record_path(path)} describes: its SHA-256 differs", hint=_HINT)
    return content, record


def _read_record(path: Path) -> PlanRecord:
    try:
        return PlanRecord.model_validate_json(path.read_bytes())
    except FileNotFoundError as error:
        raise InputError(f"{path} does not exist, so nothing says what the plan is", hint=_HINT) from error
    except ValidationError as error:
        raise InputError(f"{path} is no record of a TensorRT plan, or is damaged", hint=_HINT) from error
