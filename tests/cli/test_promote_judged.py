"""A stage that wants a fresh verdict: real models, scored again against what the stage holds now."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from headway.contracts.layout import STAGES
from headway.errors import NO, YES
from tests.cli.command import run_headway
from tests.cli.promoting import Ended
from tests.gated_project import FILES, GatedProject, make_gated_project
from tests.registry.line import GIT

RULES = "schema_version: 1\nstages:\n  production: {gate: current}\n"
pytestmark = pytest.mark.slow
WORSE, BETTER = f"{FILES.name}@v1.0.0", f"{FILES.name}@v1.0.1"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> GatedProject:
    """Two registered versions, the second much better, and nothing in production."""
    folder = tmp_path_factory.mktemp("judged")
    project = make_gated_project(folder / "project", shift=1.0)
    project.run("git", "init", "--quiet", "--bare", "--initial-branch=main", "../origin.git")
    project.run("git", "remote", "add", "origin", "../origin.git")
    project.run("dvc", "remote", "add", "--quiet", "--default", "store", "../store")
    project.run("git", "checkout", "--quiet", "main")
    (project.root / STAGES).parent.mkdir(parents=True)
    (project.root / STAGES).write_text(RULES)
    project.commit("rules")
    push(project)
    project.run("git", "remote", "set-head", "origin", "main")
    register(project)
    project.make_model(shift=0.1)
    project.commit("a better model")
    push(project)
    register(project)
    return project


def push(project: GatedProject) -> None:
    project.run("dvc", "push", "--quiet")
    project.run("git", "push", "--quiet", "origin", "main")


def register(project: GatedProject) -> None:
    done = run_headway("register", folder=project.root, **GIT)
    assert YES == done.returncode, done.stdout + done.stderr


def promote(project: GatedProject, *words: str) -> Ended:
    done = run_headway("promote", *words, "production", "--no-pull-request", "--json", folder=project.root, **GIT)
    return Ended(done.returncode, done.stdout, done.stderr)


def test_the_verdict_is_about_what_the_stage_holds_now(project: GatedProject) -> None:
    into_nothing = promote(project, WORSE, "--dry-run")
    assert (YES, []) == (into_nothing.code, into_nothing.values["skipped"]), into_nothing.err
    assert "Judged again" in into_nothing.values["body"]

    merge(project, promote(project, BETTER))

    back = promote(project, WORSE)
    assert (NO, ["gate"]) == (back.code, back.codes)
    assert "against what production holds now the gate says: Reject" in back.values["refusals"][0]["sentence"]

    skipped = promote(project, WORSE, "--expedite", "the better one is too slow", "--dry-run")
    assert ["gate"] == [one["code"] for one in skipped.values["skipped"]]


def test_what_cannot_be_scored_is_refused_with_the_reason(project: GatedProject, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    project.run("git", "clone", "--quiet", str(project.root.parent / "origin.git"), str(clone))
    images = project.root.parent / "store"
    for path in images.rglob("*"):
        if path.is_file() and path.read_bytes()[:4] == b"\x89PNG":
            path.rename(path.with_suffix(".gone"))
    project.run("dvc", "--cd", str(clone), "remote", "add", "--local", "--force", "--default", "store", str(images))

    done = promote(GatedProject(clone), WORSE)

    assert (NO, ["gate"]) == (done.code, done.codes), done.err
    assert "could not be judged" in done.values["refusals"][0]["sentence"]


def merge(project: GatedProject, proposed: Ended) -> None:
    """Merge a proposal, and let its tag follow."""
    assert YES == proposed.code, proposed.out + proposed.err
    project.run("git", "fetch", "--quiet", "origin")
    project.run("git", "merge", "--quiet", "--no-edit", json.loads(proposed.out)["commit"])
    project.run("git", "push", "--quiet", "origin", "main")
    done = run_headway("reconcile", folder=project.root, **GIT)
    assert YES == done.returncode, done.stderr
