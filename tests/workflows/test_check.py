"""check.yml: one name for all green, also where it was dispatched."""

from __future__ import annotations

from tests.workflows.parsed import job, jobs, read_workflow

ALL_GREEN = job("check", "check")


def test_it_runs_on_every_push_and_pull_request_and_by_hand() -> None:
    assert {
        "push": {"branches": ["**"]},
        "pull_request": None,
        "merge_group": {"types": ["checks_requested"]},
        "workflow_dispatch": None,
    } == read_workflow("check")["on"]


def test_all_green_waits_for_every_other_job_and_runs_whatever_became_of_them() -> None:
    others = {one.name for one in jobs("check")} - {"check"}

    assert others == set(ALL_GREEN.values["needs"])
    assert "always()" == ALL_GREEN.condition


def test_all_green_learns_the_result_of_the_tests() -> None:
    [step] = ALL_GREEN.running("headway pr status")

    assert "${{ needs.tests.result }}" == step["env"]["HEADWAY_OUTCOME"]


def test_only_all_green_may_set_a_status() -> None:
    assert {"tests": {"contents": "read"}, "check": {"contents": "read", "statuses": "write"}} == {
        one.name: one.permissions for one in jobs("check")
    }


def test_the_tests_are_what_a_person_runs() -> None:
    assert ["make check test"] == [step["run"] for step in job("check", "tests").steps if "run" in step]
