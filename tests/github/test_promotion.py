"""What the fake does of promotion: three kinds of merges, tags under rulesets, imported rulesets."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.github import repository as git
from tests.github.answers import number_of
from tests.github.bare import commit, make_bare
from tests.github.fake import FakeGitHub, Method
from tests.github.state import ACTIONS, Level, Token
from tests.github.test_fake import ask

REPO = "acme/yolo"
APP = "headway-acme[bot]"
TAG = "cells@v1.0.0"


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A repository whose branch "more" is two commits ahead of main, and main one ahead of both."""
    path = make_bare(tmp_path / "yolo.git", {"params.yaml": "epochs: 1\n"})
    commit(path, "more", {"params.yaml": "epochs: 2\n"}, "More epochs")
    commit(path, "more", {"params.yaml": "epochs: 3\n"}, "Even more")
    commit(path, "main", {"README.md": "Meanwhile\n"}, "Meanwhile")
    return path


@pytest.fixture
def github(fake_github: FakeGitHub, bare: Path) -> FakeGitHub:
    fake_github.add_repository(REPO, bare)
    fake_github.open_pull(REPO, "more")
    return fake_github


def tag_ruleset(*rules: str, bypass: str | None = None) -> dict[str, Any]:
    actors = [{"actor_id": number_of(bypass), "actor_type": "Integration", "bypass_mode": "always"}] if bypass else []
    return {
        "name": "tags",
        "target": "tag",
        "enforcement": "active",
        "bypass_actors": actors,
        "conditions": {"ref_name": {"include": ["refs/tags/*@v*", "refs/tags/*#*"], "exclude": []}},
        "rules": [{"type": rule} for rule in rules],
    }


def push(github: FakeGitHub, token: Token, bare: Path, *refspecs: str) -> subprocess.CompletedProcess[str]:
    """Push out of a clone of its own."""
    address = f"{github.url}/{REPO}.git".replace("://", f"://x:{token.value}@")
    return git.run(bare, "push", "--force", address, *refspecs)


@pytest.mark.parametrize(("method", "parents", "new"), [("merge", 2, 3), ("squash", 1, 1), ("rebase", 1, 2)])
def test_each_method_brings_the_same_files_in_its_own_way(
    github: FakeGitHub, bare: Path, method: Method, parents: int, new: int
) -> None:
    before = git.branches(bare)["main"]
    made = github.merge(REPO, 1, method)

    assert "epochs: 3" == git.read(bare, "show", "main:params.yaml")
    assert parents == len(git.read(bare, "rev-parse", f"{made}^@").splitlines())
    assert new == len(git.between(bare, before, made))
    assert made == git.branches(bare)["main"]


def test_a_merge_is_asked_for_with_its_method(github: FakeGitHub, bare: Path) -> None:
    token = github.token("alice", contents="write", pull_requests="read")
    ask(github, token, "PUT", f"/repos/{REPO}/pulls/1/merge", {"merge_method": "squash"})

    told = ask(github, token, "GET", f"/repos/{REPO}/pulls/1").body
    assert (git.branches(bare)["main"], "alice") == (told["merge_commit_sha"], told["merged_by"]["login"])


def test_tags_may_be_made_and_neither_moved_nor_deleted(github: FakeGitHub, bare: Path, tmp_path: Path) -> None:
    token = github.token(ACTIONS, contents="write")
    github.add_ruleset(REPO, tag_ruleset("update", "deletion"))
    clone = Path(git.read(bare, "clone", "--bare", "--quiet", str(bare), str(tmp_path / "clone")) or tmp_path / "clone")

    made = push(github, token, clone, f"refs/heads/main:refs/tags/{TAG}", "refs/heads/main:refs/tags/cells#live#1")
    moved = push(github, token, clone, f"refs/heads/more:refs/tags/{TAG}")
    deleted = push(github, token, clone, ":refs/tags/cells#live#1")

    assert (0, 1, 1) == (made.returncode, moved.returncode, deleted.returncode)
    assert "Cannot update this protected ref" in moved.stderr
    assert "Cannot delete this protected ref" in deleted.stderr
    assert {TAG: git.branches(bare)["main"], "cells#live#1": git.branches(bare)["main"]} == github.tags(REPO)


@pytest.mark.parametrize(("login", "expected"), [(ACTIONS, set()), (APP, {TAG})])
def test_only_the_app_may_make_tags_where_creation_is_restricted(
    github: FakeGitHub, bare: Path, tmp_path: Path, login: str, expected: set[str]
) -> None:
    github.add_ruleset(REPO, tag_ruleset("creation", bypass=APP))
    git.read(bare, "clone", "--bare", "--quiet", str(bare), str(tmp_path / "clone"))

    push(github, github.token(login, contents="write"), tmp_path / "clone", f"refs/heads/main:refs/tags/{TAG}")

    assert expected == set(github.tags(REPO))


def test_an_imported_ruleset_protects_the_default_branch(github: FakeGitHub) -> None:
    rules: list[dict[str, Any]] = [
        {
            "type": "required_status_checks",
            "parameters": {
                "strict_required_status_checks_policy": False,
                "required_status_checks": [{"context": "promotion"}],
            },
        }
    ]
    refs = {"ref_name": {"include": ["~DEFAULT_BRANCH"], "exclude": []}}
    document = {"name": "main", "target": "branch", "enforcement": "active", "conditions": refs, "rules": rules}
    owner = github.token("owner", administration="write")

    assert 201 == ask(github, owner, "POST", f"/repos/{REPO}/rulesets", document).status
    assert (False, ["promotion is expected"]) == github.mergeable(REPO, 1)


@pytest.mark.parametrize(
    "path",
    [
        "/commits/more/pulls",
        "/pulls/1/reviews",
        "/collaborators/bob/permission",
        "/compare/main...more",
        "/rulesets",
        "/environments",
    ],
)
def test_every_answer_keeps_the_contract(github: FakeGitHub, path: str) -> None:
    rights: dict[str, Level] = dict.fromkeys(("contents", "pull_requests", "actions"), "read")
    github.add_ruleset(REPO, tag_ruleset("update"))
    github.repositories[REPO].environments["live"] = True
    for state in ("APPROVED", "PENDING", "COMMENTED"):
        github.review(REPO, 1, "bob", state)

    assert 200 == ask(github, github.token(ACTIONS, **rights), "GET", f"/repos/{REPO}{path}").status
