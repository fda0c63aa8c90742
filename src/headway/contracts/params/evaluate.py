"""The `evaluate` section: how the exported file is scored."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from headway.contracts.params.document import Section


class EvaluateParams(Section):
    """How the exported file is scored on the test split."""

    batch: Annotated[int, Field(ge=1)] = 8
    """Images per inference call while scoring; latency is always measured at 1."""
    threads: Annotated[int, Field(ge=0)] = 0
    """ONNX Runtime threads; 0 takes one per core."""
    operating_point: Literal["f1"] | Annotated[float, Field(gt=0.0, lt=1.0)] = "f1"
    """Confidence threshold in use: the best F1 on the val split, or a number."""
    match_iou: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.5
    """IoU at which a detection counts as found, for precision, recall, calibration and confusion."""
    robustness: bool = True
    """Score six corruptions at two strengths as well."""
    latency_runs: Annotated[int, Field(ge=10)] = 50
    """Timed single-image runs, after a warm-up."""
