"""Builds the tables of `contracts.evidence` from the outcomes of a test split."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headway.contracts.atomic import directory
from headway.contracts.dataset import ImageRecord
from headway.contracts.evidence import DETECTIONS, GROUND_TRUTH, IMAGES, SCHEMA_VERSION
from headway.contracts.scorecard import Scorecard
from headway.evaluation.outcomes import Outcome
from headway.ports import TableStore

_CORNERS = ("x_min", "y_min", "x_max", "y_max")
Columns = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Evidence:
    """The tables by file name, and the metadata that each of them carries."""

    tables: Mapping[str, Columns]
    metadata: Mapping[str, str]


def collect_evidence(records: Sequence[ImageRecord], outcomes: Sequence[Outcome], card: Scorecard) -> Evidence:
    """Return what `card` was computed from.

    Args:
        records: the images, by image id.
        outcomes: what became of their detections and labels, one entry a record.
        card: the numbers; its operating point says which labels count as matched.
    """
    metadata = {
        "schema_version": str(SCHEMA_VERSION),
        "model_sha256": card.model_sha256,
        "dataset_digest": card.dataset_digest,
        "classes": json.dumps(card.classes, ensure_ascii=False),
        "match_iou": str(card.operating_point.iou),
        "threshold": str(card.operating_point.threshold),
    }
    return Evidence(_tables(records, outcomes, card.operating_point.threshold), metadata)


def write_evidence(evidence: Evidence, folder: Path, store: TableStore) -> None:
    """Write the tables as one folder that appears whole or not at all."""
    with directory(folder) as partial:
        for name, columns in evidence.tables.items():
            store.write(partial / name, columns, evidence.metadata)


def _tables(records: Sequence[ImageRecord], outcomes: Sequence[Outcome], threshold: float) -> dict[str, Columns]:
    image_ids = _text([record.image_id for record in records])
    return {
        IMAGES: {
            "image_id": image_ids,
            "sha256": _text([record.sha256 for record in records]),
            "width": np.array([record.width for record in records], dtype=np.int32),
            "height": np.array([record.height for record in records], dtype=np.int32),
            "group": _text([record.group or "" for record in records]),
        },
        GROUND_TRUTH: {
            "image_id": np.repeat(image_ids, [len(outcome.labels) for outcome in outcomes]),
            "class_id": _joined([outcome.labels.class_ids for outcome in outcomes], np.int32),
            **_corners([outcome.labels.boxes for outcome in outcomes]),
            "matched": _joined([_matched_labels(outcome, threshold) for outcome in outcomes], np.bool_),
        },
        DETECTIONS: {
            "image_id": np.repeat(image_ids, [len(outcome.found) for outcome in outcomes]),
            "class_id": _joined([outcome.found.class_ids for outcome in outcomes], np.int32),
            "score": _joined([outcome.found.scores for outcome in outcomes], np.float32),
            **_corners([outcome.found.boxes for outcome in outcomes]),
            "true_positive": _joined([outcome.correct for outcome in outcomes], np.bool_),
            "iou": _joined([outcome.iou for outcome in outcomes], np.float32),
        },
    }


def _matched_labels(outcome: Outcome, threshold: float) -> NDArray[np.bool_]:
    kept = outcome.correct & (outcome.found.scores >= threshold)
    return np.isin(np.arange(len(outcome.labels)), outcome.label_of[kept])


def _text(values: Sequence[str]) -> NDArray[np.str_]:
    """Return text whose type stays text in an empty column."""
    return np.array(values, dtype=np.str_)


def _joined(parts: Sequence[NDArray[Any]], dtype: type[np.generic]) -> NDArray[Any]:
    return np.concatenate([np.empty(0, dtype), *parts]).astype(dtype)


def _corners(boxes: Sequence[NDArray[Any]]) -> dict[str, NDArray[np.float64]]:
    joined = np.concatenate([np.empty((0, 4)), *boxes]).astype(np.float64)
    return {name: joined[:, column] for column, name in enumerate(_CORNERS)}
