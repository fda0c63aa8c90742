"""A team's repository installs what its requirements.txt names, with this project's own installer."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from headway.adoption.rendering import render
from headway.adoption.template_files import read_template
from tests.adoption.team import REQUIREMENT

PIP = """#!/bin/sh
# Stands for pip, which needs a network: notes what it is to install.
for last; do :; done
cat "$last" > given
"""


@pytest.fixture
def team(tmp_path: Path) -> Path:
    """Return a folder with what the installer reads, and a .venv without packages."""
    renderings = render(read_template(), REQUIREMENT)
    for path in ("tools/install.py", "requirements.txt", "constraints.txt"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(renderings[path].content)
    with (tmp_path / "requirements.txt").open("a") as requirements:
        requirements.write("dvc-s3==3.3.0\n")
    python = tmp_path / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text(PIP)
    python.chmod(0o755)
    (tmp_path / ".venv/pyvenv.cfg").write_text(f"version = {sys.version.split()[0]}\n")
    return tmp_path


def installed(team: Path, **environment: str) -> list[str]:
    """Return the requirements that pip was given."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("HEADWAY_", "GITHUB_"))}
    subprocess.run([sys.executable, "tools/install.py"], cwd=team, env={**clean, **environment}, check=True)
    return [line for line in (team / "given").read_text().splitlines() if not line.startswith("#")]


def test_all_requirements_are_installed(team: Path) -> None:
    assert [REQUIREMENT, "dvc-s3==3.3.0"] == installed(team)


def test_a_job_that_trains_nothing_installs_less_of_the_same_headway(team: Path) -> None:
    assert ["headway[github]==0.1.0", "dvc-s3==3.3.0"] == installed(team, HEADWAY_EXTRAS="github")
