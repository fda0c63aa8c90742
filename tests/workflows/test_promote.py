"""promote.yml and deliver.yml: when they run, with which rights, and what keeps what from running."""

from __future__ import annotations

import pytest

from tests.workflows.parsed import Job, job, jobs, read_workflow

EVIDENCE = job("promote", "promotion")
REGISTRY = job("promote", "registry")
DELIVER = job("promote", "deliver")
BUNDLE = job("deliver", "bundle")


def test_every_pull_request_and_every_review_gets_an_answer() -> None:
    on = read_workflow("promote")["on"]

    assert ["opened", "synchronize", "reopened", "edited"] == on["pull_request"]["types"]
    assert {"types": ["submitted", "dismissed"]} == on["pull_request_review"]
    assert {"types": ["checks_requested"]} == on["merge_group"]
    assert "paths" not in on["pull_request"]


def test_pushes_that_touch_no_model_and_pushes_of_tags_start_nothing() -> None:
    assert {"branches": ["**"], "paths": ["models/**"]} == read_workflow("promote")["on"]["push"]


def test_no_job_is_named_like_the_status_that_is_required() -> None:
    assert [] == [one.name for one in jobs("promote") if one.values["name"] == "promotion"]


def test_a_newer_question_about_a_pull_request_takes_the_place_of_the_older_and_no_push_of_another() -> None:
    assert {
        "group": "promote-${{ github.event.pull_request.number || github.run_id }}",
        "cancel-in-progress": True,
    } == read_workflow("promote")["concurrency"]
    assert {"group": "registry", "cancel-in-progress": False} == REGISTRY.values["concurrency"]


def test_only_branches_of_the_repository_are_looked_at_with_rights() -> None:
    assert (
        "github.event_name == 'merge_group' || github.event.pull_request.head.repo.full_name == github.repository "
        "&& github.event.pull_request.user.login != 'dependabot[bot]'"
    ) == EVIDENCE.condition
    assert {"contents": "read", "pull-requests": "read", "statuses": "write"} == EVIDENCE.permissions


def test_the_default_branchs_code_judges_and_its_answer_is_the_status() -> None:
    [look] = EVIDENCE.running("headway pr promotion")

    assert "${{ github.event.repository.default_branch }}" == EVIDENCE.steps[0]["with"]["ref"]
    assert "headway pr promotion --no-fail" == look["run"]


def test_only_the_default_branch_registers() -> None:
    assert (
        "(github.event_name == 'push' || github.event_name == 'workflow_dispatch') "
        "&& github.ref == format('refs/heads/{0}', github.event.repository.default_branch)"
    ) == REGISTRY.condition


def test_the_registry_is_read_whole_and_reconciled_whatever_could_not_be_registered() -> None:
    lines = [step["run"] for step in REGISTRY.steps if "run" in step]
    [reconcile] = REGISTRY.running("headway reconcile")

    assert ["headway register", "headway reconcile"] == lines[1:]
    assert "${{ !cancelled() }}" == reconcile["if"]
    assert 0 == REGISTRY.steps[0]["with"]["fetch-depth"]
    assert not any("continue-on-error" in step for step in REGISTRY.steps)


def test_the_number_comes_by_hand_or_by_the_rule() -> None:
    choice = read_workflow("promote")["on"]["workflow_dispatch"]["inputs"]["bump"]
    [register] = REGISTRY.running("headway register")

    assert ["by the rule", "patch", "minor", "major"] == choice["options"]
    assert "${{ inputs.bump != 'by the rule' && inputs.bump || '' }}" == register["env"]["HEADWAY_BUMP"]


def test_tags_are_pushed_by_the_app_where_there_is_one() -> None:
    app = REGISTRY.step("GitHub App token")
    pushing = [step["name"] for step in REGISTRY.steps if "HEADWAY_TOKEN" in step.get("env", {})]

    assert "vars.HEADWAY_APP_ID != ''" == app["if"]
    assert {"permission-contents": "write", "permission-pull-requests": "read", "permission-statuses": "write"} == {
        name: value for name, value in app["with"].items() if name.startswith("permission-")
    }
    assert ["Register", "Reconcile"] == pushing


def test_only_one_job_may_write_to_the_repository() -> None:
    writing = [one.name for name in ("promote", "deliver") for one in jobs(name) if _writes(one, "contents")]

    assert ["registry"] == writing


def test_each_new_declaration_is_delivered_whatever_became_of_the_others() -> None:
    assert "./.github/workflows/deliver.yml" == DELIVER.values["uses"]
    assert "${{ !cancelled() && needs.registry.outputs.any == 'true' }}" == DELIVER.condition
    assert {
        "fail-fast": False,
        "matrix": {"include": "${{ fromJSON(needs.registry.outputs.declared) }}"},
    } == DELIVER.values["strategy"]
    assert set(read_workflow("deliver")["on"]["workflow_call"]["inputs"]) == set(DELIVER.values["with"])


def test_a_called_job_has_the_rights_that_it_asks_for() -> None:
    assert BUNDLE.permissions == DELIVER.permissions


def test_a_delivery_waits_for_the_environment_of_its_stage() -> None:
    assert "${{ inputs.stage }}" == BUNDLE.values["environment"]
    assert {
        "group": "deliver-${{ inputs.stage }}-${{ inputs.model }}",
        "cancel-in-progress": False,
    } == read_workflow("deliver")["concurrency"]


def test_what_is_delivered_is_the_declaration_that_was_let_in() -> None:
    find, say = BUNDLE.running("headway pr delivery")

    target = "${{ inputs.tag || format('{0}#{1}', inputs.model, inputs.stage) }}"
    assert [target, target] == [find["env"]["TARGET"], say["env"]["TARGET"]]


def test_what_is_kept_is_what_was_verified() -> None:
    [pull] = BUNDLE.running("headway pull")
    keep = BUNDLE.step("Keep the bundle")

    assert 'headway pull "$VERSION" --out bundle' == pull["run"]
    assert {"VERSION": "${{ steps.find.outputs.version }}"} == pull["env"]
    assert ["steps.find.outputs.version != ''"] * 2 == [pull["if"], keep["if"]]
    assert ("bundle", "error") == (keep["with"]["path"], keep["with"]["if-no-files-found"])


def test_that_it_was_delivered_is_said_last() -> None:
    say = BUNDLE.steps[-1]

    assert 'headway pr delivery "$TARGET" --done' == say["run"]
    assert "steps.find.outputs.deliver == 'true'" == say["if"]
    assert {"contents": "read", "statuses": "write"} == BUNDLE.permissions


@pytest.mark.parametrize("name", ["site", "pages"])
def test_the_page_is_published_where_a_team_switched_it_on(name: str) -> None:
    needed = {"site": "vars.HEADWAY_PAGES == 'true'", "pages": "needs.site.result == 'success'"}

    assert needed[name] in job("promote", name).condition


def test_the_job_that_publishes_runs_no_code_of_the_repository() -> None:
    pages = job("promote", "pages")

    assert {"id-token": "write", "pages": "write"} == pages.permissions
    assert ["actions/deploy-pages"] == [step["uses"].split("@")[0] for step in pages.steps]


def _writes(one: Job, right: str) -> bool:
    return one.permissions.get(right) == "write"
