"""A repository in which everything up to evaluate has run: real data, a real ONNX detector, its real scorecard."""

from __future__ import annotations

import contextlib
import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path

import yaml
from pipelines.package import main

from headway.cli.progress import show_progress
from headway.contracts.canonical import md5_file, readable_json, sha256_file
from headway.contracts.dataset import dataset_facts
from headway.contracts.layout import DATASET_REPORT, LATENCY, LOCK, PARAMS, PREPARED, PROVENANCE, SCORECARD, ModelFiles
from headway.contracts.params.document import read_document, read_section
from headway.contracts.params.evaluate import EvaluateParams
from headway.contracts.params.package import PackageParams
from headway.contracts.scorecard import write_document
from headway.evaluation.evaluate import evaluate
from headway.evaluation.evidence import write_evidence
from headway.evaluation.latency import measure
from headway.integrations.faster_coco_eval import FasterCocoEval
from headway.integrations.onnxruntime import open_model
from headway.integrations.pillow.reading import read_image
from headway.integrations.pyarrow import ParquetStore
from tests.blob_dataset import make_blob_dataset
from tests.blob_detector import save_blob_detector
from tests.conftest import ROOT

MODEL = ModelFiles("blobs")
YAML = {
    "model": "blobs",
    "train": {"model": "yolo11n.yaml", "epochs": 2},
    "package": {"golden_images": 4, "profile_windows": 3, "description": "Finds coloured blobs.", "licence": "MIT"},
}


def make_scored_project(root: Path, *, images: int = 12, fresh: int = 0, shift: float = 0.0) -> Path:
    """Write params, prepared data, model, scorecard, latency, evidence and dvc.lock below `root`.

    The detector's boxes lie `shift` input pixels too far to the right.
    """
    dataset = make_blob_dataset(root / PREPARED, images=images, fresh=fresh)
    (root / MODEL.folder).mkdir(parents=True)
    onnx = save_blob_detector(root / MODEL.onnx, shift=shift)
    runtime, sha256 = open_model(onnx, threads=1), sha256_file(onnx)
    result = evaluate(
        dataset,
        runtime,
        EvaluateParams(),
        model_sha256=sha256,
        scorer=FasterCocoEval(),
        read_image=read_image,
        progress=show_progress,
    )
    latency = measure(
        runtime,
        [read_image(dataset.image_path(record)) for record in dataset.split("test")],
        model_sha256=sha256,
        runs=10,
        batch=2,
        threads=1,
        hardware="a test machine",
        clock=time.perf_counter,
        progress=show_progress,
    )
    write_evidence(result.evidence, root / MODEL.evidence, ParquetStore())
    write_document(root / SCORECARD, result.scorecard)
    write_document(root / LATENCY, latency)
    (root / DATASET_REPORT).write_text(readable_json(dataset_facts(dataset)))
    (root / PROVENANCE).write_text("{}\n")
    (root / PARAMS).write_text(yaml.safe_dump(YAML))
    write_lock(root)
    return root


def write_lock(root: Path) -> None:
    """Write the dvc.lock of what lies below `root`, in DVC's form; folders get an MD5 over the MD5s of their files."""
    stages = {
        "prepare": (PREPARED, DATASET_REPORT),
        "train": (PROVENANCE,),
        "export": (MODEL.onnx,),
        "evaluate": (MODEL.evidence, SCORECARD, LATENCY),
    }
    entries = {
        stage: {
            "cmd": f"python pipelines/{stage}.py",
            "outs": [{"path": path.as_posix(), "hash": "md5", "md5": _md5(root / path)} for path in outs],
        }
        for stage, outs in stages.items()
    }
    (root / LOCK).write_text(yaml.safe_dump({"schema": "2.0", "stages": entries}))


def package(root: Path) -> None:
    """Do what the package stage does below `root`, in this process.

    Raises:
        InputError: as the stage would say it.
    """
    with contextlib.chdir(root):
        main(read_section(read_document(PARAMS), "package", PackageParams), MODEL)


def run_package(root: Path) -> subprocess.CompletedProcess[str]:
    """Run the package stage below `root` in a process of its own, as DVC does."""
    return subprocess.run(
        [sys.executable, str(ROOT / "pipelines/package.py")],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def _md5(path: Path) -> str:
    if path.is_file():
        return md5_file(path)
    files = sorted(file for file in path.rglob("*") if file.is_file())
    digest = hashlib.md5("".join(md5_file(file) for file in files).encode(), usedforsecurity=False)
    return f"{digest.hexdigest()}.dir"
