"""What the export stage reports: how far the file strays from the checkpoint, and how fast it runs.

Two files: `reports/parity.json` is equal for equal inputs; `reports/export_speed.json`
is what the clock said, and never an input of a stage.
"""

from __future__ import annotations

from typing import Literal

from headway.contracts.document import Document
from headway.contracts.model_facts import Precision

SCHEMA_VERSION: Literal[1] = 1


class Tolerances(Document):
    """How far the exported file may stray from the checkpoint."""

    matched_boxes: float
    """Least share of strong boxes with a partner."""
    score_difference: float
    """Greatest 99th percentile of the difference of score between partners."""
    map_difference: float
    """Greatest loss of mAP50-95."""


StrongRule = Literal["score above 0.25", "20 best boxes of the checkpoint in each image"]
"""Which boxes must have a partner; the second rule holds where no box of either reaches the first."""


class ParityReport(Document):
    """The checkpoint and the exported file on the same real images.

    A strong box must have a partner: a box of the other, of the same class at an IoU of at least 0.9.
    """

    schema_version: Literal[1] = SCHEMA_VERSION
    model_sha256: str
    precision: Precision
    reference_engine: str
    engine: str
    images: int
    """Of the val split."""
    strong_rule: StrongRule
    strong_boxes: int
    """Of both together, or of the checkpoint alone: see `strong_rule`. 0 only where the checkpoint finds nothing."""
    matched_boxes: float | None
    """Share of the strong boxes; None without any, as the differences of score."""
    score_difference_p99: float | None
    score_difference_max: float | None
    reference_map50_95: float | None
    map50_95: float | None
    map_difference: float | None
    """Reference minus exported: positive where the file is worse."""
    tolerances: Tolerances


class SpeedReport(Document):
    """Time of the exported file, beside its fp32 form: INT8 is not faster everywhere."""

    schema_version: Literal[1] = SCHEMA_VERSION
    model_sha256: str
    precision: Precision
    input_size: int
    median_ms: float
    """Of one image, batch 1: the session alone, without decoding and letterbox."""
    fp32_median_ms: float
    runs: int
    engine: str
    hardware: str
    """CPU model and cores."""
