"""`headway pr begin`: a pending status, or none on a head that is no longer one."""

from __future__ import annotations

import pytest

from tests.cli.pr.conftest import Headway
from tests.cli.pr.workplace import NAME, Workplace


def test_the_head_waits(workplace: Workplace, headway: Headway) -> None:
    sha = workplace.push("change")
    event = workplace.event(workplace.open_pull("change"))

    assert 0 == headway(workplace.check_out(sha), event, "pr", "begin")

    status = workplace.github.statuses(NAME, sha)["headway"]
    assert "pending" == status.state
    assert f"{workplace.github.url}/{NAME}/actions/runs/77" == status.target_url
    assert {"head": sha, "superseded": "false"} == workplace.outputs()


def test_a_head_that_moved_on_gets_no_status(workplace: Workplace, headway: Headway) -> None:
    sha = workplace.push("change")
    event = workplace.event(workplace.open_pull("change"))
    workplace.author.commit({"README.md": "Newer.\n"})
    workplace.push("change")

    assert 0 == headway(workplace.check_out(sha), event, "pr", "begin")

    assert {} == workplace.github.statuses(NAME, sha)
    assert {"head": "", "superseded": "true"} == workplace.outputs()


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


def test_a_run_that_is_started_again_goes_on_from_what_the_bot_pushed(workplace: Workplace, headway: Headway) -> None:
    asked = workplace.push("change")
    event = workplace.event(workplace.open_pull("change"))
    workplace.author.commit({"docs.md": "Theirs.\n"}, "Merge main\n\nHeadway-Base: 0123")
    workplace.author.commit({"reports/metrics.yaml": "{}\n"}, "Results\n\nHeadway-Lock: 0123")
    tip = workplace.push("change")
    clone = workplace.check_out(asked)

    assert 0 == headway(clone, event, "pr", "begin")

    assert (tip, {"head": tip, "superseded": "false"}) == (clone.run("git", "rev-parse", "HEAD"), workplace.outputs())
    assert ({}, "pending") == (
        workplace.github.statuses(NAME, asked), workplace.github.statuses(NAME, tip)["headway"].state
    )  # fmt: skip


def test_a_persons_commit_below_the_bots_supersedes_the_run(workplace: Workplace, headway: Headway) -> None:
    asked = workplace.push("change")
    event = workplace.event(workplace.open_pull("change"))
    workplace.author.commit({"README.md": "A person's.\n"})
    workplace.author.commit({"reports/metrics.yaml": "{}\n"}, "Results\n\nHeadway-Lock: 0123")
    workplace.push("change")
    clone = workplace.check_out(asked)

    assert 0 == headway(clone, event, "pr", "begin")

    assert (asked, "true") == (clone.run("git", "rev-parse", "HEAD"), workplace.outputs()["superseded"])


def test_a_branch_that_was_set_back_supersedes_the_run(workplace: Workplace, headway: Headway) -> None:
    workplace.author.commit({"README.md": "Taken back.\n"})
    asked = workplace.push("change")
    event = workplace.event(workplace.open_pull("change"))
    workplace.author.run("git", "push", "--quiet", "--force", str(workplace.bare), "HEAD~1:refs/heads/change")

    assert 0 == headway(workplace.check_out(asked), event, "pr", "begin")

    assert "true" == workplace.outputs()["superseded"]


def test_on_a_closed_pull_request_nothing_is_done(workplace: Workplace, headway: Headway) -> None:
    sha = workplace.push("change")
    number = workplace.open_pull("change")
    event = workplace.event(number)
    workplace.github.pull(NAME, number).state = "closed"

    assert 0 == headway(workplace.check_out(sha), event, "pr", "begin")

    assert ({}, "true") == (workplace.github.statuses(NAME, sha), workplace.outputs()["superseded"])


@pytest.mark.parametrize("by_hand", [False, True])
def test_the_status_about_another_base_has_another_name(workplace: Workplace, headway: Headway, by_hand: bool) -> None:
    workplace.push("release")
    workplace.author.commit({"README.md": "Words.\n"})
    sha = workplace.push("change")
    number = workplace.open_pull("change", "release")
    variables = workplace.environment if by_hand else workplace.event(number)
    words = ("--pr", str(number)) if by_hand else ()

    assert 0 == headway(workplace.check_out(sha), variables, "pr", "begin", *words)

    assert ["headway (release)"] == list(workplace.github.statuses(NAME, sha))


def test_a_clone_that_does_not_know_the_default_branch_is_told_how_to_ask(
    workplace: Workplace, headway: Headway, capsys: pytest.CaptureFixture[str]
) -> None:
    clone = workplace.check_out(workplace.push("change"))
    clone.run("git", "remote", "set-head", "origin", "--delete")

    assert 2 == headway(clone, workplace.environment, "pr", "begin", "--pr", str(workplace.open_pull("change")))
    assert "git remote set-head origin --auto" in capsys.readouterr().err
