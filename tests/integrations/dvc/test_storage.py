"""What is put on a remote is enough to restore every stage elsewhere."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from headway.errors import InputError
from headway.integrations.dvc.storage import store_results
from tests.finished_run import write

PIPELINE = """\
stages:
  train:
    cmd: python train.py
    deps: [train.py]
    outs: [weights.txt]
    metrics: [metrics.json: {cache: false}]
    plots: [curves: {cache: false}]
"""
TRAIN = """\
from pathlib import Path
Path("weights.txt").write_text("7")
Path("metrics.json").write_text('{"loss": 1}')
Path("curves").mkdir(exist_ok=True)
Path("curves/loss.csv").write_text("loss")
Path(__file__).with_name("trained").open("a").write("once\\n")
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose one stage has run."""
    root = start(tmp_path / "one", tmp_path / "remote")
    dvc(root, "repro")
    return root


def test_every_stage_is_restored_on_another_machine_that_has_no_lock(project: Path, tmp_path: Path) -> None:
    store_results(project)
    other = start(tmp_path / "other", tmp_path / "remote")
    dvc(other, "repro", "--pull")
    assert not (other / "trained").exists()
    assert ["7", '{"loss": 1}', "loss"] == [
        (other / name).read_text() for name in ("weights.txt", "metrics.json", "curves/loss.csv")
    ]


def test_what_dvc_itself_pushes_does_not_restore_a_stage_with_metrics(project: Path, tmp_path: Path) -> None:
    """Once this fails, DVC does it all by itself, and `store_results` may go."""
    dvc(project, "push", "--run-cache")
    other = start(tmp_path / "other", tmp_path / "remote")
    dvc(other, "repro", "--pull")
    assert (other / "trained").exists()


def test_what_is_there_is_not_pushed_again(project: Path) -> None:
    # Weights, metrics, the folder of curves with its one file, and the record; DVC copies records each time.
    assert [5, 1] == [store_results(project), store_results(project)]


def test_a_project_that_has_not_run_has_nothing_to_store(tmp_path: Path) -> None:
    assert 0 == store_results(start(tmp_path / "one", tmp_path / "remote"))


def test_metrics_that_no_run_left_in_the_cache_are_no_trouble(project: Path, tmp_path: Path) -> None:
    store_results(project)
    other = start(tmp_path / "other", tmp_path / "remote")
    write(other / "dvc.lock", (project / "dvc.lock").read_text())
    assert 0 == store_results(other)


def test_a_project_without_a_remote_is_told_how_to_add_one(project: Path) -> None:
    dvc(project, "remote", "remove", "store")
    with pytest.raises(InputError, match="no remote specified") as caught:
        store_results(project)
    assert "dvc remote add --default NAME URL" == caught.value.hint


def start(root: Path, remote: Path) -> Path:
    """Make a project that has not run."""
    root.mkdir()
    dvc(root, "init", "--no-scm", "--quiet")
    dvc(root, "remote", "add", "--quiet", "--default", "store", str(remote))
    write(root / "dvc.yaml", PIPELINE)
    write(root / "train.py", TRAIN)
    return root


def dvc(root: Path, *words: str) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(
        [sys.executable, "-m", "dvc", *words],
        cwd=root,
        env={**os.environ, "PATH": path, "DVC_NO_ANALYTICS": "1"},
        capture_output=True,
        check=True,
    )
