"""What merge queues, check.yml and an App's pushes add to retrain.yml: whatever no run has shown is not let in."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest

from tests.act.runner import ActResult
from tests.cli.pr.workplace import Clone
from tests.github import repository as git
from tests.github.state import Protection
from tests.loop.conftest import BRANCH
from tests.loop.team import NAME, Team

GROUP = "refs/heads/gh-readonly-queue/main/pr-2"


def queue(team: Team, *branches: str) -> ActResult:
    """Let a merge queue ask about main with these branches merged into it, one after the other."""
    base = git.read(team.bare, "rev-parse", "main")
    head = base
    for branch in branches:
        merged = git.merge(team.bare, head, git.read(team.bare, "rev-parse", branch), f"Merge {branch}")
        assert merged is not None, f"{branch} is in conflict"
        head = merged
    git.read(team.bare, "update-ref", GROUP, head)
    group = {"head_sha": head, "head_ref": GROUP, "base_sha": base, "base_ref": "refs/heads/main"}
    payload = {"merge_group": group, "repository": {"default_branch": "main"}}
    token = team.token(job="merge-group")
    return team.act.run("retrain.yml", "merge_group", payload, token=token)


def assert_sent_back(team: Team, result: ActResult) -> None:
    """Fail unless the group got a failing status without anything being trained or committed."""
    assert {"merge-group": "failure"} == {name: job.conclusion for name, job in result.jobs.items()}
    group = git.read(team.bare, "rev-parse", GROUP)
    assert "failure" == team.github.statuses(NAME, group)["headway"].state
    assert 0 == team.trained


def check(team: Team, event: str, payload: dict[str, Any]) -> ActResult:
    return team.act.run("check.yml", event, payload, token=team.token(workflow="check.yml", job="check"))


def test_group_of_a_retrained_and_a_stale_branch_is_sent_back(reported: Team) -> None:
    code = reported.read("main", "pipelines/stage.py")
    reported.commit("stale", {"pipelines/stage.py": f"{code}\n# Another line.\n"})
    assert_sent_back(reported, queue(reported, BRANCH, "stale"))


@pytest.mark.slow
def test_group_that_git_merged_and_nobody_ran_is_sent_back(reported: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_TRAININGS", str(reported.folder / "trainings-of-alice"))
    alice = Clone(reported.folder / "alice")
    subprocess.run(["git", "clone", "--quiet", str(reported.bare), str(alice.root)], check=True)
    alice.run("git", "switch", "--quiet", "--create", "data")
    alice.run("dvc", "remote", "add", "--quiet", "--local", "--default", "team", str(reported.folder / "storage"))
    alice.run("dvc", "pull", "--quiet", "--run-cache")
    alice.write({"detectors/training/notes.txt": "New data.\n"})
    alice.run("dvc", "repro", "--quiet")
    alice.run("dvc", "push", "--quiet", "--run-cache")
    alice.run("git", "add", "dvc.lock", "detectors", "reports", "models")
    alice.run("git", "commit", "--quiet", "--message", "New data, run by hand")
    alice.run("git", "push", "--quiet", "origin", "data")
    result = queue(reported, "data", BRANCH)
    assert_sent_back(reported, result)
    assert "train: to run: train" in result.text  # DVC itself would find this lock up to date


def test_check_of_a_pull_request_runs_the_tests_and_posts_no_status(team: Team) -> None:
    team.commit("words", {"README.md": "Better words.\n"})
    number = team.open("words")
    result = check(team, "pull_request", team.event(number))
    assert {"tests": "success", "check": "success"} == {name: job.conclusion for name, job in result.jobs.items()}
    assert {} == team.github.statuses(NAME, team.head(number))


@pytest.mark.slow
def test_dispatched_check_that_fails_keeps_the_pull_request_out(team: Team) -> None:
    makefile = team.read("main", "Makefile").replace("test:\n\t@true", "test:\n\t@false")
    team.commit("broken", {"Makefile": makefile})
    number = team.open("broken")
    team.github.protect(NAME, "main", Protection(("check",), strict=True))
    result = check(team, "workflow_dispatch", {"ref": "refs/heads/broken", "inputs": {}})
    assert {"tests": "failure", "check": "failure"} == {name: job.conclusion for name, job in result.jobs.items()}
    assert (False, ["check is failure"]) == team.github.mergeable(NAME, number)


@pytest.mark.slow
def test_run_that_the_push_of_an_app_starts_finds_all_done(team: Team) -> None:
    app = team.github.token("headway-acme[bot]", contents="write")
    team.act.variables["HEADWAY_APP_ID"] = "Iv1.abc"
    team.act.secrets["HEADWAY_APP_KEY"] = "a-long-private-key"
    team.github.protect(NAME, "main", Protection(("headway",), strict=True))
    asked = team.change(BRANCH, epochs=3)
    number = team.open(BRANCH)
    assert (False, ["headway is expected"]) == team.github.mergeable(NAME, number)

    first = team.retrain(number, environment={"TEST_APP_TOKEN": app.value})
    pushed = team.head(number)
    assert ("success", "skipped") == (
        first.job("retrain").conclusion,
        first.job("retrain").steps["Start the checks"].conclusion,
    )
    assert (asked, (True, [])) == (git.read(team.bare, "rev-parse", f"{pushed}^"), team.github.mergeable(NAME, number))
    assert {"headway-acme[bot]"} == {run.actor for run in team.github.runs(NAME) if run.sha == pushed}

    again = team.retrain(number, environment={"TEST_APP_TOKEN": app.value}, actor=app.login)
    assert ("success", 1, pushed) == (again.job("retrain").conclusion, team.trained, team.head(number))
    assert (1, (True, [])) == (len(team.reports(number)), team.github.mergeable(NAME, number))
    assert not any(token in one.text for one in (first, again) for token in (app.value, "ghs_", "Z2hz"))
