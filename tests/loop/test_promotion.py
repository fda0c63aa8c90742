"""promote.yml and deliver.yml, from a push to a delivered bundle."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from headway.contracts.manifest import read_manifest
from headway.contracts.registry.desired import desired_path
from headway.contracts.registry.tags import Slot
from tests.act.runner import ActResult
from tests.conftest import ROOT
from tests.github import repository as git
from tests.github.answers import number_of
from tests.github.fake import Method
from tests.loop.conftest import FirstPromotion
from tests.loop.forks import make_fork
from tests.loop.promotion import VERSION, Registry
from tests.loop.team import MODEL, NAME, Team

STAGING, PRODUCTION = f"{MODEL.name}#staging", f"{MODEL.name}#production"
APP = "headway-acme[bot]"
RULESETS = ROOT / ".github/rulesets"


def pulled(result: ActResult) -> str:
    """Return what became of the step that fetches the bundle; act does not name what a called workflow skips."""
    step = result.job("bundle").steps.get("Fetch the bundle and verify it")
    return step.conclusion if step else "skipped"


def test_what_the_default_branch_ships_becomes_a_version(first_promotion: FirstPromotion) -> None:
    registry = first_promotion.registry

    assert {"registry": "success"} == {name: job.conclusion for name, job in first_promotion.before.jobs.items()}
    shipped = git.read(registry.team.bare, "log", "-1", "--format=%H", "main", "--", MODEL.manifest.as_posix())
    assert shipped == registry.tags()[VERSION]


def test_a_promotion_that_has_earned_it_may_be_merged(first_promotion: FirstPromotion) -> None:
    assert ("success", "May be merged.") == first_promotion.answer
    assert ["promotion"] == list(first_promotion.check.jobs)


def test_the_merge_is_echoed_on_the_versions_commit(first_promotion: FirstPromotion) -> None:
    registry = first_promotion.registry
    echo = registry.echo(f"{STAGING}#1")
    pull = registry.team.github.pull(NAME, first_promotion.number)

    assert registry.tags()[VERSION] == registry.tags()[f"{STAGING}#1"]
    assert (first_promotion.merged, 1, "alice", ("bob",)) == (
        echo.declared_in, echo.pull_request, echo.declared_by, echo.approved_by
    )  # fmt: skip
    assert echo.declared_at is not None
    assert pull.merged_at == echo.declared_at.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_the_declared_bundle_is_verified_and_kept(first_promotion: FirstPromotion) -> None:
    assert {"registry": "success", "bundle": "success"} == {
        name: job.conclusion for name, job in first_promotion.after.jobs.items()
    }
    [kept] = first_promotion.registry.team.act.artifacts.glob(f"*/{MODEL.name}-staging/bundle")
    manifest = read_manifest(kept)
    assert manifest.files["model.onnx"].sha256 == hashlib.sha256((kept / "model.onnx").read_bytes()).hexdigest()


def test_the_delivery_is_said_on_the_declaring_commit(first_promotion: FirstPromotion) -> None:
    assert ("success", "v1.0.0") == first_promotion.registry.released(f"{STAGING}#1")


def test_no_secret_is_printed(first_promotion: FirstPromotion) -> None:
    assert "ghs_" not in first_promotion.before.text + first_promotion.check.text + first_promotion.after.text


def test_the_same_run_again_does_nothing(promoted: Registry) -> None:
    before = promoted.team.github.tags(NAME)

    assert {"registry": "success"} == {name: job.conclusion for name, job in promoted.push_run().jobs.items()}
    assert before == promoted.team.github.tags(NAME)


def test_a_strangers_promotion_gets_no_run_with_rights(team: Team) -> None:
    fork = make_fork(team)
    fork.push({"models/registry/production/blobs.yaml": "version: mine\n"})

    assert {} == Registry(team).check(fork.number).jobs


def test_what_has_not_soaked_waits_and_may_be_expedited_and_is_merged_by_squashing(promoted: Registry) -> None:
    refused = promoted.headway("promote", VERSION, "production")
    assert (1, True) == (refused.returncode, "soak" in refused.stdout)

    promoted.declare("production", "by-hand")
    number = promoted.team.open("by-hand")
    assert "success" == promoted.check(number).job("promotion").conclusion
    assert ("failure", "May not be merged: approvals, soak.") == promoted.answer(number)

    promoted.declare("production", "by-hand", expedited="customers wait")
    promoted.team.github.review(NAME, number, "bob")
    assert "success" == promoted.check(number, "pull_request_review").job("promotion").conclusion
    assert ("success", "May be merged.") == promoted.answer(number)

    merged = promoted.merge(number, "squash")
    assert "success" == promoted.push_run().job("registry").conclusion
    echo = promoted.echo(f"{PRODUCTION}#1")
    assert (merged, "customers wait", ("bob",)) == (echo.declared_in, echo.expedited, echo.approved_by)


@pytest.mark.slow
@pytest.mark.parametrize("method", ["merge", "rebase"])
def test_every_kind_of_merge_is_one_declaration(promoted: Registry, method: Method) -> None:
    promoted.team.commit("main", {"README.md": "Meanwhile.\n"})
    number = promoted.promote("production", "--expedite", "customers wait")
    merged = promoted.merge(number, method)
    promoted.push_run()

    assert {VERSION, f"{STAGING}#1", f"{PRODUCTION}#1"} == set(promoted.tags())
    echo = promoted.echo(f"{PRODUCTION}#1")
    assert (merged, number) == (echo.declared_in, echo.pull_request)


@pytest.mark.slow
def test_what_cannot_be_registered_keeps_no_declaration_back(promoted: Registry) -> None:
    manifest = json.loads(promoted.team.read("main", MODEL.manifest.as_posix()))
    promoted.team.commit("main", {MODEL.manifest.as_posix(): json.dumps(manifest | {"identity": "0" * 64})})
    promoted.declare("staging", "main", reason="once more")
    result = promoted.push_run()

    conclusions = {name: step.conclusion for name, step in result.job("registry").steps.items()}
    assert ("failure", "success") == (conclusions["Register"], conclusions["Reconcile"])
    assert ("failure", "success") == (result.job("registry").conclusion, result.job("bundle").conclusion)
    assert f"{STAGING}#2" in promoted.tags()


@pytest.mark.slow
def test_a_stage_that_is_emptied_delivers_nothing_and_says_so(promoted: Registry) -> None:
    promoted.git("rm", "--quiet", desired_path(Slot("staging", MODEL.name)))
    promoted.git("commit", "--quiet", "-m", "Nothing for now")
    promoted.git("push", "--quiet", str(promoted.team.bare), "HEAD:main")
    result = promoted.push_run()

    assert ("success", "skipped") == (result.job("bundle").conclusion, pulled(result))
    assert f"{STAGING}!#2" in promoted.tags()
    assert ("success", "nothing: the stage is empty") == promoted.released(f"{STAGING}!#2")


@pytest.mark.slow
def test_a_delivery_that_got_lost_is_made_good_by_the_next_run(promoted: Registry) -> None:
    promoted.team.github.repositories[NAME].statuses.clear()

    assert "success" == promoted.push_run().job("bundle").conclusion
    assert ("success", "v1.0.0") == promoted.released(f"{STAGING}#1")


@pytest.mark.slow
def test_a_stage_is_delivered_again_by_hand(promoted: Registry) -> None:
    assert "success" == promoted.deliver("staging").job("bundle").conclusion
    [kept] = promoted.team.act.artifacts.glob(f"*/{MODEL.name}-staging/bundle")
    assert (kept / "model.onnx").is_file()

    assert "failure" == promoted.deliver("production").job("bundle").conclusion


@pytest.mark.slow
def test_where_only_the_app_may_make_tags_the_workflow_makes_them_with_its_token(promoted: Registry) -> None:
    github, act = promoted.team.github, promoted.team.act
    for name in ("registry-tags", "registry-tags-creation"):
        document: dict[str, Any] = json.loads((RULESETS / f"{name}.json").read_text())
        for actor in document["bypass_actors"]:
            actor["actor_id"] = number_of(APP)
        github.add_ruleset(NAME, document)
    promoted.merge(promoted.promote("production", "--expedite", "customers wait"))

    assert "failure" == promoted.push_run().job("registry").conclusion
    assert f"{PRODUCTION}#1" not in promoted.tags()

    act.variables["HEADWAY_APP_ID"] = "Iv1"
    act.secrets["HEADWAY_APP_KEY"] = "a private key"
    app = github.token(APP, contents="write", pull_requests="read", statuses="write")
    result = promoted.push_run(environment={"TEST_APP_TOKEN": app.value})
    assert ("success", "success") == (result.job("registry").conclusion, result.job("bundle").conclusion)
    assert f"{PRODUCTION}#1" in promoted.tags()


@pytest.mark.slow
def test_the_page_is_published_where_it_is_switched_on(promoted: Registry) -> None:
    promoted.team.act.variables["HEADWAY_PAGES"] = "true"
    result = promoted.push_run()

    assert ("success", "success") == (result.job("site").conclusion, result.job("pages").conclusion)
    [page] = promoted.team.act.artifacts.glob("*/github-pages/index.html")
    assert VERSION.partition("@")[2] in page.read_text(encoding="utf-8")
