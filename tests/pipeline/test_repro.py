"""`dvc repro` from data and params to a bundle, and what it leaves in Git."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from headway.contracts.canonical import sha256_file
from tests.pipeline.conftest import STAGES, Project

IN_GIT = {
    "dvc.lock",
    "models/detector/manifest.json",
    "reports/dataset.json",
    "reports/epochs.csv",
    "reports/export_speed.json",
    "reports/latency.json",
    "reports/parity.json",
    "reports/provenance.json",
    "reports/scorecard.json",
    "reports/training.json",
}
HELD_BY_DVC = (
    "data/prepared",
    "models/detector/weights.pt",
    "models/detector/model.onnx",
    "models/detector/evidence",
    "models/detector/bundle",
)


def digests(project: Project, *paths: str) -> dict[str, str]:
    """Return path -> SHA-256 of every file at or below `paths`."""
    files = [file for path in paths for file in _files(project.root / path)]
    return {file.relative_to(project.root).as_posix(): sha256_file(file) for file in files}


def _files(path: Path) -> list[Path]:
    return [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.is_file())


def test_reports_and_manifest_are_in_git_and_everything_large_is_with_dvc(finished: Project) -> None:
    tracked = set(finished.run("git", "ls-files").stdout.split())

    assert tracked >= IN_GIT
    assert not [path for path in tracked if path.startswith(HELD_BY_DVC)]
    assert [] == [path for path in HELD_BY_DVC if not (finished.root / path).exists()]
    assert [] == finished.status()


def test_a_second_run_changes_nothing(finished: Project) -> None:
    before = digests(finished, "dvc.lock", "reports", "models")

    result = finished.run("headway", "repro")

    assert "Data and pipelines are up to date" in result.stdout
    assert before == digests(finished, "dvc.lock", "reports", "models")
    assert [] == finished.status()


def test_training_again_gives_equal_bytes_so_nothing_downstream_runs(finished: Project) -> None:
    before = digests(finished, "models", "reports/scorecard.json")
    checkpoints = finished.root / ".headway/checkpoints"
    for path in checkpoints.rglob("*.pt"):
        path.unlink()

    result = finished.run("dvc", "repro", "--force", "--single-item", "train")
    after = finished.run("dvc", "repro")

    assert "epoch 2/2" in result.stdout + result.stderr
    assert "Running stage" not in after.stdout
    assert before == digests(finished, "models", "reports/scorecard.json")


def test_an_edit_of_one_section_runs_its_stage_and_those_behind_it(finished: Project) -> None:
    finished.set_params(evaluate={"match_iou": 0.6})

    dry = finished.run("dvc", "repro", "--dry").stdout

    assert ["evaluate"] == [stage for stage in STAGES if f"Running stage '{stage}'" in dry][:1]
    assert "Running stage 'train'" not in dry


def test_bytecode_and_caches_change_no_stage(finished: Project) -> None:
    (finished.root / "data/prepared/labels/train.cache").write_bytes(b"left by another tool")
    assert list((finished.root / "src").rglob("__pycache__"))

    assert "Data and pipelines are up to date" in finished.run("dvc", "status").stdout


@pytest.mark.slow
def test_params_metrics_and_plots_can_be_compared(finished: Project) -> None:
    finished.set_params(evaluate={"match_iou": 0.6})
    finished.run("headway", "repro")

    params = json.loads(finished.run("dvc", "params", "diff", "--json").stdout)
    metrics = json.loads(finished.run("dvc", "metrics", "diff", "--all", "--json").stdout)
    plots = finished.run("dvc", "plots", "diff", "--out", "plots").stdout

    assert {"evaluate.match_iou": {"old": None, "new": 0.6}} == params["params.yaml"]
    assert 0.6 == metrics["reports/scorecard.json"]["operating_point.iou"]["new"]
    assert "index.html" in plots


@pytest.mark.slow
def test_an_experiment_changes_params_lock_and_declared_reports_only(finished: Project) -> None:
    finished.run("dvc", "exp", "run", "-S", "train.epochs=1")

    changed = {line[3:] for line in finished.status()}
    declared = _declared(finished.root)

    assert "params.yaml" in changed
    assert not [line for line in finished.status() if line.startswith("??")]
    assert changed <= declared | {"params.yaml", "dvc.lock"}


@pytest.mark.slow
def test_a_temporary_experiment_changes_nothing(finished: Project) -> None:
    before = digests(finished, "params.yaml", "dvc.lock", "reports", "models", "data")

    finished.run("dvc", "exp", "run", "--temp", "-S", "train.epochs=1")

    assert [] == finished.status()
    assert before == digests(finished, "params.yaml", "dvc.lock", "reports", "models", "data")
    assert "train.epochs" in finished.run("dvc", "exp", "show", "--csv").stdout


def _declared(root: Path) -> set[str]:
    """Return every file that dvc.yaml declares as kept in Git."""
    stages = yaml.safe_load((root / "dvc.yaml").read_text())["stages"].values()
    kinds = [stage.get(kind, []) for stage in stages for kind in ("outs", "metrics", "plots")]
    paths = {
        path.replace("${model}", "detector")
        for kind in kinds
        for entry in kind
        if isinstance(entry, dict)
        for path in entry
    }
    return {file.relative_to(root).as_posix() for path in paths for file in _files(root / path)}


def test_stages_run_the_code_of_their_own_tree(finished: Project) -> None:
    (finished.root / "pipelines/prepare.py").write_text("import headway; print('running', headway.__file__)\n")

    told = finished.run("dvc", "repro", "prepare", check=False, PYTHONPATH="").stdout

    assert f"running {finished.root / 'src/headway/__init__.py'}" in told
