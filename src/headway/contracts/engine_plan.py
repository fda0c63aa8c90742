"""The record beside a TensorRT plan: what it was built from, and the one place where it may run.

A plan is machine code for one GPU, driver and TensorRT version. `model.plan` lies beside `model.plan.json`.
"""

from __future__ import annotations

from typing import Literal

from headway.contracts.document import Document
from headway.contracts.model_facts import Precision

SCHEMA_VERSION: Literal[1] = 1


class GpuStack(Document):
    """The GPU and the software that a plan is bound to."""

    gpu: str
    compute_capability: str
    driver: str
    tensorrt: str


class PlanRecord(Document):
    """What a plan was built from, and where."""

    schema_version: Literal[1] = SCHEMA_VERSION
    onnx_sha256: str
    plan_sha256: str
    precision: Precision
    input_size: int
    max_batch: int
    """Images per call, at most."""
    built_on: GpuStack
