"""The package stage inside a real DVC repository: what it reads of dvc.lock is what the lock says in the end."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from headway.contracts.layout import DATASET_REPORT, PREPARED, PROVENANCE, SCORECARD
from headway.contracts.lock import entries_digest, output_digests, read_lock
from headway.contracts.manifest import Manifest, read_manifest
from tests.conftest import ROOT
from tests.scored_project import MODEL, YAML

SECTIONS = {"prepare": {}, "train": YAML["train"], "export": {}, "evaluate": {}, "package": YAML["package"]}


def dvc(root: Path, *arguments: str) -> str:
    environment = {**os.environ, "DVC_NO_ANALYTICS": "1", "PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, "-m", "dvc", *arguments]
    result = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout


def copying(*paths: Path, uncached: tuple[Path, ...] = ()) -> dict[str, object]:
    """Return a stage that copies what an earlier run left in `stored/`."""
    parts = [f"mkdir -p {path.parent} && cp -r stored/{path} {path.parent}/" for path in (*paths, *uncached)]
    outs = [*(path.as_posix() for path in paths), *({path.as_posix(): {"cache": False}} for path in uncached)]
    return {"cmd": " && ".join(parts), "outs": outs}


@pytest.fixture
def repository(packaged_once: Path, tmp_path: Path) -> Path:
    """A DVC repository whose earlier stages copy their results, and whose package stage is ours."""
    root = tmp_path / "repository"
    shutil.copytree(packaged_once, root / "stored")
    package = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]["package"]
    code = [path for path in package["deps"] if path.startswith(("src/", "pipelines/"))]
    stages = {
        "prepare": copying(PREPARED, uncached=(DATASET_REPORT,)),
        "train": copying(uncached=(PROVENANCE,)),
        "export": {**copying(MODEL.onnx), "deps": [PROVENANCE.as_posix()]},
        "evaluate": copying(MODEL.evidence, uncached=(SCORECARD, Path("reports/latency.json"))),
        "package": {
            "cmd": f"{sys.executable} {ROOT / 'pipelines/package.py'}",
            "params": package["params"],
            "deps": [
                path.replace("${model}", MODEL.name)
                for path in package["deps"]
                if path not in (*code, "${prepare.source}", "${prepare.classes}", "${prepare.ledger}")
            ],
            "outs": [MODEL.bundle.as_posix(), {MODEL.manifest.as_posix(): {"cache": False}}],
        },
    }
    (root / "dvc.yaml").write_text(yaml.safe_dump({"stages": stages}))
    (root / "params.yaml").write_text(yaml.safe_dump({"model": MODEL.name, **SECTIONS}))
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    dvc(root, "init", "-q")
    return root


def manifest_of(root: Path) -> Manifest:
    return read_manifest(root / MODEL.bundle)


def test_the_final_lock_gives_the_manifests_digest(repository: Path) -> None:
    dvc(repository, "repro")
    lock = read_lock(repository / "dvc.lock")

    assert entries_digest(lock) == manifest_of(repository).upstream_digest
    assert output_digests(lock)[MODEL.onnx.as_posix()] == manifest_of(repository).files["model.onnx"].md5


@pytest.mark.slow
def test_a_second_run_changes_nothing_and_a_forced_one_keeps_the_identity(repository: Path) -> None:
    dvc(repository, "repro")
    identity = manifest_of(repository).identity
    manifest = (repository / MODEL.manifest).read_bytes()

    assert "didn't change, skipping" in dvc(repository, "repro", "package")
    dvc(repository, "repro", "--force", "package")
    assert identity == manifest_of(repository).identity
    assert manifest == (repository / MODEL.manifest).read_bytes()
