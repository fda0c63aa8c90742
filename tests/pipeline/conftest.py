"""A copy of the repository with small, quick params, in which the real pipeline runs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import ROOT

QUICK_PARAMS: dict[str, Any] = {
    "model": "detector",
    "prepare": {
        "source": "data/shelves.yaml", "classes": "data/shelves.classes.yaml", "ledger": "data/shelves.splits.csv",
    },
    "train": {
        "model": "yolo11n.yaml", "epochs": 2, "imgsz": 96, "batch": 8, "nbs": 8, "workers": 0, "optimizer": "AdamW",
        "lr0": 0.002, "warmup_epochs": 1.0, "close_mosaic": 1, "device": "cpu",
    },
    "export": {"parity": {"images": 4}},
    "evaluate": {"latency_runs": 10},
    "package": {"golden_images": 2},
}  # fmt: skip
STAGES = ("prepare", "train", "export", "evaluate", "package")


@dataclass(frozen=True)
class Project:
    """A repository in which `dvc repro` works."""

    root: Path

    def run(self, *command: str, check: bool = True, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a command in the project and return what it printed."""
        result = subprocess.run(
            command, cwd=self.root, env=self.environment() | environment, capture_output=True, text=True
        )
        if check and result.returncode != 0:
            pytest.fail(f"{' '.join(command)} ended with {result.returncode}:\n{result.stdout}\n{result.stderr}")
        return result

    def start(self, *command: str) -> subprocess.Popen[str]:
        """Start a command in a process group of its own."""
        return subprocess.Popen(
            command, cwd=self.root, env=self.environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            start_new_session=True,
        )  # fmt: skip

    def environment(self) -> dict[str, str]:
        """Return the environment of a user: this Python first, bytecode written as usual."""
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        here = str(Path(sys.executable).parent)
        return kept | {
            "PATH": f"{here}{os.pathsep}{kept['PATH']}",
            "PYTHONPATH": str(self.root / "src"),
            "HOME": str(self.root.parent / "home"),
            "GIT_CONFIG_GLOBAL": os.devnull,
        }

    def set_params(self, **sections: dict[str, Any]) -> None:
        """Change keys of params.yaml."""
        path = self.root / "params.yaml"
        params = yaml.safe_load(path.read_text())
        for section, values in sections.items():
            params[section] = {**params.get(section, {}), **values}
        path.write_text(yaml.safe_dump(params, sort_keys=False))

    def status(self) -> list[str]:
        """Return what Git sees as changed or untracked."""
        return self.run("git", "status", "--porcelain").stdout.splitlines()

    def commit(self, message: str) -> None:
        """Commit everything that Git does not ignore."""
        self.run("git", "add", "--all")
        self.run("git", "-c", "user.name=Test", "-c", "user.email=test@example.org", "commit", "-qm", message)


def make_project(folder: Path) -> Project:
    """Copy the repository's own files to `folder` and give it small data and quick params."""
    names = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout.split("\0")  # fmt: skip
    for name in filter(None, names):
        if (
            name.startswith(("tests/", "docs/", "bench/", "reports/", "models/", "dvc.lock"))
            or not (ROOT / name).is_file()
        ):
            continue
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, folder / name)
    (folder.parent / "home").mkdir(exist_ok=True)
    scene = folder / "data/shelves.yaml"
    spec = yaml.safe_load(scene.read_text())
    spec["scene"]["images"] = {"train": 24, "val": 12, "test": 12}
    scene.write_text(yaml.safe_dump(spec, sort_keys=False))
    (folder / "params.yaml").write_text(yaml.safe_dump(QUICK_PARAMS, sort_keys=False))
    project = Project(folder)
    project.run("git", "init", "-q", "-b", "main")
    project.commit("Start")
    return project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project in which nothing has run yet."""
    return make_project(tmp_path / "project")


@pytest.fixture(scope="session")
def finished_once(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project in which the pipeline has run once and the result is committed; tests copy it."""
    project = make_project(tmp_path_factory.mktemp("finished") / "project")
    project.run("headway", "repro")
    project.commit("First model")
    return project


@pytest.fixture
def finished(finished_once: Project, tmp_path: Path) -> Project:
    """A copy, free to be changed, of the project in which the pipeline has run."""
    shutil.copytree(finished_once.root, tmp_path / "project", symlinks=True)
    (tmp_path / "home").mkdir()
    return Project(tmp_path / "project")
