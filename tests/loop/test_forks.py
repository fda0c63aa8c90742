"""report-fork.yml and report-fork-comment.yml: what a stranger's pull request can and cannot do."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tools.github_contract import events

from headway.contracts.claim import LIMIT_BYTES
from headway.pull_request.claim import NOT_CLAIMED
from tests.act.runner import ActResult
from tests.github import bare
from tests.github.state import Comment
from tests.loop.team import HOSTILE, NAME, Team

FORK = "mallory/yolo"
RUN = 7
NASTY = "</details><script>alert(1)</script> @everyone #1 | `x`\n::error::boo"


@pytest.fixture
def fork(team: Team) -> Path:
    """A fork of the repository, as a bare repository of its own."""
    path = team.folder / "fork.git"
    subprocess.run(["git", "clone", "--quiet", "--bare", str(team.bare), str(path)], check=True)
    team.github.add_repository(FORK, path, fork_of=NAME)
    return path


@pytest.fixture
def number(team: Team, fork: Path) -> int:
    """A pull request that changes params.yaml, from a branch with a nasty name."""
    params = team.read("main", "params.yaml").replace("epochs: 2", "epochs: 3")
    return open_fork(team, fork, {"params.yaml": params})


def open_fork(team: Team, fork: Path, files: dict[str, str]) -> int:
    bare.commit(fork, HOSTILE, files, "From a fork")
    return team.github.open_pull(NAME, HOSTILE, fork=FORK, author="mallory")


def relay(team: Team, number: int) -> ActResult:
    """Run the workflow that comments, as after run 7 of the fork's workflow."""
    payload: dict[str, Any] = json.loads(json.dumps(events()["workflow_run"][0]))
    run = {"id": RUN, "event": "pull_request", "conclusion": "success", "head_branch": HOSTILE}
    payload["workflow_run"] |= run | {"head_sha": team.head(number)}
    payload["workflow_run"]["head_repository"]["full_name"] = FORK
    payload["repository"] |= {"full_name": NAME, "default_branch": "main"}
    token = team.token(workflow="report-fork-comment.yml", job="relay")
    result = team.act.run("report-fork-comment.yml", "workflow_run", payload, token=token, actor="mallory")
    assert [] == list(team.act.scratch.rglob("pwned"))
    return result


def leave_claim(team: Team, number: int, **changes: Any) -> Path:
    """Put a claim where the fork's run would have left it."""
    claim = {
        "schema_version": 1,
        "head_sha": team.head(number),
        "model": "blobs",
        "images": 12,
        "boxes": 30,
        "map50_95": 0.5,
        "map50": 0.75,
        "decision": None,
        "summary": None,
        "classes": [{"name": "red", "boxes": 9, "map50_95": 0.5, "precision": 1.0, "recall": None}],
    }
    path = team.act.artifacts / str(RUN) / "claim" / "claim.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(claim | changes))
    return path


def only_report(team: Team, number: int) -> Comment:
    (comment,) = team.reports(number)
    return comment


def test_fork_trains_without_rights_and_its_figures_are_posted_as_claims(team: Team, number: int) -> None:
    token = team.token(workflow="report-fork.yml", job="claim")
    result = team.act.run(
        "report-fork.yml", "pull_request", team.event(number), token=token, actor="mallory", run_id=RUN
    )
    assert ("success", 1) == (result.job("claim").conclusion, team.trained)
    assert [] == team.github.comments(NAME, number)

    assert "success" == relay(team, number).job("relay").conclusion
    assert "Claimed by the fork, not verified" in only_report(team, number).body
    status = team.github.statuses(NAME, team.head(number))["headway"]
    assert ("failure", True) == (status.state, f"headway adopt {number}" in str(status.description))


def test_fork_gets_no_run_with_rights(team: Team, number: int) -> None:
    assert {} == team.retrain(number).jobs


def test_repository_itself_gets_no_run_for_forks(team: Team) -> None:
    team.change("more", epochs=3)
    number = team.open("more")
    token = team.token(workflow="report-fork.yml", job="claim")
    assert {} == team.act.run("report-fork.yml", "pull_request", team.event(number), token=token).jobs


def test_fork_that_touches_no_stage_may_be_merged(team: Team, fork: Path) -> None:
    number = open_fork(team, fork, {"README.md": "Better words.\n"})
    assert "success" == relay(team, number).job("relay").conclusion
    assert ("success", []) == (team.state(number), team.reports(number))


def test_nasty_names_do_nothing(team: Team, number: int) -> None:
    one = {"name": NASTY[:60], "boxes": 9, "map50_95": 0.5, "precision": 1.0, "recall": None}
    leave_claim(team, number, summary=NASTY, decision="accept", classes=[one])
    assert "success" == relay(team, number).job("relay").conclusion
    body = only_report(team, number).body
    assert [] == [part for part in ("<script>", "@everyone", "#1 ", "::error") if part in body]
    assert "failure" == team.state(number)


@pytest.mark.slow
@pytest.mark.parametrize("damage", ["too large", "link", "missing"])
def test_claim_that_cannot_be_believed_is_not_shown(team: Team, number: int, damage: str) -> None:
    path = leave_claim(team, number)
    if damage == "too large":
        path.write_bytes(path.read_bytes() + b" " * LIMIT_BYTES)
    else:
        path.rename(path.with_name("real.json"))
    if damage == "link":
        path.symlink_to("real.json")
    assert "success" == relay(team, number).job("relay").conclusion
    assert NOT_CLAIMED in only_report(team, number).body
    assert "failure" == team.state(number)
