"""The train stage: one training, resumed if it was interrupted, and the two reports about it."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from headway.contracts import atomic
from headway.contracts.canonical import readable_json
from headway.contracts.dataset import PreparedDataset
from headway.errors import OutsideError
from headway.ports import Progress, TrainedModel, Trainer
from headway.training.checkpoints import Claim, locked_folder

_DIGITS = 6


@dataclass(frozen=True)
class TrainingFiles:
    """Where a training writes."""

    weights: Path
    report: Path
    epochs: Path


def run_training(
    dataset: PreparedDataset,
    arguments: Mapping[str, Any],
    *,
    trainer: Trainer,
    checkpoints: Path,
    key: str,
    claim: Claim,
    files: TrainingFiles,
    progress: Progress,
    say: Callable[[str], None],
) -> TrainedModel:
    """Train and write weights, report and epochs.

    Raises:
        InputError: data, arguments or starting weights cannot be used.
        OutsideError: device or network are not there, or a newer training has taken over this folder.
    """
    with locked_folder(checkpoints, key, say=say) as folder:
        trained = trainer.train(dataset, arguments, checkpoints=folder, progress=progress, say=say)
        if not claim.holds():
            raise OutsideError(
                "a newer training has started in this folder; this one's weights are kept for resuming only",
                hint="run dvc repro again with these params to use them",
            )
        atomic.write_text(files.epochs, epochs_csv(trained.epochs))
        atomic.write_text(files.report, readable_json(training_report(trained)))
        trained.save(files.weights)
    return trained


def training_report(trained: TrainedModel) -> dict[str, Any]:
    """Return the metrics of the epoch whose weights were kept.

    They are Ultralytics' own validation numbers (its variant of AP, on val): good
    for watching a training, not for comparing models.
    """
    row = trained.epochs[trained.best_epoch - 1]
    return {
        "schema_version": 1,
        "epochs": len(trained.epochs),
        "best_epoch": trained.best_epoch,
        "validation": {name: round(value, _DIGITS) for name, value in row.items() if name != "epoch"},
    }


def epochs_csv(rows: Sequence[Mapping[str, float]]) -> str:
    """Return one line an epoch: losses, validation metrics and learning rates."""
    text = io.StringIO()
    names = [name for name in rows[0] if name != "epoch"]
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["epoch", *names])
    for row in rows:
        writer.writerow([int(row["epoch"]), *(f"{row.get(name, float('nan')):.{_DIGITS}g}" for name in names)])
    return text.getvalue()
