"""report-fork.yml and report-fork-comment.yml: a stranger's code has no rights, and the rights run none of it."""

from __future__ import annotations

from tests.workflows.parsed import FOLDER, job, read_workflow

CLAIM = job("report-fork", "claim")
RELAY = job("report-fork-comment", "relay")


def test_forks_and_dependabot_take_this_path_and_nobody_else() -> None:
    assert (
        "(github.event.pull_request.head.repo.full_name != github.repository "
        "|| github.event.pull_request.user.login == 'dependabot[bot]') "
        "&& (github.event.action != 'edited' || github.event.changes.base)"
    ) == CLAIM.condition


def test_every_pull_request_takes_exactly_one_path() -> None:
    types = ["opened", "synchronize", "reopened", "ready_for_review", "edited"]

    assert types == read_workflow("report-fork")["on"]["pull_request"]["types"]
    assert types == read_workflow("retrain")["on"]["pull_request"]["types"]


def test_a_strangers_code_may_only_read_on_a_hosted_machine() -> None:
    assert {"contents": "read"} == CLAIM.permissions
    assert "ubuntu-24.04" == CLAIM.values["runs-on"]


def test_a_strangers_code_sees_no_secret_and_no_token() -> None:
    text = (FOLDER / "report-fork.yml").read_text(encoding="utf-8")

    assert not any(word in text for word in ("secrets.", "github.token", "GITHUB_TOKEN", "HEADWAY_TOKEN"))


def test_one_file_is_left_behind() -> None:
    [upload] = [step for step in CLAIM.steps if step.get("uses", "").startswith("actions/upload-artifact@")]

    assert ("claim", "claim.json") == (upload["with"]["name"], upload["with"]["path"])


def test_the_second_workflow_follows_the_first() -> None:
    assert {"workflow_run": {"workflows": ["report-fork"], "types": ["completed"]}} == read_workflow(
        "report-fork-comment"
    )["on"]
    assert "report-fork" == read_workflow("report-fork")["name"]


def test_only_runs_of_pull_requests_that_did_something_are_relayed() -> None:
    assert (
        "github.event.workflow_run.event == 'pull_request' "
        "&& github.event.workflow_run.conclusion != 'skipped' "
        "&& github.event.workflow_run.conclusion != 'action_required'"
    ) == RELAY.condition


def test_the_relay_checks_out_the_default_branch_and_nothing_else() -> None:
    [checkout] = [step for step in RELAY.steps if step.get("uses", "").startswith("actions/checkout@")]

    assert {"fetch-depth": 0, "persist-credentials": False} == checkout["with"]


def test_the_artifact_lands_outside_of_the_checkout() -> None:
    [download] = [step for step in RELAY.steps if step.get("uses", "").startswith("actions/download-artifact@")]

    assert "${{ runner.temp }}/claim" == download["with"]["path"]
    assert download["continue-on-error"]


def test_the_relay_neither_trains_nor_pushes() -> None:
    assert ['headway pr relay "$CLAIM"'] == [step["run"] for step in RELAY.steps if "run" in step]
    assert {
        "actions": "read", "contents": "read", "pull-requests": "write", "statuses": "write"
    } == RELAY.permissions  # fmt: skip
