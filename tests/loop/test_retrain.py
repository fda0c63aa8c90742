"""retrain.yml on pull requests of the repository itself: again, at once, interrupted, overtaken, and with trouble."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.github import repository as git
from tests.github.state import ACTIONS, Protection
from tests.loop.conftest import BRANCH, FirstRun
from tests.loop.team import HOSTILE, NAME, Team

PATIENCE_S = 120


def wait_for(happened: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not happened():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def test_change_that_touches_no_stage_is_done_without_a_commit_or_a_comment(team: Team) -> None:
    asked = team.commit(HOSTILE, {"README.md": "Better words.\n"})
    number = team.open(HOSTILE)
    assert "success" == team.retrain(number).job("retrain").conclusion
    assert (0, asked, [], "success") == (team.trained, team.head(number), team.reports(number), team.state(number))


def test_run_on_a_finished_head_trains_and_commits_nothing(reported: Team, first_run: FirstRun) -> None:
    assert "success" == reported.retrain(1).job("retrain").conclusion
    assert (0, first_run.head, 1) == (reported.trained, reported.head(1), len(reported.reports(1)))
    assert "success" == reported.state(1)


@pytest.mark.slow
def test_comment_and_status_that_are_gone_are_made_again(reported: Team, first_run: FirstRun) -> None:
    repository = reported.github.repositories[NAME]
    repository.comments.clear()
    repository.statuses.clear()
    reported.retrain(1)
    assert (1, "success", 0) == (len(reported.reports(1)), reported.state(1), reported.trained)


def test_report_is_found_behind_120_comments_of_others(reported: Team) -> None:
    reported.github.add_comments(NAME, 1, "alice", [f"Thought {number}" for number in range(120)])
    reported.retrain(1)
    assert (1, 121) == (len(reported.reports(1)), len(reported.github.comments(NAME, 1)))


def test_two_runs_at_once_leave_one_comment(reported: Team) -> None:
    reported.github.repositories[NAME].comments.clear()
    running = [reported.start(1) for _ in range(2)]
    assert ["success", "success"] == [one.wait().job("retrain").conclusion for one in running]
    assert 1 == len(reported.reports(1))


@pytest.mark.slow
def test_two_trainings_at_once_leave_one_commit_and_one_comment(team: Team) -> None:
    team.change(BRANCH, epochs=3)
    number = team.open(BRANCH)
    running = [team.start(number) for _ in range(2)]
    assert ["success", "success"] == [one.wait().job("retrain").conclusion for one in running]
    made = git.read(team.bare, "rev-list", "--count", f"main..{team.head(number)}")
    assert ("2", 1, "success") == (made, len(team.reports(number)), team.state(number))


def test_worse_model_is_rejected_on_the_same_comment(reported: Team) -> None:
    reported.change(BRANCH, epochs=1)
    result = reported.retrain(1)
    assert "failure" == result.job("retrain").conclusion
    (report,) = reported.reports(1)
    assert "eject" in report.body
    assert ("failure", 1) == (reported.state(1), reported.trained)
    assert "failure" == result.job("retrain").steps["Finish"].conclusion


@pytest.mark.slow
def test_head_that_moves_during_training_supersedes_the_run(team: Team) -> None:
    team.change(BRANCH, epochs=1)
    number = team.open(BRANCH)
    team.hold.touch()
    running = team.start(number)
    wait_for(lambda: team.trained == 1)
    moved = team.change(BRANCH, epochs=3)
    team.hold.unlink()
    assert "success" == running.wait().job("retrain").conclusion
    assert (moved, [], "") == (team.head(number), team.reports(number), team.state(number))


@pytest.mark.slow
def test_lost_runner_costs_only_time(team: Team) -> None:
    team.change(BRANCH, epochs=3)
    number = team.open(BRANCH)
    team.hold.touch()
    running = team.start(number)
    wait_for(lambda: team.trained == 1)
    running.kill()
    running.wait()
    assert "pending" == team.state(number)
    team.hold.unlink()
    assert "success" == team.retrain(number).job("retrain").conclusion
    assert (1, "success") == (len(team.reports(number)), team.state(number))


@pytest.mark.slow
@pytest.mark.parametrize("broken", ["*/dispatches", "*/comments*"], ids=["after the push", "before the comment"])
def test_run_that_broke_after_its_push_is_finished_by_the_same_run_again(team: Team, broken: str) -> None:
    team.change(BRANCH, epochs=3)
    number = team.open(BRANCH)
    event = team.event(number)
    team.github.fail_next("forbidden", "POST", broken, times=99)
    assert "failure" == team.retrain(number, event=event).job("retrain").conclusion
    assert ("error", []) == (team.state(number), team.reports(number))
    pushed = team.head(number)
    team.github.faults.clear()
    assert "success" == team.retrain(number, event=event).job("retrain").conclusion
    assert git.is_ancestor(team.bare, pushed, team.head(number))
    assert (1, "success") == (len(team.reports(number)), team.state(number))
    assert (1, {BRANCH}) == (team.trained, {one.ref for one in team.github.dispatches(NAME)})


@pytest.mark.slow
def test_run_that_was_lost_before_its_push_is_finished_by_the_same_run_again(team: Team) -> None:
    team.change(BRANCH, epochs=3)
    number = team.open(BRANCH)
    event = team.event(number)
    team.hold.touch()
    running = team.start(number, event=event)
    wait_for(lambda: team.trained == 1)
    running.kill()
    running.wait()
    team.hold.unlink()
    assert "success" == team.retrain(number, event=event).job("retrain").conclusion
    assert (1, "success") == (len(team.reports(number)), team.state(number))


def test_finished_run_again_changes_nothing_and_judges_the_head_that_it_left(
    reported: Team, first_run: FirstRun
) -> None:
    event = reported.event(1)
    event["pull_request"]["head"]["sha"] = first_run.asked
    assert "success" == reported.retrain(1, event=event).job("retrain").conclusion
    assert (0, first_run.head, 1) == (reported.trained, reported.head(1), len(reported.reports(1)))
    assert ("success", "STALE" in reported.reports(1)[0].body) == (reported.state(1), False)


def test_run_again_on_a_closed_pull_request_does_nothing(reported: Team) -> None:
    event = reported.event(1)
    repository = reported.github.repositories[NAME]
    repository.pulls[1].state = "closed"
    repository.statuses.clear()
    assert "success" == reported.retrain(1, event=event).job("retrain").conclusion
    assert (0, "") == (reported.trained, reported.state(1))


@pytest.mark.slow
def test_other_base_gives_a_status_of_its_own(team: Team) -> None:
    git.read(team.bare, "update-ref", "refs/heads/release", "main")
    team.commit(BRANCH, {"README.md": "Better words.\n"})
    number = team.github.open_pull(NAME, BRANCH, base_ref="release")
    event = team.event(number, "edited") | {"changes": {"base": {"ref": {"from": "main"}}}}
    assert "success" == team.retrain(number, event=event).job("retrain").conclusion
    assert ["headway (release)"] == list(team.github.statuses(NAME, team.head(number)))


def test_new_title_starts_nothing(team: Team) -> None:
    team.commit(BRANCH, {"README.md": "Better words.\n"})
    number = team.open(BRANCH)
    event = team.event(number, "edited") | {"changes": {"title": {"from": "Words"}}}
    assert {} == team.retrain(number, event=event).jobs


@pytest.mark.slow
def test_training_is_not_repeated_after_a_run_that_ended_before_its_push(team: Team) -> None:
    team.change(BRANCH, epochs=3)
    number = team.open(BRANCH)
    running = team.start(number)
    wait_for(lambda: running.printed("files pushed:"))
    running.kill()
    running.wait()
    team.retrain(number)
    assert (1, "success") == (team.trained, team.state(number))


@pytest.mark.slow
def test_base_that_moved_is_merged_before_anything_is_judged(team: Team) -> None:
    team.change(BRANCH, epochs=3)
    number = team.open(BRANCH)
    moved = team.commit("main", {"README.md": "Moved on.\n"})
    team.github.protect(NAME, "main", Protection(("headway",), strict=True))
    assert not team.github.mergeable(NAME, number)[0]
    team.retrain(number)
    assert git.is_ancestor(team.bare, moved, team.head(number))
    assert (True, []) == team.github.mergeable(NAME, number)


@pytest.mark.slow
def test_conflict_with_the_base_is_named(team: Team) -> None:
    team.commit(BRANCH, {"README.md": "Ours.\n"})
    number = team.open(BRANCH)
    team.commit("main", {"README.md": "Theirs.\n"})
    result = team.retrain(number)
    assert ("failure", "failure", 0) == (result.job("retrain").conclusion, team.state(number), team.trained)
    assert "README.md" in result.text


def test_dispatched_check_posts_its_status(reported: Team) -> None:
    reported.github.protect(NAME, "main", Protection(("headway", "check"), strict=True))
    assert (False, ["check is expected"]) == reported.github.mergeable(NAME, 1)
    payload: dict[str, Any] = {"ref": f"refs/heads/{BRANCH}", "inputs": {}}
    token = reported.token(workflow="check.yml", job="check")
    result = reported.act.run("check.yml", "workflow_dispatch", payload, token=token)
    assert "success" == result.job("check").conclusion
    assert (True, []) == reported.github.mergeable(NAME, 1)


@pytest.mark.slow
def test_push_of_an_app_starts_the_checks_by_itself(team: Team) -> None:
    team.change(BRANCH, epochs=3)
    number = team.open(BRANCH)
    app = team.github.token("headway-acme[bot]", contents="write")
    team.act.variables["HEADWAY_APP_ID"] = "Iv1.abc"
    team.act.secrets["HEADWAY_APP_KEY"] = "a-long-private-key"
    assert "success" == team.retrain(number, environment={"TEST_APP_TOKEN": app.value}).job("retrain").conclusion
    states = {(run.event, run.state) for run in team.github.runs(NAME) if run.sha == team.head(number)}
    assert ({("push", "started"), ("pull_request", "started")}, []) == (states, list(team.github.dispatches(NAME)))


def test_merge_queue_is_verified_only(reported: Team) -> None:
    base = git.read(reported.bare, "rev-parse", "main")
    made = git.merge(reported.bare, base, reported.head(1), "Merge pull request #1")
    assert made is not None
    ref = "refs/heads/gh-readonly-queue/main/pr-1"
    git.read(reported.bare, "update-ref", ref, made)
    group = {"head_sha": made, "head_ref": ref, "base_sha": base, "base_ref": "refs/heads/main"}
    payload = {"merge_group": group, "repository": {"default_branch": "main"}}
    token = reported.token(job="merge-group")
    result = reported.act.run("retrain.yml", "merge_group", payload, token=token)
    assert ["merge-group"] == list(result.jobs)
    assert ("success", 0) == (result.job("merge-group").conclusion, reported.trained)
    assert "success" == reported.github.statuses(NAME, made)["headway"].state


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["server error", "bad gateway", "rate limit", "secondary rate limit", "dropped"])
def test_passing_trouble_of_the_api_is_outlasted(reported: Team, kind: Any) -> None:
    reported.github.fail_next(kind, "POST", "*/statuses/*", times=1)
    reported.github.fail_next(kind, "GET", "*/comments", times=1)
    reported.github.fail_next(kind, "PATCH", "*/comments/*", times=1)
    assert "success" == reported.retrain(1).job("retrain").conclusion
    assert (1, "success") == (len(reported.reports(1)), reported.state(1))


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["forbidden", "unprocessable"])
def test_comment_that_is_refused_fails_the_run_and_leaves_no_success(reported: Team, kind: Any) -> None:
    reported.github.repositories[NAME].comments.clear()
    reported.github.fail_next(kind, "*", "*/comments*", times=99)
    result = reported.retrain(1)
    steps = result.job("retrain").steps
    assert ("failure", "failure") == (steps["Comment"].conclusion, result.job("retrain").conclusion)
    assert ("error", []) == (reported.state(1), reported.reports(1))


@pytest.mark.slow
def test_comment_whose_answer_was_lost_is_not_made_twice(reported: Team) -> None:
    reported.github.repositories[NAME].comments.clear()
    reported.github.fail_next("dropped after the effect", "POST", "*/comments")
    assert "success" == reported.retrain(1).job("retrain").conclusion
    assert 1 == len(reported.reports(1))


@pytest.mark.slow
def test_missing_permission_is_named(reported: Team) -> None:
    token = reported.github.token(ACTIONS, contents="write", pull_requests="write", actions="write")
    result = reported.retrain(1, token=token)
    assert "failure" == result.job("retrain").conclusion
    assert "statuses" in result.text
