from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from headway.adoption.doctor import diagnose, is_healthy
from headway.adoption.facts import DRIVER, TRACKED, Check, ForgeFacts, LocalFacts, Silence, Storage
from headway.adoption.forge_checks import CONTEXTS, FORGE
from headway.adoption.local_checks import LOCAL
from headway.cli.lock import DRIVER as INSTALLED
from headway.contracts.github import Environment, Protection, Ruleset
from headway.contracts.registry.stages import StageRules, Stages
from headway.contracts.registry.tags import PATTERNS

PROTECTION = Protection(
    contexts=(*CONTEXTS, "other"),
    strict=True,
    merge_queue=False,
    signed_commits=False,
    pull_request=True,
    dismiss_stale_reviews=True,
    code_owner_review=True,
    last_push_approval=True,
    approvals=1,
    complete=True,
)
STAY = Ruleset("stay", "tag", True, PATTERNS, (), ("update", "deletion"), False)
MADE = replace(STAY, name="made", rules=("creation",), bypasses=True)
FORGE_FACTS = ForgeFacts(
    "main",
    PROTECTION,
    {"HEADWAY_DVC_REMOTE": "s3://b", "HEADWAY_RUNNER": "gpu", "HEADWAY_APP_ID": "1"},
    (STAY, MADE),
    (Environment("staging", True), Environment("live", True)),
)
STAGES = Stages(stages={"staging": StageRules(), "live": StageRules(after="staging", approvals=1)})
LOCAL_FACTS = LocalFacts(
    git_version=(2, 39, 5),
    origin="https://github.com/acme/yolo",
    committed=frozenset(TRACKED),
    storage=Storage("storage", "s3://bucket/path"),
    merge_attribute=DRIVER,
    merge_driver="headway lock merge %O %A %B %P",
    params_fault=None,
    gate=True,
    requirement="headway[train]==0.1.0",
    stale={},
    owners="* @acme/all\n",
    stages=STAGES,
    cml=True,
)


def find(name: str, local: LocalFacts = LOCAL_FACTS, forge: ForgeFacts | Silence = FORGE_FACTS) -> Check:
    (found,) = (check for check in diagnose(local, forge) if check.name == name)
    return found


def demanding(**changes: Any) -> ForgeFacts:
    return replace(FORGE_FACTS, protection=replace(PROTECTION, **changes))


def test_nothing_is_missing_where_everything_is_there() -> None:
    checks = diagnose(LOCAL_FACTS, FORGE_FACTS)
    assert [] == [check for check in checks if check.outcome != "ok"]
    assert is_healthy(checks)


def test_checks_have_names_of_their_own() -> None:
    names = [check.name for check in diagnose(LOCAL_FACTS, FORGE_FACTS)]
    assert len(LOCAL) + len(FORGE) == len(set(names))
    assert list(FORGE) == names[len(LOCAL) :]


@pytest.mark.parametrize(
    ("name", "changes", "hint"),
    [
        ("git", {"git_version": (2, 25, 1)}, "install Git 2.30 or newer"),
        ("origin", {"origin": None}, "git remote add origin URL"),
        ("files", {"committed": frozenset({"dvc.yaml", "dvc.lock"})}, "git add .headway.yaml params.yaml"),
        ("requirement", {"requirement": None}, "headway init . --requirement"),
        ("requirement", {"requirement": "headway"}, "a full commit hash"),
        ("params", {"params_fault": "1 thing in params.yaml cannot be used:"}, "headway params check"),
        ("gate", {"gate": False}, "gate: {metric: map50_95"),
        ("storage", {"storage": None}, "dvc remote add --default"),
        ("storage", {"storage": Storage("s", "s3://b", "no credentials", asked=True)}, "credentials"),
        ("attributes", {"merge_attribute": None}, "headway lock install"),
        ("merge-driver", {"merge_driver": None}, "headway lock install"),
        ("workflows", {"stale": {".github/workflows/retrain.yml": "outdated"}}, "headway init . --dry-run"),
        ("owners", {"owners": None}, "headway init ."),
        ("owners", {"owners": "/src/ @acme/all\n"}, "CODEOWNERS"),
    ],
)
def test_what_is_missing_locally_is_named_with_what_mends_it(name: str, changes: dict[str, Any], hint: str) -> None:
    local = replace(LOCAL_FACTS, **changes)
    check = find(name, local)
    assert ("missing", True) == (check.outcome, hint in check.hint), check
    assert not is_healthy(diagnose(local, FORGE_FACTS))
    assert [name] == [other.name for other in diagnose(local, FORGE_FACTS) if other.outcome != "ok"]


