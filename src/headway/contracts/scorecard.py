"""The scorecard: what one exported model scored on one test split.

Two files, so that a re-run on the same inputs leaves the first one byte-equal:
`reports/scorecard.json` holds what is deterministic, `reports/latency.json`
what the clock and the machine decide.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, ValidationError

from headway.contracts.atomic import write_text
from headway.contracts.canonical import readable_json
from headway.contracts.document import Document
from headway.errors import InputError

SCHEMA_VERSION: Literal[1] = 1
DocumentT = TypeVar("DocumentT", bound=Document)
Corruption = Literal["dark", "bright", "blur", "motion_blur", "jpeg", "noise"]
Strength = Literal[1, 2]


def _rounded(value: float) -> float:
    return round(value, 6)


Number = Annotated[float, AfterValidator(_rounded)]
"""Six decimals: more than any test set can tell apart, and short to read in a diff."""


class Quality(Document):
    """COCO numbers of one set of images; None where there is no ground truth to score."""

    images: int
    boxes: int
    map50_95: Number | None
    map50: Number | None
    map75: Number | None
    map_small: Number | None
    """Objects under 32 x 32 pixels (COCO's area ranges)."""
    map_medium: Number | None
    map_large: Number | None
    recall_100: Number | None
    """Average recall at 100 detections an image."""


class FreshScore(Document):
    """COCO numbers on the fresh images: test images that came after the test set was frozen."""

    images: int
    boxes: int
    map50_95: Number | None
    map50: Number | None


class AtThreshold(Document):
    """Counts and rates at one confidence threshold and one IoU."""

    threshold: Number
    iou: Number
    true_positives: int
    false_positives: int
    false_negatives: int
    precision: Number | None
    recall: Number | None
    f1: Number | None


class ClassScore(Document):
    """One class on the clean test split."""

    name: str
    boxes: int
    map50_95: Number | None
    map50: Number | None
    at_threshold: AtThreshold


class CalibrationBin(Document):
    """Detections whose score lies in [low, high); the last bin holds 1 too."""

    low: Number
    high: Number
    detections: int
    mean_score: Number | None
    precision: Number | None


class Calibration(Document):
    """How far scores are from being probabilities of a true positive."""

    expected_calibration_error: Number | None
    """Mean |precision - mean score| over bins, weighted by detections (Guo et al. 2017, arXiv 1706.04599).

    Over detections of score 0.1 and more; None without any.
    """
    bins: tuple[CalibrationBin, ...]


class Slice(Document):
    """The test split under one corruption."""

    corruption: Corruption
    strength: Strength
    quality: Quality
    relative_map50_95: Number | None
    """Share of the clean mAP50-95 that is left."""


class Scorecard(Document):
    """Everything deterministic about one model on one test split."""

    schema_version: Literal[1] = SCHEMA_VERSION
    model_sha256: str
    """Of the ONNX file that was scored."""
    dataset_digest: str
    classes: tuple[str, ...]
    input_size: int
    coco_engine: str
    """Library and version behind the COCO numbers."""
    inference_engine: str
    quality: Quality
    fresh: FreshScore | None = None
    """None where the data set has no fresh images. No other number of the scorecard counts them."""
    operating_point: AtThreshold
    """On the test split, at the threshold that was chosen on val."""
    threshold_source: Literal["best F1 on val", "params.yaml", "fallback"]
    """Who chose it; the fallback is for a model that finds nothing right on val."""
    per_class: tuple[ClassScore, ...]
    confusion: tuple[tuple[int, ...], ...]
    """(classes + 1) squared; row = true class, column = found class, last = background; at the operating point."""
    calibration: Calibration
    slices: tuple[Slice, ...]


class LatencyStats(Document):
    """Milliseconds of one image, from decoded pixels to detections, at batch 1."""

    p50_ms: Number
    p95_ms: Number
    p99_ms: Number
    runs: int


class LatencyReport(Document):
    """What the clock said; never an input of a stage."""

    schema_version: Literal[1] = SCHEMA_VERSION
    model_sha256: str
    latency: LatencyStats
    throughput_images_per_second: Number
    throughput_batch: int
    hardware: str
    """CPU model and cores, or GPU name."""
    threads: int
    engine: str


def write_document(path: Path, document: Document) -> None:
    """Write a scorecard or a latency report, whole or not at all; equal content gives equal bytes."""
    write_text(path, readable_json(document.model_dump(mode="json")))


def read_scorecard(path: Path) -> Scorecard:
    """Read and validate a scorecard.

    Raises:
        InputError: the file is missing or does not follow this schema.
    """
    return _read(path, Scorecard)


def read_latency(path: Path) -> LatencyReport:
    """Read and validate a latency report.

    Raises:
        InputError: the file is missing or does not follow this schema.
    """
    return _read(path, LatencyReport)


def _read(path: Path, model: type[DocumentT]) -> DocumentT:
    try:
        return model.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise InputError(f"{path} does not exist", hint="run: dvc repro evaluate") from error
    except (ValueError, ValidationError) as error:
        raise InputError(f"{path} is no {model.__name__} of schema {SCHEMA_VERSION}: {error}") from error
