"""`headway pr begin`: a pending status, or none on a head that is no longer one."""

from __future__ import annotations

from tests.cli.pr.conftest import Headway
from tests.cli.pr.workplace import NAME, Workplace


def test_the_head_waits(workplace: Workplace, headway: Headway) -> None:
    sha = workplace.push("change")
    event = workplace.event(workplace.open_pull("change"))

    assert 0 == headway(workplace.check_out(sha), event, "pr", "begin")

    status = workplace.github.statuses(NAME, sha)["headway"]
    assert "pending" == status.state
    assert f"{workplace.github.url}/{NAME}/actions/runs/77" == status.target_url
    assert {"superseded": "false"} == workplace.outputs()


def test_a_head_that_moved_on_gets_no_status(workplace: Workplace, headway: Headway) -> None:
    sha = workplace.push("change")
    event = workplace.event(workplace.open_pull("change"))
    workplace.author.commit({"README.md": "Newer.\n"})
    workplace.push("change")

    assert 0 == headway(workplace.check_out(sha), event, "pr", "begin")

    assert {} == workplace.github.statuses(NAME, sha)
    assert {"superseded": "true"} == workplace.outputs()


def test_the_merge_result_of_a_queue_waits(workplace: Workplace, headway: Headway) -> None:
    sha = workplace.push("gh-readonly-queue/main/pr-1")

    assert 0 == headway(workplace.check_out(sha), workplace.queue_event(sha, sha), "pr", "begin")

    assert "pending" == workplace.github.statuses(NAME, sha)["headway"].state


def test_by_hand_github_is_asked_for_the_head(workplace: Workplace, headway: Headway) -> None:
    sha = workplace.push("change")
    number = workplace.open_pull("change")

    assert 0 == headway(workplace.check_out(sha), workplace.environment, "pr", "begin", "--pr", str(number))

    assert "pending" == workplace.github.statuses(NAME, sha)["headway"].state


def test_without_event_and_number_the_input_is_wrong(workplace: Workplace, headway: Headway) -> None:
    assert 2 == headway(workplace.author, workplace.environment, "pr", "begin")
