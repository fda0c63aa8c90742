"""`headway pr finish`: the status that branch protection waits for, and the exit code."""

from __future__ import annotations

import pytest

from tests.cli.pr.conftest import Headway
from tests.cli.pr.workplace import NAME, Workplace
from tests.github.state import Status


def finish(
    workplace: Workplace, headway: Headway, decision: str | None = None, **variables: str
) -> tuple[int, Status | None]:
    """Finish a pull request of the docs, with a verdict where one is given; return exit code and status."""
    sha = workplace.push("change")
    event = workplace.event(workplace.open_pull("change"))
    clone = workplace.check_out(sha)
    if decision:
        clone.judge("origin/main", decision)
    code = headway(clone, {**event, **{f"HEADWAY_{name}": value for name, value in variables.items()}}, "pr", "finish")
    return code, workplace.github.statuses(NAME, sha).get("headway")


@pytest.mark.parametrize(
    ("decision", "code", "state"), [("accept", 0, "success"), ("reject", 1, "failure"), ("inconclusive", 4, "failure")]
)
def test_the_verdict_decides(workplace: Workplace, headway: Headway, decision: str, code: int, state: str) -> None:
    ended, status = finish(workplace, headway, decision, OUTCOME="success", PLAN="train")

    assert status is not None
    assert (code, state, f"{decision.capitalize()}: it is so.") == (ended, status.state, status.description)


def test_nothing_to_do_is_a_success(workplace: Workplace, headway: Headway) -> None:
    code, status = finish(workplace, headway, OUTCOME="success", PLAN="nothing")

    assert status is not None
    assert (0, "success") == (code, status.state)
    assert [] == workplace.github.comments(NAME, 1)


@pytest.mark.parametrize("outcome", ["failure", "cancelled"])
def test_a_run_that_did_not_get_through_is_an_error_whatever_verdict_lies_there(
    workplace: Workplace, headway: Headway, outcome: str
) -> None:
    code, status = finish(workplace, headway, "accept", OUTCOME=outcome, PLAN="train")

    assert status is not None
    assert (1, "error") == (code, status.state)


def test_a_conflict_says_what_to_do(workplace: Workplace, headway: Headway) -> None:
    code, status = finish(workplace, headway, OUTCOME="failure", CONFLICT="true")

    assert status is not None
    assert (1, "failure", "The base branch conflicts with this one: merge it and push.") == (
        code,
        status.state,
        status.description,
    )


def test_a_superseded_run_leaves_the_status_to_the_newer_one(workplace: Workplace, headway: Headway) -> None:
    assert (0, None) == finish(workplace, headway, OUTCOME="success", PLAN="train", SUPERSEDED="true")


def test_a_verdict_that_cannot_be_read_still_ends_in_a_status(workplace: Workplace, headway: Headway) -> None:
    code, status = finish(workplace, headway, OUTCOME="success", PLAN="judge")

    assert status is not None
    assert (1, "error") == (code, status.state)


def test_an_earlier_report_is_told_that_there_is_nothing_now(workplace: Workplace, headway: Headway) -> None:
    report = "Retrained.\n\n" + '![](https://cml.dev/watermark.png#abc "CML watermark headway-detector")'
    sha = workplace.push("change")
    number = workplace.open_pull("change")
    workplace.github.add_comments(NAME, number, "github-actions[bot]", [report])

    headway(workplace.check_out(sha), {**workplace.event(number), "HEADWAY_PLAN": "nothing"}, "pr", "finish")

    [comment] = workplace.github.comments(NAME, number)
    assert comment.body.startswith("Nothing to retrain")


@pytest.mark.parametrize(
    ("plan", "state"), [("nothing", "success"), ("recall", "success"), ("judge", "failure"), ("train", "failure")]
)
def test_a_queue_lets_through_only_what_is_judged(
    workplace: Workplace, headway: Headway, plan: str, state: str
) -> None:
    sha = workplace.push("gh-readonly-queue/main/pr-1")
    clone = workplace.check_out(sha)
    clone.judge("origin/main")

    code = headway(clone, {**workplace.queue_event(sha, sha), "HEADWAY_PLAN": plan}, "pr", "finish")

    assert (int(state == "failure"), state) == (code, workplace.github.statuses(NAME, sha)["headway"].state)


def test_why_a_step_did_not_get_through_is_the_sentence(workplace: Workplace, headway: Headway) -> None:
    code, status = finish(workplace, headway, OUTCOME="failure", REASON="the token may not push to change")

    assert status is not None
    assert (1, "error", "the token may not push to change") == (code, status.state, status.description)


def test_the_status_goes_to_the_head_that_the_run_left(workplace: Workplace, headway: Headway) -> None:
    asked = workplace.push("change")
    event = workplace.event(workplace.open_pull("change"))
    pushed = workplace.author.commit({"reports/metrics.yaml": "{}\n"})
    workplace.push("change")
    clone = workplace.check_out(pushed)

    headway(clone, {**event, "HEADWAY_PLAN": "nothing", "HEADWAY_HEAD": pushed}, "pr", "finish")

    assert ([], ["headway"]) == tuple(list(workplace.github.statuses(NAME, sha)) for sha in (asked, pushed))


def test_the_status_about_another_base_has_another_name(workplace: Workplace, headway: Headway) -> None:
    workplace.push("release")
    workplace.author.commit({"README.md": "Words.\n"})
    sha = workplace.push("change")
    event = workplace.event(workplace.open_pull("change", "release"))

    headway(workplace.check_out(sha), {**event, "HEADWAY_PLAN": "nothing"}, "pr", "finish")

    assert ["headway (release)"] == list(workplace.github.statuses(NAME, sha))
