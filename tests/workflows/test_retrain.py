"""retrain.yml: when it runs, whose code gets its rights, and what follows from what."""

from __future__ import annotations

import pytest

from tests.workflows.parsed import job, read_workflow

RETRAIN = job("retrain", "retrain")
QUEUE = job("retrain", "merge-group")
REPORTED = "steps.plan.outputs.report == 'true' && steps.push.outputs.superseded != 'true'"


def test_every_pull_request_and_every_merge_group_gets_its_status() -> None:
    assert {
        "pull_request": {"types": ["opened", "synchronize", "reopened", "ready_for_review", "edited"]},
        "merge_group": {"types": ["checks_requested"]},
    } == read_workflow("retrain")["on"]


def test_only_branches_of_the_repository_get_its_rights() -> None:
    assert (
        "github.event_name == 'pull_request' "
        "&& github.event.pull_request.head.repo.full_name == github.repository "
        "&& github.event.pull_request.user.login != 'dependabot[bot]' "
        "&& (github.event.action != 'edited' || github.event.changes.base)"
    ) == RETRAIN.condition
    assert "github.event_name == 'merge_group'" == QUEUE.condition


def test_rights_are_what_the_steps_need() -> None:
    assert {
        "actions": "write", "contents": "write", "pull-requests": "write", "statuses": "write"
    } == RETRAIN.permissions  # fmt: skip
    assert {"contents": "read", "statuses": "write"} == QUEUE.permissions


def test_a_newer_run_cancels_the_older_but_neither_the_bots_own_nor_one_that_is_started_again() -> None:
    assert (
        "${{ github.event.sender.type != 'Bot' && github.run_attempt == 1 }}"
        == (read_workflow("retrain")["concurrency"]["cancel-in-progress"])
    )


@pytest.mark.parametrize(("workflow", "rest"), [("retrain", " || github.ref"), ("report-fork", "")])
def test_a_new_title_neither_cancels_a_run_nor_waits_for_one(workflow: str, rest: str) -> None:
    other = "github.event.action == 'edited' && !github.event.changes.base && github.run_id"

    assert (
        f"{workflow}-${{{{ {other} || github.event.pull_request.number{rest} }}}}"
        == (read_workflow(workflow)["concurrency"]["group"])
    )


def test_the_runner_comes_from_a_variable() -> None:
    assert "${{ vars.HEADWAY_RUNNER || 'ubuntu-24.04' }}" == RETRAIN.values["runs-on"]
    assert "ubuntu-24.04" == QUEUE.values["runs-on"]


def test_the_head_is_checked_out_with_its_history() -> None:
    for one, ref in (
        (RETRAIN, "${{ github.event.pull_request.head.sha }}"),
        (QUEUE, "${{ github.event.merge_group.head_sha }}"),
    ):
        assert (ref, 0) == (one.steps[0]["with"]["ref"], one.steps[0]["with"]["fetch-depth"])


def test_the_steps_come_in_the_order_of_the_loop() -> None:
    lines = [step["run"] for step in RETRAIN.steps if "run" in step][1:]

    assert [
        "headway pr begin",
        "headway pr update",
        "headway pr plan --drop",
        "dvc pull --allow-missing",
        "headway repro --pull",
        "headway pr store",
        "headway gate --no-fail",
        "headway pr push",
        "headway pr dispatch --if-missing",
        "headway pr promotion --no-fail",
        "headway report --out report.md",
        "headway comment report.md --wait",
        "headway pr finish",
    ] == lines


@pytest.mark.parametrize(
    ("line", "condition"),
    [
        ("dvc pull", "steps.plan.outputs.judge == 'true'"),
        ("headway repro", "steps.plan.outputs.train == 'true'"),
        ("headway pr store", "steps.plan.outputs.train == 'true'"),
        ("headway gate", "steps.plan.outputs.judge == 'true'"),
        ("headway pr push", "steps.plan.outputs.report == 'true'"),
        ("headway report", REPORTED),
        ("headway comment", REPORTED),
        ("headway pr dispatch", f"{REPORTED} && steps.app.outputs.token == ''"),
        ("headway pr promotion", f"{REPORTED} && steps.app.outputs.token == ''"),
        ("headway pr finish", "always()"),
    ],
)
def test_a_step_runs_when_the_plan_asks_for_it(line: str, condition: str) -> None:
    [step] = RETRAIN.running(line)

    assert condition == step["if"]


def test_the_last_step_learns_from_both_that_the_branch_moved_on() -> None:
    [step] = RETRAIN.running("headway pr finish")

    # The text "false" is true to GitHub: each is compared.
    assert (
        "${{ steps.begin.outputs.superseded == 'true' || steps.push.outputs.superseded == 'true' }}"
        == step["env"]["HEADWAY_SUPERSEDED"]
    )


def test_the_plan_may_ask_what_the_bot_has_posted() -> None:
    steps = [*RETRAIN.running("headway pr plan"), *QUEUE.running("headway pr plan")]

    assert ["${{ github.token }}"] * 2 == [step["env"]["GITHUB_TOKEN"] for step in steps]


def test_later_steps_go_on_from_the_head_that_the_first_one_found() -> None:
    heads = {
        line: step["env"]["HEADWAY_HEAD"]
        for line in ("headway pr push", "headway pr dispatch", "headway pr promotion", "headway pr finish")
        for step in RETRAIN.running(line)
    }

    assert {
        "headway pr push": "${{ steps.begin.outputs.head }}",
        "headway pr dispatch": "${{ steps.push.outputs.head }}",
        "headway pr promotion": "${{ steps.push.outputs.head }}",
        "headway pr finish": "${{ steps.push.outputs.head || steps.begin.outputs.head }}",
    } == heads


def test_the_last_step_learns_why_another_did_not_get_through() -> None:
    [step] = RETRAIN.running("headway pr finish")

    assert (
        "${{ steps.update.outputs.reason || steps.plan.outputs.reason || steps.push.outputs.reason }}"
        == step["env"]["HEADWAY_REASON"]
    )


def test_the_queue_neither_trains_nor_pushes() -> None:
    lines = [step["run"] for step in QUEUE.steps if "run" in step][1:]

    assert ["headway pr begin", "headway pr plan", "headway pr finish"] == lines


def test_the_apps_token_is_made_after_training_and_can_only_push() -> None:
    names = [step["name"] for step in RETRAIN.steps]
    app = RETRAIN.step("GitHub App token")

    assert names.index("Judge") < names.index("GitHub App token") < names.index("Push the results")
    assert {"client-id", "private-key", "permission-contents"} == set(app["with"])
    assert ["Push the results"] == [step["name"] for step in RETRAIN.steps if "HEADWAY_TOKEN" in step.get("env", {})]


def test_cml_is_optional_and_of_one_version() -> None:
    step = RETRAIN.step("Set up CML")

    assert (True, {"version": "v0.20.6", "vega": False}) == (step["continue-on-error"], step["with"])
