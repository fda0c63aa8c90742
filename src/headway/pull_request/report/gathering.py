"""Reads a run's committed files. One that is missing or damaged is a fact to be told, not a failure."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from headway.contracts.document import Document
from headway.contracts.layout import (
    DATASET_REPORT,
    EPOCHS,
    LATENCY,
    LOCK,
    PARAMS,
    PLOTS,
    PROVENANCE,
    SCORECARD,
)
from headway.contracts.lock import parse_lock
from headway.contracts.params.document import parse_document
from headway.contracts.provenance import Provenance
from headway.contracts.scorecard import LatencyReport, Scorecard
from headway.errors import InputError
from headway.pull_request.report.facts import DataFacts, Run, SplitCounts, Table

PRECISION_RECALL = PLOTS / "precision_recall.csv"

ReadFile = Callable[[Path], bytes | None]
"""Returns the content of a file of the project, or None."""
Value = TypeVar("Value")
DocumentT = TypeVar("DocumentT", bound=Document)

_DAMAGE = (ValueError, KeyError, TypeError, AttributeError, RecursionError, InputError, ValidationError, csv.Error)
_LARGEST_COUNT = 10**15


def read_run(read: ReadFile, *, model_sha256: str | None = None) -> Run:
    """Return what can be read of a run.

    Args:
        read: gives the content of a file.
        model_sha256: the model that the run is said to have made; a scorecard or latency report of another is left out.
    """
    missing: dict[Path, str] = {}

    def take(path: Path, parse: Callable[[bytes], Value]) -> Value | None:
        content = read(path)
        if content is None:
            missing[path] = "does not exist"
            return None
        try:
            return parse(content)
        except _DAMAGE:
            missing[path] = "cannot be read by this version of Headway"
            return None

    def take_score(path: Path, kind: type[DocumentT]) -> DocumentT | None:
        document = take(path, _document(kind))
        if document is not None and model_sha256 not in (None, getattr(document, "model_sha256", None)):
            missing[path] = "is about another model than the verdict"
            return None
        return document

    lock = read(LOCK)
    return Run(
        params=take(PARAMS, lambda content: parse_document(content.decode(), PARAMS.name).values),
        stages=take(LOCK, lambda content: parse_lock(content, LOCK.name)),
        lock_sha256=None if lock is None else hashlib.sha256(lock).hexdigest(),
        data=take(DATASET_REPORT, parse_data),
        scorecard=take_score(SCORECARD, Scorecard),
        latency=take_score(LATENCY, LatencyReport),
        provenance=take(PROVENANCE, _document(Provenance)),
        epochs=take(EPOCHS, parse_table),
        precision_recall=take(PRECISION_RECALL, parse_table),
        missing=missing,
    )


def parse_data(content: bytes) -> DataFacts:
    """Return what a dataset.json says of classes and counts.

    Raises:
        ValueError, KeyError, TypeError or AttributeError: it is none.
    """
    values = json.loads(content)
    splits = {str(name): _split(split) for name, split in values.get("splits", {}).items()}
    return DataFacts(str(values["digest"]), tuple(map(str, values["classes"])), splits)


def parse_table(content: bytes) -> Table:
    """Return the columns of a CSV file with a header.

    Raises:
        ValueError: a row has another number of cells than the header, or there is no header.
        csv.Error: it is no CSV.
    """
    rows = list(csv.reader(io.StringIO(content.decode()), strict=True))
    if not rows:
        raise ValueError("no header")
    columns = zip(*([_number(cell) for cell in row] for row in rows[1:]), strict=True)
    numbers = list(columns) or [()] * len(rows[0])
    return dict(zip(rows[0], numbers, strict=True))


def _document(kind: type[DocumentT]) -> Callable[[bytes], DocumentT]:
    return lambda content: kind.model_validate(json.loads(content))


def _split(values: Mapping[str, Any]) -> SplitCounts:
    per_class = {str(name): _count(count) for name, count in values["boxes_per_class"].items()}
    return SplitCounts(_count(values["images"]), _count(values["boxes"]), per_class)


def _count(value: Any) -> int:
    if not isinstance(value, int) or not 0 <= value < _LARGEST_COUNT:
        raise ValueError("not a count")
    return value


def _number(cell: str) -> float | None:
    try:
        value = float(cell)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
