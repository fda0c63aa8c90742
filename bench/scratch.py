"""Scratch copies of the committed repository, and what runs in them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bench.timing import seconds_of

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / "bench" / "work"
"""Ignored by Git; made afresh by every run, and removed after one that succeeds."""


@dataclass(frozen=True)
class Clone:
    """A clone of the repository's last commit, in which its pipeline runs."""

    root: Path

    @property
    def commit(self) -> str:
        return _output("git", "rev-parse", "HEAD", cwd=self.root)

    def params(self, section: str) -> dict[str, Any]:
        """Return a section of params.yaml as it stands there."""
        values: dict[str, Any] = yaml.safe_load((self.root / "params.yaml").read_text())[section]
        return values

    def edit(self, name: str, section: str, **values: Any) -> None:
        """Change keys of a section of the YAML file `name`."""
        path = self.root / name
        document = yaml.safe_load(path.read_text())
        document[section] = {**document[section], **values}
        path.write_text(yaml.safe_dump(document, sort_keys=False))

    def seconds(self, *command: str, **environment: str) -> float:
        """Return how long a command takes as a whole process.

        Raises:
            SystemExit: it failed; the end of what it said is printed.
        """
        return seconds_of(lambda: self.run(*command, **environment))

    def run(self, *command: str, **environment: str) -> str:
        """Run a command here and return its stdout; "python" is the one that runs the bench."""
        words = [sys.executable, "-P", *command[1:]] if command[0] == "python" else command
        result = subprocess.run(
            words, cwd=self.root, env={**_environment(self.root), **environment}, capture_output=True, text=True
        )
        if result.returncode != 0:
            tail = "\n".join((result.stdout + result.stderr).splitlines()[-20:])
            raise SystemExit(f"{tail}\nerror: {' '.join(command)} ended with exit code {result.returncode}")
        return result.stdout


def clone_repository(name: str) -> Clone:
    """Return a clone of the last commit, at bench/work/<name>."""
    (WORK / "home").mkdir(parents=True, exist_ok=True)
    _output("git", "clone", "--quiet", str(ROOT), str(WORK / name), cwd=WORK)
    return Clone(WORK / name)


def _environment(root: Path) -> Mapping[str, str]:
    """Return the environment of a newcomer: an empty home folder, bytecode kept, the clone's code first."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "PYTHONPATH": os.pathsep.join([str(root / "src"), str(ROOT)]),
        "HOME": str(WORK / "home"),
        "DVC_NO_ANALYTICS": "1",
        "YOLO_OFFLINE": "true",
    }


def _output(*command: str, cwd: Path) -> str:
    return subprocess.run(command, cwd=cwd, check=True, capture_output=True, text=True).stdout.strip()