@pytest.mark.parametrize(
    ("name", "changes", "hint"),
    [
        ("pull-requests", {"pull_request": False}, "Require a pull request before merging"),
        ("statuses", {"contexts": ("check",)}, "add headway, promotion"),
        ("statuses", {"contexts": ("headway",)}, "add check, promotion"),
        ("up-to-date", {"strict": False}, "Require merge queue"),
        ("dismissal", {"dismiss_stale_reviews": False}, "approve after the report"),
        ("owner-reviews", {"code_owner_review": False}, "Require review from Code Owners"),
        ("last-push", {"last_push_approval": False}, "Require approval of the most recent reviewable push"),
        ("signatures", {"signed_commits": True}, "take Require signed commits off"),
    ],
)
def test_a_rule_that_is_missing_is_named_as_github_calls_it(name: str, changes: dict[str, Any], hint: str) -> None:
    check = find(name, forge=demanding(**changes))
    assert ("missing", True) == (check.outcome, hint in check.hint), check
    assert "Settings > Rules > Rulesets" in check.hint
    assert not is_healthy(diagnose(LOCAL_FACTS, demanding(**changes)))


def test_a_merge_queue_keeps_branches_up_to_date_as_well() -> None:
    assert "ok" == find("up-to-date", forge=demanding(strict=False, merge_queue=True)).outcome


def test_a_rule_that_the_token_may_not_see_is_not_called_missing() -> None:
    hidden = demanding(contexts=(), strict=False, pull_request=False, dismiss_stale_reviews=False, complete=False)
    rules = ["pull-requests", "statuses", "up-to-date", "dismissal", "signatures"]
    assert dict.fromkeys(rules, "cannot tell") == {name: find(name, forge=hidden).outcome for name in rules}
    assert "ok" == find("owner-reviews", forge=hidden).outcome


def test_without_github_nothing_is_said_about_it() -> None:
    checks = diagnose(LOCAL_FACTS, Silence("no token", "set GITHUB_TOKEN"))
    assert {"cannot tell"} == {check.outcome for check in checks if check.name in FORGE}
    assert {"set GITHUB_TOKEN"} == {check.hint for check in checks if check.name in FORGE}
    assert is_healthy(checks)


@pytest.mark.parametrize(
    ("variables", "url", "expected"),
    [
        ({}, "s3://bucket", "ok"),
        ({"HEADWAY_DVC_REMOTE": "s3://bucket"}, "/mnt/storage", "ok"),
        ({}, "/mnt/storage", "missing"),
        ({"HEADWAY_RUNNER": "gpu"}, "/mnt/storage", "cannot tell"),
        (None, "s3://bucket", "cannot tell"),
    ],
)
def test_a_hosted_runner_reaches_no_folder_of_this_machine(
    variables: dict[str, str] | None, url: str, expected: str
) -> None:
    local = replace(LOCAL_FACTS, storage=Storage("storage", url))
    assert expected == find("ci-storage", local, replace(FORGE_FACTS, variables=variables)).outcome


@pytest.mark.parametrize("name", ["runner", "app"])
def test_the_loop_works_without_gpu_and_app(name: str) -> None:
    without = replace(FORGE_FACTS, variables={})
    assert ("missing", True) == (find(name, forge=without).outcome, find(name, forge=without).optional)
    assert is_healthy(diagnose(LOCAL_FACTS, without))
    assert "cannot tell" == find(name, forge=replace(FORGE_FACTS, variables=None)).outcome


