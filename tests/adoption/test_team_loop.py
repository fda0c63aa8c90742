"""The workflows of a team's repository, run as they are by act: from `headway init` to a model judged by the next."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from headway.contracts.layout import VERDICT, ModelFiles
from headway.contracts.manifest import MODEL
from tests.act.runner import ActResult
from tests.adoption.team import Team
from tests.github import repository as git
from tests.github.fake import FakeGitHub
from tests.loop.team import NAME
from tests.loop.team import Team as Hosted

GATE: dict[str, Any] = {"margin": 0.5, "speed": {"ratio": None}}
MANIFEST = ModelFiles("detector").manifest.as_posix()


@pytest.fixture
def team(tmp_path: Path) -> Team:
    """What `headway init` makes in an empty folder, committed."""
    made = Team(tmp_path / "team")
    assert 0 == made.init().returncode
    made.quicken(GATE)
    made.commit("headway init")
    made.run("git", "branch", "--move", "main")
    return made


@pytest.fixture
def hosted(team: Team, fake_github: FakeGitHub, tmp_path: Path) -> Hosted:
    """The same repository on GitHub."""
    team.run("git", "clone", "--quiet", "--bare", ".", str(tmp_path / "origin.git"))
    team.run("git", "remote", "add", "origin", str(tmp_path / "origin.git"))
    return Hosted(fake_github, tmp_path)


def propose(team: Team, branch: str, old: str, new: str) -> None:
    """Push a branch that changes params.yaml, as a person does."""
    team.run("git", "pull", "--quiet", "origin", "main")
    team.run("git", "switch", "--quiet", "--create", branch)
    team.edit("params.yaml", old, new)
    team.commit(f"{new} in place of {old}")
    team.run("git", "push", "--quiet", "origin", branch)
    team.run("git", "switch", "--quiet", "main")


def check(hosted: Hosted, event: str, branch: str) -> ActResult:
    """Run check.yml on the head of a branch."""
    token = hosted.token(workflow="check.yml", job="check")
    return hosted.act.run("check.yml", event, {"ref": f"refs/heads/{branch}"}, token=token)


def conclusions(result: ActResult, job: str) -> dict[str, str]:
    return {name: step.conclusion for name, step in result.job(job).steps.items()}


def test_check_of_a_fresh_repository_says_what_to_do_first(hosted: Hosted) -> None:
    result = check(hosted, "push", "main")

    steps = conclusions(result, "tests")
    assert ("success", "failure") == (steps["Check params.yaml"], steps["Verify dvc.lock"])
    assert "headway repro" in result.text
    assert {"tests": "failure", "check": "failure"} == {name: job.conclusion for name, job in result.jobs.items()}


@pytest.mark.slow
def test_first_model_comes_by_a_pull_request_and_judges_the_next(team: Team, hosted: Hosted) -> None:
    propose(team, "first", "lr0: 0.002", "lr0: 0.003")
    assert_trained(hosted, hosted.open("first"))
    assert verdict_at(hosted, "first")["champion"] is None
    hosted.github.merge(NAME, 1)
    assert 0 == check(hosted, "push", "main").exit_code

    propose(team, "faster", "lr0: 0.003", "lr0: 0.004")
    assert_trained(hosted, hosted.open("faster"))
    verdict = verdict_at(hosted, "faster")
    in_production, made = model_at(hosted, "main"), model_at(hosted, "faster")
    assert in_production != made
    assert in_production == verdict["champion"]["model_sha256"]
    assert made == verdict["candidate"]["model_sha256"]


def assert_trained(hosted: Hosted, number: int) -> None:
    """Run retrain.yml, and check.yml as it asks for: one bot commit, one comment, two statuses."""
    asked = hosted.head(number)
    result = hosted.retrain(number)
    assert "success" == result.job("retrain").conclusion, result.text
    steps = conclusions(result, "retrain")
    assert {"success"} == {steps[name] for name in ("Train", "Store the results", "Judge", "Push the results")}

    head = hosted.head(number)
    assert asked == git.read(hosted.bare, "rev-parse", f"{head}~1")
    assert {"dvc.lock", MANIFEST, VERDICT.as_posix()} <= hosted.files_of(head)
    assert 1 == len(hosted.reports(number))

    dispatch = hosted.github.dispatches(NAME)[-1]
    checked = check(hosted, "workflow_dispatch", dispatch.ref)
    steps = conclusions(checked, "tests")
    assert ("success", "success") == (steps["Check params.yaml"], steps["Verify dvc.lock"])
    assert ("success", "success") == (hosted.state(number), hosted.state(number, "check"))


def verdict_at(hosted: Hosted, branch: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(hosted.read(branch, VERDICT.as_posix()))
    return found


def model_at(hosted: Hosted, branch: str) -> str:
    """Return the digest of the model that a branch vouches for."""
    return str(json.loads(hosted.read(branch, MANIFEST))["files"][MODEL]["sha256"])
