"""A Git and DVC repository with a model on branch main, in which further models are made, scored and committed."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml
from dvc.repo import Repo

from headway.contracts.canonical import sha256_file
from headway.contracts.dataset import PreparedDataset, read_dataset, write_dataset
from headway.contracts.layout import LATENCY, PARAMS, PREPARED, SCORECARD, ModelFiles
from headway.contracts.manifest import MODEL, InputFacts, Metrics, digest_file, manifest_json, seal
from headway.contracts.params.evaluate import EvaluateParams
from headway.contracts.scorecard import LatencyReport, LatencyStats, Scorecard, write_document
from headway.evaluation.evaluate import evaluate
from headway.evaluation.evidence import write_evidence
from headway.integrations.faster_coco_eval import FasterCocoEval
from headway.integrations.onnxruntime import open_model
from headway.integrations.pillow.reading import read_image
from headway.integrations.pyarrow import ParquetStore
from tests.blob_dataset import make_blob_dataset
from tests.blob_detector import CLASSES, save_blob_detector
from tests.cli.versioned_project import VersionedProject
from tests.evaluation.silence import silent

FILES = ModelFiles("blobs")
GATE: dict[str, Any] = {"margin": 0.1, "resamples": 1000, "speed": {"ratio": None}}
"""A policy that a few dozen images can answer; timing is left out, so that no test depends on the machine."""
_PIPELINE = {
    "stages": {
        "prepare": {"cmd": "true", "outs": [PREPARED.as_posix()]},
        "export": {"cmd": "true", "outs": [FILES.onnx.as_posix()]},
        "evaluate": {"cmd": "true", "outs": [FILES.evidence.as_posix()]},
        "package": {"cmd": "true", "outs": [FILES.bundle.as_posix()]},
    }
}


class GatedProject(VersionedProject):
    """A repository in which models are made with `make_model`, and committed with `commit`."""

    def write_params(self, **gate: Any) -> None:
        """Write params.yaml with the policy of `GATE`, changed by `gate`."""
        content = {"model": FILES.name, "evaluate": {"robustness": False, "threads": 1}, "gate": {**GATE, **gate}}
        (self.root / PARAMS).write_text(yaml.safe_dump(content))

    def make_model(self, *, classes: Sequence[str] = CLASSES, operating_point: Any = "f1", **detector: Any) -> None:
        """Do what export, evaluate and package do, with a blob detector, on data/prepared as `classes` see it."""
        dataset = _as_seen(read_dataset(self.prepared), classes)
        self.write_dataset(dataset)
        onnx = self.root / FILES.onnx
        onnx.parent.mkdir(parents=True, exist_ok=True)
        onnx.unlink(missing_ok=True)
        save_blob_detector(onnx, classes=classes, **detector)
        params = EvaluateParams(robustness=False, operating_point=operating_point)
        result = evaluate(
            dataset,
            open_model(onnx, threads=1),
            params,
            model_sha256=sha256_file(onnx),
            scorer=FasterCocoEval(),
            read_image=read_image,
            progress=silent,
        )
        write_evidence(result.evidence, self.root / FILES.evidence, ParquetStore())
        write_document(self.root / SCORECARD, result.scorecard)
        write_document(self.root / LATENCY, latency(sha256_file(onnx)))
        self._package(dataset, result.scorecard)
        with Repo(str(self.root)) as repository:  # dvc commit --force, without the second that its program takes
            repository.commit(force=True)

    def checkout(self, revision: str) -> None:
        """Check out what Git and DVC hold of `revision`."""
        self.run("git", "checkout", "--quiet", revision)
        with Repo(str(self.root)) as repository:
            repository.checkout(force=True)

    def make_data(self, *, images: int = 40, seed: int = 0, grouped: bool = False) -> None:
        """Make data/prepared anew."""
        shutil.rmtree(self.prepared, ignore_errors=True)
        dataset = make_blob_dataset(self.prepared, images=images, seed=seed)
        if not grouped:
            records = tuple(replace(record, group=None) for record in dataset.records)
            self.write_dataset(replace(dataset, records=records))

    def write_dataset(self, dataset: PreparedDataset) -> None:
        """Replace the records, which DVC may have made read-only; the images stay."""
        for file in self.prepared.glob("*.json*"):
            file.unlink()
        write_dataset(replace(dataset, root=self.prepared))

    def commit(self, message: str) -> str:
        """Commit everything and return the full hash."""
        self.run("git", "add", "--all")
        self.run("git", "commit", "--quiet", "--message", message)
        return self.run("git", "rev-parse", "HEAD").strip()

    def _package(self, dataset: PreparedDataset, scorecard: Scorecard) -> None:
        shutil.rmtree(self.root / FILES.bundle, ignore_errors=True)
        (self.root / FILES.bundle).mkdir()
        shutil.copyfile(self.root / FILES.onnx, self.root / FILES.bundle / MODEL)
        manifest = seal(
            name=FILES.name,
            classes=dataset.classes,
            input=InputFacts(size=scorecard.input_size, padding=114),
            operating_threshold=scorecard.operating_point.threshold,
            files={MODEL: digest_file(self.root / FILES.onnx)},
            dataset_digest=dataset.digest,
            params_digest="0" * 64,
            upstream_digest="0" * 64,
            scorecard=digest_file(self.root / SCORECARD),
            metrics=Metrics(
                quality=scorecard.quality,
                operating_point=scorecard.operating_point,
                expected_calibration_error=scorecard.calibration.expected_calibration_error,
            ),
        )
        (self.root / FILES.manifest).write_text(manifest_json(manifest))


def _as_seen(dataset: PreparedDataset, classes: Sequence[str]) -> PreparedDataset:
    """Return the data set with only these classes, in this order."""
    records = tuple(
        replace(record, boxes=tuple(box for box in record.boxes if box.class_name in classes))
        for record in dataset.records
    )
    return replace(dataset, classes=tuple(classes), records=records)


def latency(model_sha256: str = "a" * 64, *, hardware: str = "a test machine", p95_ms: float = 12.0) -> LatencyReport:
    """Return a latency report that no clock had a part in."""
    return LatencyReport(
        model_sha256=model_sha256,
        latency=LatencyStats(p50_ms=10.0, p95_ms=p95_ms, p99_ms=p95_ms, runs=50),
        throughput_images_per_second=100.0,
        throughput_batch=8,
        hardware=hardware,
        threads=1,
        engine="onnxruntime",
    )


def make_gated_project(root: Path, *, images: int = 40, **detector: Any) -> GatedProject:
    """Make a repository whose branch main holds a model, and check out a branch "work" on it."""
    root.mkdir(parents=True)
    project = GatedProject(root)
    project.run("git", "init", "--quiet", "--initial-branch", "main")
    project.run("dvc", "init", "--quiet")
    (root / "dvc.yaml").write_text(yaml.safe_dump(_PIPELINE))
    project.make_data(images=images)
    project.write_params()
    project.make_model(**detector)
    project.commit("model on main")
    project.run("git", "checkout", "--quiet", "-b", "work")
    return project


def copy_gated_project(project: GatedProject, root: Path) -> GatedProject:
    """Return a copy, free to be changed; the cache is copied as well."""
    subprocess.run(["cp", "-a", str(project.root), str(root)], check=True)
    return GatedProject(root)