@pytest.mark.parametrize(
    ("name", "changes"), [("lock", {"committed": frozenset(TRACKED) - {"dvc.lock"}}), ("cml", {"cml": False})]
)
def test_what_comes_by_itself_is_optional(name: str, changes: dict[str, Any]) -> None:
    local = replace(LOCAL_FACTS, **changes)
    assert ("missing", True) == (find(name, local).outcome, find(name, local).optional)
    assert is_healthy(diagnose(local, FORGE_FACTS))


def test_stages_that_cannot_be_used_are_named() -> None:
    local = replace(LOCAL_FACTS, stages="there is no models/registry/stages.yaml")
    check = find("stages", local)
    assert ("missing", "there is no models/registry/stages.yaml") == (check.outcome, check.detail)
    assert {"cannot tell"} == {find(name, local).outcome for name in ("environments", "approvals")}
    assert not is_healthy(diagnose(local, FORGE_FACTS))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "ok"),
        ({"patterns": ("~ALL",)}, "ok"),
        ({"bypasses": None}, "ok"),
        ({"bypasses": True}, "missing"),
        ({"enforced": False}, "missing"),
        ({"rules": ("update",)}, "missing"),
        ({"patterns": PATTERNS[:1]}, "missing"),
        ({"excluded": ("refs/tags/x@v*",)}, "missing"),
        ({"target": "branch"}, "missing"),
    ],
)
def test_tags_stay_where_a_ruleset_forbids_all_to_move_or_delete_them(changes: dict[str, Any], expected: str) -> None:
    forge = replace(FORGE_FACTS, rulesets=(replace(STAY, **changes), MADE))
    assert expected == find("registry-tags", forge=forge).outcome
    assert (expected == "ok") == is_healthy(diagnose(LOCAL_FACTS, forge))


def test_a_second_ruleset_without_a_bypass_is_enough() -> None:
    forge = replace(FORGE_FACTS, rulesets=(replace(STAY, bypasses=True), STAY))
    assert "ok" == find("registry-tags", forge=forge).outcome


def test_a_well_formed_foreign_tag_that_nothing_tells_from_headways_is_named() -> None:
    forge = replace(FORGE_FACTS, rulesets=(STAY,))
    check = find("tag-creation", forge=forge)
    assert ("missing", True) == (check.outcome, "registry-tags-creation.json" in check.hint)
    assert not is_healthy(diagnose(LOCAL_FACTS, forge))


def test_where_tags_are_signed_anybody_may_make_some() -> None:
    local = replace(LOCAL_FACTS, stages=STAGES.model_copy(update={"signed_tags": True}))
    assert "ok" == find("tag-creation", local, replace(FORGE_FACTS, rulesets=(STAY,))).outcome
    assert "ok" == find("tag-creation", local, replace(FORGE_FACTS, rulesets=None)).outcome


def test_a_stage_without_reviewers_is_named() -> None:
    forge = replace(FORGE_FACTS, environments=(Environment("staging", True), Environment("live", False)))
    check = find("environments", forge=forge)
    assert ("missing", True, True) == (check.outcome, check.optional, "live" in check.hint)
    assert "staging" not in check.detail


def test_a_branch_that_demands_fewer_approvals_than_a_stage_is_named() -> None:
    check = find("approvals", forge=demanding(approvals=0))
    assert ("missing", "live demands 1 approval, main 0: only the status asks") == (check.outcome, check.detail)


def test_rulesets_and_environments_that_may_not_be_read_are_not_called_missing() -> None:
    hidden = replace(FORGE_FACTS, rulesets=None, environments=None)
    names = ["registry-tags", "tag-creation", "environments"]
    assert dict.fromkeys(names, "cannot tell") == {name: find(name, forge=hidden).outcome for name in names}
    assert is_healthy(diagnose(LOCAL_FACTS, hidden))


def test_the_merge_driver_is_the_one_that_is_installed() -> None:
    assert INSTALLED == DRIVER
