"""Where the pipeline's files lie, relative to the repository's root; dvc.yaml names the same paths."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

PARAMS = Path("params.yaml")
PIPELINE = Path("dvc.yaml")
LOCK = Path("dvc.lock")
PREPARED = Path("data/prepared")
REPORTS = Path("reports")
DATASET_REPORT = REPORTS / "dataset.json"
TRAINING_REPORT = REPORTS / "training.json"
EPOCHS = REPORTS / "epochs.csv"
PARITY_REPORT = REPORTS / "parity.json"
EXPORT_SPEED = REPORTS / "export_speed.json"
SCORECARD = REPORTS / "scorecard.json"
PROVENANCE = REPORTS / "provenance.json"
LATENCY = REPORTS / "latency.json"
VERDICT = REPORTS / "verdict.json"
"""Written by the gate, which is no stage: it compares what two commits made."""
PLOTS = REPORTS / "plots"
DATA_CARD = REPORTS / "data_card"
CLOCKED = {PROVENANCE, EXPORT_SPEED, LATENCY}
"""Reports that the clock and the machine decide: part of no digest."""
NAME = r"[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?"
"""Of a model or a stage, a folder and a part of tags: lower-case letters, digits and hyphens, a letter first, no hyphen
at the end, at most 63."""
NAME_PATTERN = rf"^{NAME}$"
REGISTRY = Path("models/registry")
"""Stage files (<stage>/<model>.yaml) and stages.yaml; no model of that name can be."""
STAGES = REGISTRY / "stages.yaml"
ACKNOWLEDGED = REGISTRY / "acknowledged.yaml"
"""Findings of the audit that were looked into."""
STATE = Path(".headway")
"""Ignored by Git and DVC: resume checkpoints, run facts, the MLflow store. Deleting it costs no result."""


_TEMPORARY_COPIES = (".dvc", "tmp", "exps")


def real_root(folder: Path) -> Path:
    """Return the repository that `folder` is the root of, or was copied from by `dvc exp run --temp`.

    DVC 3.67 puts such copies at <root>/.dvc/tmp/exps/standalone/<name>, those
    of its queue at <root>/.dvc/tmp/exps/<name>, and removes them afterwards.
    """
    folder = folder.resolve()
    for parent in folder.parents:
        if parent.parts[-3:] == _TEMPORARY_COPIES:
            return parent.parents[2]
    return folder


@dataclass(frozen=True)
class ModelFiles:
    """The files of one model, under `models/<name>/`."""

    name: str

    @property
    def folder(self) -> Path:
        return Path("models") / self.name

    @property
    def weights(self) -> Path:
        """Training checkpoint: a pickle, never shipped."""
        return self.folder / "weights.pt"

    @property
    def onnx(self) -> Path:
        """The file that ships."""
        return self.folder / "model.onnx"

    @property
    def evidence(self) -> Path:
        """Per-image detections and matches of the test split (Parquet)."""
        return self.folder / "evidence"

    @property
    def bundle(self) -> Path:
        return self.folder / "bundle"

    @property
    def manifest(self) -> Path:
        return self.folder / "manifest.json"
