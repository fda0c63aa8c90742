"""Collects what a tracker is told about the last run: from files, and only what dvc.lock vouches for."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from headway.contracts.canonical import md5_file, sha256_of
from headway.contracts.layout import (
    DATASET_REPORT,
    EPOCHS,
    EXPORT_SPEED,
    LATENCY,
    LOCK,
    PARITY_REPORT,
    PLOTS,
    PROVENANCE,
    SCORECARD,
    TRAINING_REPORT,
    ModelFiles,
)
from headway.contracts.lock import Entries, output_digests, read_lock
from headway.contracts.run_record import LOCK_TAG, RunRecord, TrackedDataset, TrackedFile, TrackedMetric
from headway.contracts.scorecard import LatencyReport, Scorecard, read_latency, read_scorecard
from headway.errors import InputError

_PART_CHARACTERS = 80
"""MLflow refuses keys longer than 250; ours have a class name and two words of our own."""

_REPORTS = (
    DATASET_REPORT,
    TRAINING_REPORT,
    EPOCHS,
    PROVENANCE,
    PARITY_REPORT,
    EXPORT_SPEED,
    SCORECARD,
    LATENCY,
)


def collect_run(root: Path, model: ModelFiles, *, lock_digest: str, commit: str | None) -> RunRecord:
    """Read the last run's files below `root`; reports of stages that have not run yet are left out.

    Params come from dvc.lock, not from params.yaml, which may have been edited since.

    Raises:
        InputError: dvc.lock cannot be read, or a report is not the one that it records.
    """
    present = [path for path in (*_REPORTS, model.manifest) if (root / path).is_file()]
    lock = read_lock(root / LOCK)
    _check_vouched(root, present, output_digests(lock))
    params = flatten(_recorded_params(lock))
    facts = _read_json(root / DATASET_REPORT)
    manifest = _read_json(root / model.manifest)
    tags = {
        LOCK_TAG: lock_digest,
        "headway.params_digest": sha256_of(params),
        "headway.dataset_digest": facts.get("digest"),
        "headway.bundle": manifest.get("identity"),
        "mlflow.source.git.commit": commit,
    }
    return RunRecord(
        model=model.name,
        lock_digest=lock_digest,
        tags={key: str(value) for key, value in tags.items() if value},
        params=params,
        metrics=tuple(_metrics(root, present)),
        dataset=_dataset(facts, params) if facts else None,
        files=tuple(_files(root, model, present)),
    )


def flatten(values: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Return nested mappings as dotted keys with text values; lists and None as JSON, key characters made safe."""
    flat: dict[str, str] = {}
    for key, value in values.items():
        name = f"{prefix}{tracker_key(str(key))}"
        if isinstance(value, Mapping):
            flat |= flatten(value, f"{name}.")
        else:
            flat[name] = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
    return flat


def tracker_key(name: str) -> str:
    """Return `name` with only what MLflow allows in a key: parentheses go, other characters become "_".

    >>> tracker_key("metrics/mAP50-95(B)")
    'metrics/mAP50-95B'
    """
    parts = [part[:_PART_CHARACTERS] for part in re.sub(r"[()]", "", name).split("/")]
    parts = [part for part in parts if part.strip(".")]
    return "/".join(re.sub(r"[^\w.\- ]", "_", part) for part in parts) or "_"


def epoch_metrics(text: str) -> Iterator[TrackedMetric]:
    """Yield the values of `epochs.csv`: a header `epoch,...` and a row an epoch; empty and NaN cells are left out."""
    for row in csv.DictReader(io.StringIO(text)):
        epoch = int(row.pop("epoch"))
        for name, cell in row.items():
            if cell and math.isfinite(value := float(cell)):
                yield TrackedMetric(f"epochs/{tracker_key(name)}", value, epoch)


def scorecard_metrics(card: Scorecard) -> Iterator[TrackedMetric]:
    """Yield the scorecard's numbers; those without ground truth are left out."""
    yield from _numbers("test", card.quality.model_dump())
    if card.fresh:
        yield from _numbers("fresh", card.fresh.model_dump())
    yield from _numbers("operating_point", card.operating_point.model_dump())
    yield from _numbers("calibration", card.calibration.model_dump(exclude={"bins"}))
    for score in card.per_class:
        name = tracker_key(score.name.replace("/", "_"))
        yield from _numbers(f"classes/{name}", score.model_dump(include={"boxes", "map50_95", "map50"}))
    for part in card.slices:
        name = f"robustness/{part.corruption}_{part.strength}"
        yield from _numbers(name, {"map50_95": part.quality.map50_95, "relative_map50_95": part.relative_map50_95})


def latency_metrics(report: LatencyReport) -> Iterator[TrackedMetric]:
    """Yield the latency report's numbers."""
    yield from _numbers("latency", report.latency.model_dump())
    yield TrackedMetric("latency/images_per_second", report.throughput_images_per_second)


def _numbers(prefix: str, values: Mapping[str, float | None]) -> Iterator[TrackedMetric]:
    for key, value in values.items():
        if value is not None:
            yield TrackedMetric(f"{prefix}/{key}", float(value))


def _metrics(root: Path, present: list[Path]) -> Iterator[TrackedMetric]:
    if EPOCHS in present:
        yield from epoch_metrics((root / EPOCHS).read_text(encoding="utf-8"))
    if SCORECARD in present:
        yield from scorecard_metrics(read_scorecard(root / SCORECARD))
    if LATENCY in present:
        yield from latency_metrics(read_latency(root / LATENCY))


def _dataset(facts: Mapping[str, Any], params: Mapping[str, str]) -> TrackedDataset:
    return TrackedDataset(facts["digest"], params.get("prepare.source", "unknown"), json.dumps(facts, sort_keys=True))


def _files(root: Path, model: ModelFiles, present: list[Path]) -> Iterator[TrackedFile]:
    for path in present:
        yield TrackedFile(str(root / path), "reports" if path in _REPORTS else "bundle")
    for path in _files_below(root / PLOTS):
        below = path.parent.relative_to(root / PLOTS)
        yield TrackedFile(str(path), (Path("plots") / below).as_posix())
    for path in _files_below(root / model.bundle):
        if path.suffix == ".png" or path.name == "card.md":
            below = path.parent.relative_to(root / model.bundle)
            yield TrackedFile(str(path), (Path("bundle") / below).as_posix())


def _files_below(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _recorded_params(lock: Entries) -> dict[str, Any]:
    """Return the params of every stage's lock entry: whole sections, or dotted keys of single values."""
    recorded: dict[str, Any] = {}
    for stage in lock.values():
        for values in stage.get("params", {}).values():
            recorded |= values
    return recorded


def _check_vouched(root: Path, paths: list[Path], outputs: Mapping[str, str]) -> None:
    for path in paths:
        recorded = outputs.get(path.as_posix())
        if recorded and md5_file(root / path) != recorded:
            raise InputError(f"{path} is not the file that {LOCK} records", hint="run: headway repro")


def _read_json(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}
