"""Facts of a report, from a finished run written by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from headway.contracts.provenance import Provenance
from headway.pull_request.report.facts import Base, DataFacts, Facts, Run, SplitCounts
from headway.pull_request.report.gathering import read_run
from tests.finished_run import scorecard, write, write_finished_run
from tests.verdicts import CANDIDATE, verdict

BASE_MODEL = "9" * 64
EPOCHS = "epoch,train/box_loss,val/box_loss,metrics/mAP50(B)\n" + "".join(
    f"{epoch},{2 / epoch},{2.5 / epoch},{1 - 1 / epoch}\n" for epoch in range(1, 61)
)
PRECISION_RECALL = "recall,precision\n" + "".join(f"{step / 100},{1 - step / 200}\n" for step in range(101))


def make_run(root: Path) -> Run:
    """Return a run with every file but a provenance that the candidate of `verdict` made."""
    write_finished_run(root)
    write(root / "reports/epochs.csv", EPOCHS)
    write(root / "reports/plots/precision_recall.csv", PRECISION_RECALL)
    write(root / "reports/provenance.json", provenance().model_dump_json())
    return replace(read_run(partial(read_below, root), model_sha256=CANDIDATE), data=data())


def read_below(root: Path, path: Path) -> bytes | None:
    return (root / path).read_bytes() if (root / path).is_file() else None


def make_facts(run: Run, **changes: Any) -> Facts:
    """Return facts in which base, production and candidate are three models."""
    before = replace(
        run,
        scorecard=scorecard(model_sha256=BASE_MODEL),
        params={**(run.params or {}), "train": {"epochs": 3, "lr0": 0.002, "freeze": None, "scale": [0.5, 1.5]}},
    )
    values = {
        "verdict": verdict(lock_sha256=run.lock_sha256),
        "run": run,
        "commit": "5" * 40,
        "dirty": False,
        "base": Base("origin/main", "6" * 40, before, {"src/model.py": "changed", "README.md": "added"}),
    }
    return Facts(**{**values, **changes})


def provenance(**changes: Any) -> Provenance:
    values = {
        "commit": "5" * 40,
        "dirty": False,
        "lock_sha256": None,
        "dataset_digest": "d" * 64,
        "arguments": {},
        "seed": 7,
        "versions": {"torch": "2.14.1", "ultralytics": "8.4.190"},
        "hardware": "a test machine",
        "threads": 2,
        "resumed_epochs": 0,
        "started_at": "2026-01-02T03:04:05Z",
        "wall_time_s": 93.4,
    }
    return Provenance(**{**values, **changes})


def data(name: Callable[[str], str] = str, *, digest: str = "d" * 64, images: int = 12) -> DataFacts:
    split = SplitCounts(images, 30, {name("can"): images, name("box"): 18})
    return DataFacts(digest, (name("can"), name("box")), {"train": split, "test": split})


def lock(stages: Mapping[str, Mapping[str, Any]]) -> bytes:
    """Return a dvc.lock."""
    return yaml.safe_dump({"schema": "2.0", "stages": dict(stages)}).encode()
