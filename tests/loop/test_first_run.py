"""What one run of retrain.yml does with a change of params: every step of the loop."""

from __future__ import annotations

import hashlib

from tests.github import repository as git
from tests.github.state import ACTIONS
from tests.loop.conftest import BRANCH, FirstRun


def test_every_step_of_the_job_succeeds(first_run: FirstRun) -> None:
    job = first_run.result.job("retrain")
    assert "success" == job.conclusion
    skipped = {name for name, step in job.steps.items() if step.conclusion == "skipped"}
    assert {"GitHub App token"} == skipped
    assert {"Set up CML"} == {name for name, step in job.steps.items() if step.conclusion == "failure"}


def test_job_for_merge_queues_is_left_out(first_run: FirstRun) -> None:
    assert ["retrain"] == list(first_run.result.jobs)


def test_change_is_trained_once(first_run: FirstRun) -> None:
    assert 1 == first_run.trained


def test_bot_adds_one_commit_of_results_alone(first_run: FirstRun) -> None:
    team = first_run.team
    assert first_run.asked == git.read(team.bare, "rev-parse", f"{first_run.head}^")
    assert ACTIONS == git.read(team.bare, "log", "-1", "--format=%an", first_run.head)
    assert {
        "dvc.lock",
        "models/blobs/manifest.json",
        "reports/latency.json",
        "reports/scorecard.json",
        "reports/verdict.json",
    } == team.files_of(first_run.head)


def test_commit_names_the_digest_of_its_lock(first_run: FirstRun) -> None:
    lock = git.run(first_run.team.bare, "show", f"{first_run.head}:dvc.lock").stdout
    message = git.read(first_run.team.bare, "log", "-1", "--format=%B", first_run.head)
    assert f"Headway-Lock: {hashlib.sha256(lock.encode()).hexdigest()}" in message


def test_one_comment_says_the_verdict(first_run: FirstRun) -> None:
    (report,) = first_run.reports
    assert "mAP50-95" in report
    assert "CML watermark headway-blobs" in report


def test_job_summary_holds_the_report(first_run: FirstRun) -> None:
    assert any("mAP50-95" in summary for summary in first_run.result.summaries)


def test_statuses_go_from_pending_on_the_old_head_to_success_on_the_new(first_run: FirstRun) -> None:
    statuses = [(status.sha, status.context, status.state) for status in first_run.statuses]
    asked, head = (first_run.asked, "headway", "pending"), (first_run.head, "headway", "success")
    assert [asked, (first_run.head, "promotion", "success"), head] == statuses


def test_push_without_an_app_waits_for_approval_so_the_checks_are_dispatched(first_run: FirstRun) -> None:
    assert ["waiting for approval"] == [run.state for run in first_run.runs if run.sha == first_run.head]
    assert [("check.yml", BRANCH)] == [(made.workflow, made.ref) for made in first_run.dispatches]


def test_no_secret_is_printed(first_run: FirstRun) -> None:
    assert "ghs_" not in first_run.result.text
