"""Where a training came from: commit, lock, data, versions, hardware, time. No stage depends on it."""

from __future__ import annotations

from typing import Any, Literal

from headway.contracts.document import Document


class Provenance(Document):
    """One training run. Wall time and hardware differ from run to run, so this is an input of nothing."""

    schema_version: Literal[1] = 1
    commit: str | None
    """Commit that was checked out; None outside a repository."""
    dirty: bool
    """Whether tracked files differed from that commit."""
    lock_sha256: str | None
    """Of dvc.lock when the training started (earlier stages already entered); None before the first."""
    dataset_digest: str
    arguments: dict[str, Any]
    """The training arguments of params.yaml."""
    seed: int
    versions: dict[str, str]
    """Library -> version."""
    hardware: str
    threads: int
    resumed_epochs: int
    """Epochs that an earlier, interrupted process had done."""
    started_at: str
    """UTC, ISO 8601."""
    wall_time_s: float
    """Of the process that finished."""
