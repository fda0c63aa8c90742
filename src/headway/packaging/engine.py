"""Keeps a TensorRT plan with its record, and hands it out only where it was built."""

from __future__ import annotations

import hashlib
from pathlib import Path

from pydantic import ValidationError

from headway.contracts import atomic
from headway.contracts.canonical import readable_json
from headway.contracts.engine_plan import GpuStack, PlanRecord
from headway.errors import InputError

_HINT = "build one here from the verified ONNX: headway engine build MODEL.onnx"


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
