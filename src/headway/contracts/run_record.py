"""What a tracker is told about one run of the pipeline; crosses to the tracking process as JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from headway.contracts.canonical import canonical_json

LOCK_TAG = "headway.lock_digest"
"""Tag that makes tracking idempotent: a store keeps one finished run of each lock digest."""


@dataclass(frozen=True)
class TrackedMetric:
    """One value of a metric; `step` is the epoch for curves and 0 for results."""

    key: str
    value: float
    step: int = 0


@dataclass(frozen=True)
class TrackedDataset:
    """The data that the run was trained and scored on; `profile` is its `dataset.json` as text."""

    digest: str
    source: str
    profile: str


@dataclass(frozen=True)
class TrackedFile:
    """A file to keep with the run: its absolute path, and the folder it is filed under ("" = top)."""

    path: str
    folder: str


@dataclass(frozen=True)
class RunRecord:
    """One run of the pipeline, named by the digest of its dvc.lock."""

    model: str
    lock_digest: str
    tags: dict[str, str]
    params: dict[str, str]
    metrics: tuple[TrackedMetric, ...]
    dataset: TrackedDataset | None
    files: tuple[TrackedFile, ...]

    def to_json(self) -> str:
        """Return the record as one line of JSON."""
        return canonical_json(asdict(self))

    @staticmethod
    def from_json(values: dict[str, Any]) -> RunRecord:
        """Rebuild a record from the values of its parsed JSON."""
        dataset = values["dataset"]
        return RunRecord(
            **{
                **values,
                "metrics": tuple(TrackedMetric(**metric) for metric in values["metrics"]),
                "dataset": TrackedDataset(**dataset) if dataset else None,
                "files": tuple(TrackedFile(**file) for file in values["files"]),
            }
        )
