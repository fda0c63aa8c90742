"""A Git and DVC repository with a small pipeline of shell stages, run, committed and pushed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

PIPELINE = """\
stages:
  prepare:
    cmd: sh code/prepare.sh
    params: [prepare]
    deps: [raw, code/prepare.sh]
    outs: [prepared]
  train:
    cmd: sh code/lib/train.sh
    params: [train.epochs]
    deps: [prepared, code/lib]
    outs: [weights.txt]
    metrics:
      - reports/train.json: {cache: false}
  evaluate:
    cmd: mkdir -p reports/plots && cp weights.txt reports/plots/curve.csv
    deps: [weights.txt, reports/train.json]
    plots:
      - reports/plots: {cache: false}
"""
FILES = {
    "dvc.yaml": PIPELINE,
    "params.yaml": "prepare: {size: 4}\ntrain: {epochs: 3, lr: 1.0e-05}\n",
    "code/prepare.sh": "cp -r raw prepared\n",
    "code/lib/train.sh": "mkdir -p reports; cat prepared/* params.yaml > weights.txt; echo '{}' > reports/train.json\n",
    "code/lib/notes.txt": "first line\nsecond line\n",
    ".dvcignore": "*.cache\n",
    "raw/one.txt": "one\n",
    "raw/two.txt": "two\n",
}


@dataclass(frozen=True)
class CommittedProject:
    """A repository; its remote lies beside it."""

    root: Path

    @property
    def remote(self) -> Path:
        return self.root.parent / "remote"

    def run(self, *command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a command in the repository, away from the user's own settings."""
        result = subprocess.run(command, cwd=self.root, env=_environment(), capture_output=True, text=True, check=False)
        assert not check or result.returncode == 0, f"{command} ended with {result.returncode}: {result.stderr}"
        return result

    def git(self, *arguments: str) -> str:
        return self.run("git", *arguments).stdout.strip()

    def dvc(self, *arguments: str) -> str:
        return self.run(sys.executable, "-P", "-m", "dvc", *arguments).stdout

    def write(self, path: str, content: str | bytes) -> None:
        """Write a file; nothing is committed."""
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content.encode() if isinstance(content, str) else content)

    def commit(self, **files: str) -> str:
        """Commit all that changed, and return the hash."""
        for path, content in files.items():
            self.write(path, content)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "change")
        return self.git("rev-parse", "HEAD")

    def lock(self, path: str = "dvc.lock") -> dict[str, Any]:
        content: dict[str, Any] = yaml.safe_load((self.root / path).read_text())
        return content

    def edit_text(self, path: str, old: str, new: str) -> None:
        """Replace a text that stands in a file exactly once."""
        content = (self.root / path).read_text()
        assert 1 == content.count(old), f"{old!r} stands {content.count(old)} times in {path}"
        self.write(path, content.replace(old, new))

    def repro(self) -> list[str]:
        """Run `dvc repro`, and return the stages that it ran."""
        said = self.dvc("repro")
        return [line.split("'")[1] for line in said.splitlines() if line.startswith("Running stage")]

    def clone(self, folder: Path) -> CommittedProject:
        """Return a fresh clone, which has no data."""
        self.run("git", "clone", "--quiet", str(self.root), str(folder))
        return CommittedProject(folder)


def make_project(folder: Path, files: dict[str, str] = FILES, *, raw: str = "raw") -> CommittedProject:
    """Make a repository at folder/project whose pipeline is run, committed, and pushed to folder/remote."""
    project = CommittedProject(folder / "project")
    project.root.mkdir(parents=True)
    project.git("init", "--quiet", "--initial-branch=main")
    project.dvc("init", "--quiet")
    project.dvc("remote", "add", "--quiet", "--default", "store", "../remote")
    for path, content in files.items():
        project.write(path, content)
    if raw:
        project.dvc("add", "--quiet", raw)
    project.dvc("repro", "--quiet", "--all-pipelines")
    project.dvc("push", "--quiet", "--run-cache")
    project.commit()
    return project


def copy_project(project: CommittedProject, folder: Path) -> CommittedProject:
    """Return a copy of a project and its remote."""
    shutil.copytree(project.root.parent, folder, symlinks=True, dirs_exist_ok=True)
    return CommittedProject(folder / project.root.name)


def _environment() -> dict[str, str]:
    return os.environ | {
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_COUNT": "2",
        "GIT_CONFIG_KEY_0": "user.name",
        "GIT_CONFIG_VALUE_0": "Test",
        "GIT_CONFIG_KEY_1": "user.email",
        "GIT_CONFIG_VALUE_1": "test@example.org",
        "DVC_NO_ANALYTICS": "1",
    }
