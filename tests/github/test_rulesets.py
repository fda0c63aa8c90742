"""The rulesets that a team imports: GitHub would take them, and they forbid what they should."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from headway.adoption.forge_checks import CONTEXTS
from headway.contracts.registry.tags import PATTERNS
from tests.conftest import ROOT
from tests.github.bare import make_bare
from tests.github.fake import FakeGitHub
from tests.github.test_fake import ask

FOLDER = ROOT / ".github/rulesets"
REPO = "acme/yolo"
ACTIONS_APP = 15368
"""GitHub Actions: `id` of https://api.github.com/apps/github-actions."""


def read(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return document


def rules(name: str) -> dict[str, Any]:
    return {rule["type"]: rule.get("parameters") for rule in read(name)["rules"]}


@pytest.mark.parametrize("path", sorted(FOLDER.iterdir()), ids=lambda path: path.stem)
def test_github_takes_it(fake_github: FakeGitHub, tmp_path: Path, path: Path) -> None:
    fake_github.add_repository(REPO, make_bare(tmp_path / "yolo.git"))
    owner = fake_github.token("owner", administration="write")

    assert 201 == ask(fake_github, owner, "POST", f"/repos/{REPO}/rulesets", json.loads(path.read_text())).status


@pytest.mark.parametrize("name", ["registry-tags", "registry-tags-creation"])
def test_it_is_about_every_registry_tag(name: str) -> None:
    refs = read(name)["conditions"]["ref_name"]

    assert (list(PATTERNS), [], "tag", "active") == (
        refs["include"], refs["exclude"], read(name)["target"], read(name)["enforcement"]
    )  # fmt: skip


def test_nobody_moves_or_deletes_a_registry_tag() -> None:
    assert ({"update", "deletion"}, []) == (set(rules("registry-tags")), read("registry-tags")["bypass_actors"])


def test_one_app_makes_them() -> None:
    [actor] = read("registry-tags-creation")["bypass_actors"]

    assert {"creation"} == set(rules("registry-tags-creation"))
    assert ("Integration", 0) == (actor["actor_type"], actor["actor_id"])  # the team's own number goes there


def test_a_required_status_counts_when_github_actions_set_it() -> None:
    required = rules("main")["required_status_checks"]["required_status_checks"]

    assert {ACTIONS_APP} == {one["integration_id"] for one in required}


def test_the_default_branch_waits_for_reviews_and_for_every_status() -> None:
    found = rules("main")
    contexts = [one["context"] for one in found["required_status_checks"]["required_status_checks"]]

    assert {"deletion", "non_fast_forward", "pull_request", "required_status_checks"} == set(found)
    assert list(CONTEXTS) == contexts
    assert found["pull_request"]["require_last_push_approval"]
    assert found["pull_request"]["require_code_owner_review"]
    assert found["pull_request"]["dismiss_stale_reviews_on_push"]
    assert found["required_status_checks"]["strict_required_status_checks_policy"]
