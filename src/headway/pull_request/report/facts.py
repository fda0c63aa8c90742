"""What a report is made of, as values: nothing here was looked up, drawn or escaped yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from headway.contracts.lock import Entries
from headway.contracts.provenance import Provenance
from headway.contracts.scorecard import LatencyReport, Scorecard
from headway.contracts.verdict import Verdict

Table = Mapping[str, tuple[float | None, ...]]
"""Column -> its numbers; None where a cell holds no finite one."""
Change = Literal["added", "changed", "removed"]


@dataclass(frozen=True)
class SplitCounts:
    """How much one split holds."""

    images: int
    boxes: int
    boxes_per_class: Mapping[str, int]


@dataclass(frozen=True)
class DataFacts:
    """What reports/dataset.json says."""

    digest: str
    classes: tuple[str, ...]
    splits: Mapping[str, SplitCounts]


@dataclass(frozen=True)
class Run:
    """What one commit, or the working tree, holds of a run; None for a file that is in `missing`.

    Attributes:
        params: params.yaml as it was parsed.
        stages: entries of dvc.lock.
        lock_sha256: of dvc.lock.
        data: the committed data set report.
        scorecard, latency, provenance: the committed reports.
        epochs: reports/epochs.csv.
        precision_recall: columns "recall" and "precision".
        missing: file -> why nothing is known of it, in plain text.
    """

    params: Mapping[str, Any] | None = None
    stages: Entries | None = None
    lock_sha256: str | None = None
    data: DataFacts | None = None
    scorecard: Scorecard | None = None
    latency: LatencyReport | None = None
    provenance: Provenance | None = None
    epochs: Table | None = None
    precision_recall: Table | None = None
    missing: Mapping[Path, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Base:
    """Where the branch left the base branch.

    Attributes:
        name: the base as it was named.
        commit: full hash of the merge base.
        run: what was committed there.
        changes: path -> what happened to it since; tracked files only, relative to the project's folder.
    """

    name: str
    commit: str
    run: Run
    changes: Mapping[str, Change]


@dataclass(frozen=True)
class Facts:
    """All that a report is made of.

    Attributes:
        verdict: the gate's answer.
        run: what lies in the working tree.
        commit: that is checked out; None outside a repository.
        dirty: whether tracked files differ from that commit.
        base: None where there is nothing to compare with.
        no_base: why there is none, in plain text; "" where there is one.
        image_url: address of an image, with "{image_id}" in it; None embeds no image.
    """

    verdict: Verdict
    run: Run
    commit: str | None
    dirty: bool
    base: Base | None
    no_base: str = ""
    image_url: str | None = None
