"""A team's repository installs what its requirements.txt names, with this project's own installer."""

from __future__ import annotations

from pathlib import Path

import pytest

from headway.adoption.rendering import render
from headway.adoption.template_files import read_template
from tests.adoption.team import REQUIREMENT
from tests.tools.test_install import start


@pytest.fixture
def team(tmp_path: Path) -> Path:
    """Return a folder with what the installer reads."""
    renderings = render(read_template(), REQUIREMENT)
    for path in ("tools/install.py", "requirements.txt", "constraints.txt"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(renderings[path].content)
    with (tmp_path / "requirements.txt").open("a") as requirements:
        requirements.write("dvc-s3==3.3.0\n")
    return tmp_path


def installed(team: Path) -> str:
    """Return what pip was told the last time, after the constraints."""
    assert 0 == start(team).wait(timeout=60)
    return (team / "calls").read_text().splitlines()[-1].partition("--constraint constraints.txt ")[2]


def test_all_requirements_are_installed(team: Path) -> None:
    assert "--requirement requirements.txt" == installed(team)


def test_a_job_that_trains_nothing_installs_less_of_the_same_headway(
    team: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADWAY_EXTRAS", "github")
    assert "headway[github]==0.1.0" == installed(team)


def test_another_requirement_is_installed_again(team: Path) -> None:
    installed(team)
    with (team / "requirements.txt").open("a") as requirements:
        requirements.write("dvc-ssh==4.2.2\n")
    installed(team)
    assert 2 == len((team / "calls").read_text().splitlines())
