"""A team's repository as `headway init` makes it, with a real Git."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.cli.command import run_headway
from tests.pipeline.conftest import QUICK_PARAMS

REQUIREMENT = "headway[train]==0.1.0"
ISOLATED = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_AUTHOR_NAME": "Test",
    "GIT_AUTHOR_EMAIL": "test@example.org",
    "GIT_COMMITTER_NAME": "Test",
    "GIT_COMMITTER_EMAIL": "test@example.org",
    "DVC_NO_ANALYTICS": "1",
    "GITHUB_TOKEN": "",
    "HEADWAY_TOKEN": "",
    "GITHUB_REPOSITORY": "",
}


@dataclass(frozen=True)
class Team:
    """The repository, which need not exist yet."""

    root: Path

    def init(self, *options: str) -> subprocess.CompletedProcess[str]:
        return run_headway("init", str(self.root), *options, folder=self.root.parent, **ISOLATED)

    def quicken(self, gate: Mapping[str, Any]) -> None:
        """Make the training short and its images few; of fewer test images the gate decides nothing."""
        self.write("params.yaml", yaml.safe_dump({**QUICK_PARAMS, "gate": gate}, sort_keys=False))
        self.edit("data/shelves.yaml", "{train: 200, val: 48, test: 64}", "{train: 12, val: 6, test: 32}")

    def headway(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return run_headway(*arguments, folder=self.root, **{**ISOLATED, **environment})

    def run(self, *command: str) -> str:
        """Run a command, of this Python's installation first, and return what it printed."""
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        return subprocess.run(
            command,
            cwd=self.root,
            env={**os.environ, **ISOLATED, "PATH": path},
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    def commit(self, message: str = "change") -> None:
        self.run("git", "add", "--all")
        self.run("git", "commit", "--quiet", "--allow-empty", "--message", message)

    def read(self, path: str) -> str:
        return (self.root / path).read_text(encoding="utf-8")

    def write(self, path: str, text: str) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def edit(self, path: str, old: str, new: str) -> None:
        text = self.read(path)
        assert old in text
        self.write(path, text.replace(old, new))

    def tree(self) -> dict[str, bytes]:
        """Return every file outside of Git's and DVC's own state."""
        own = {".git", "tmp", "cache", "__pycache__"}
        files = (file for file in self.root.rglob("*") if file.is_file())
        named = ((file.relative_to(self.root), file) for file in files)
        return {name.as_posix(): file.read_bytes() for name, file in named if own.isdisjoint(name.parts)}
