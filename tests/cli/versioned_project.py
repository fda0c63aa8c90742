"""A Git and DVC repository that tracks a small prepared data set, as the prepare stage leaves it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from headway.contracts.dataset import PreparedDataset, read_dataset, write_dataset
from headway.contracts.layout import PREPARED
from headway.contracts.problem import Problem
from tests.blob_dataset import make_blob_dataset


@dataclass(frozen=True)
class VersionedProject:
    """A repository whose data/prepared DVC tracks."""

    root: Path

    @property
    def prepared(self) -> Path:
        return self.root / PREPARED

    def run(self, *command: str) -> str:
        """Run a command in the repository and return what it printed."""
        here = str(Path(sys.executable).parent)
        environment = os.environ | {
            "PATH": f"{here}{os.pathsep}{os.environ['PATH']}",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_COUNT": "2",
            "GIT_CONFIG_KEY_0": "user.name",
            "GIT_CONFIG_VALUE_0": "Test",
            "GIT_CONFIG_KEY_1": "user.email",
            "GIT_CONFIG_VALUE_1": "test@example.org",
            "DVC_NO_ANALYTICS": "1",
        }
        return subprocess.run(
            command, cwd=self.root, env=environment, capture_output=True, text=True, check=True
        ).stdout

    def commit_data(self, tag: str) -> None:
        """Commit data/prepared as it is now, and tag it."""
        self.run("dvc", "commit", "--quiet", "--force")
        self.run("git", "add", "--all")
        self.run("git", "commit", "--quiet", "--message", tag)
        self.run("git", "tag", tag)

    def rewrite(self, dataset: PreparedDataset, problems: Sequence[Problem] = ()) -> None:
        """Replace the records; the images stay."""
        write_dataset(replace(dataset, root=self.prepared), problems)

    def read(self) -> PreparedDataset:
        return read_dataset(self.prepared)


def make_versioned_project(root: Path) -> VersionedProject:
    """Make a repository with one commit, "empty", before the data, and one, "first", with data from a DVC stage."""
    project = VersionedProject(root)
    root.mkdir(parents=True)
    project.run("git", "init", "--quiet")
    project.run("dvc", "init", "--quiet")
    project.run("git", "commit", "--quiet", "--message", "empty")
    project.run("git", "tag", "empty")
    make_blob_dataset(project.prepared, images=4)
    (root / "dvc.yaml").write_text(f"stages:\n  prepare:\n    cmd: 'true'\n    outs: [{PREPARED.as_posix()}]\n")
    project.commit_data("first")
    return project


def copy_project(project: VersionedProject, root: Path) -> VersionedProject:
    shutil.copytree(project.root, root, symlinks=True)
    return VersionedProject(root)
