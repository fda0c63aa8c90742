"""train: prepared splits and params -> weights, and where they came from."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

from headway.cli.progress import say, show_progress
from headway.cli.stage import run_stage
from headway.contracts import atomic
from headway.contracts.canonical import readable_json, sha256_file
from headway.contracts.dataset import read_dataset
from headway.contracts.layout import (
    EPOCHS,
    LOCK,
    PIPELINE,
    PREPARED,
    PROVENANCE,
    STATE,
    TRAINING_REPORT,
    ModelFiles,
    real_root,
)
from headway.contracts.params.train import TrainParams
from headway.contracts.pipeline import stage_dependencies
from headway.contracts.provenance import Provenance
from headway.integrations.git.reading import read_revision
from headway.integrations.machine import describe_hardware, package_versions
from headway.integrations.ultralytics.quiet import silence
from headway.training.checkpoints import Claim, checkpoint_key, code_digests, weights_digests
from headway.training.run import TrainingFiles, run_training

LIBRARIES = ("torch", "torchvision", "ultralytics-opencv-headless", "numpy", "opencv-python-headless")


def main(params: TrainParams, model: ModelFiles) -> None:
    """Train, then write weights, reports and provenance."""
    state = real_root(Path.cwd()) / STATE
    silence(state)
    from headway.integrations.ultralytics.trainer import UltralyticsTrainer, thread_count

    started_at, started = datetime.now(UTC), time.monotonic()
    dataset = read_dataset(PREPARED)
    versions = package_versions(LIBRARIES)
    inputs = code_digests(stage_dependencies(PIPELINE, "train")) | weights_digests(params.given())
    trained = run_training(
        dataset,
        params.given(),
        trainer=UltralyticsTrainer(),
        checkpoints=state / "checkpoints",
        key=checkpoint_key(params.given(), dataset.digest, inputs, versions),
        claim=Claim.take(STATE / "training-claim", token=started_at.isoformat()),
        files=TrainingFiles(model.weights, TRAINING_REPORT, EPOCHS),
        progress=show_progress,
        say=say,
    )
    revision = read_revision(Path.cwd())
    provenance = Provenance(
        commit=revision.commit,
        dirty=revision.dirty,
        lock_sha256=sha256_file(LOCK) if LOCK.exists() else None,
        dataset_digest=dataset.digest,
        arguments=params.given(),
        seed=params.seed,
        versions=versions,
        hardware=describe_hardware(),
        threads=thread_count(),
        resumed_epochs=trained.resumed_epochs,
        started_at=started_at.isoformat(timespec="seconds"),
        wall_time_s=round(time.monotonic() - started, 1),
    )
    atomic.write_text(PROVENANCE, readable_json(provenance.model_dump()))


if __name__ == "__main__":
    run_stage("train", TrainParams, main)
