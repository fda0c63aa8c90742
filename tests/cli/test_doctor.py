from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.adoption.team import Team
from tests.conftest import ROOT
from tests.github.bare import make_bare
from tests.github.fake import FakeGitHub
from tests.github.state import Protection

RULES = Protection(
    contexts=("headway", "check", "promotion"),
    strict=True,
    dismiss_stale_reviews=True,
    code_owner_review=True,
    last_push_approval=True,
    classic=True,
)
READS: dict[str, Any] = {"administration": "read", "actions_variables": "read", "actions": "read"}
RULESETS = ROOT / ".github/rulesets"


@pytest.fixture(scope="module")
def ready_once(tmp_path_factory: pytest.TempPathFactory) -> Team:
    """Return a repository that lacks nothing locally."""
    folder = tmp_path_factory.mktemp("ready")
    team = Team(folder / "team")
    assert 0 == team.init().returncode
    team.write(".github/CODEOWNERS", "* @acme/all\n")
    team.run("git", "remote", "add", "origin", "https://x-access-token:hidden@github.com/acme/yolo")
    team.run("dvc", "remote", "add", "--default", "storage", "../storage")
    team.run("headway", "lock", "install")
    team.commit()
    return team


@pytest.fixture
def ready(ready_once: Team, tmp_path: Path) -> Team:
    shutil.copytree(ready_once.root, tmp_path / "team")
    return Team(tmp_path / "team")


@pytest.fixture
def github(fake_github: FakeGitHub, tmp_path: Path) -> FakeGitHub:
    fake_github.add_repository("acme/yolo", make_bare(tmp_path / "bare"))
    fake_github.protect("acme/yolo", "main", RULES)
    for name in ("registry-tags", "registry-tags-creation"):
        fake_github.add_ruleset("acme/yolo", json.loads((RULESETS / f"{name}.json").read_text()))
    fake_github.set_variables("acme/yolo", HEADWAY_DVC_REMOTE="s3://bucket/path")
    return fake_github


def diagnose(team: Team, *options: str, **environment: str) -> tuple[int, dict[str, str]]:
    ended = team.headway("doctor", *options, "--json", **environment)
    return ended.returncode, {check["name"]: check["outcome"] for check in json.loads(ended.stdout)["checks"]}


def actions(github: FakeGitHub, **permissions: Any) -> dict[str, str]:
    return {
        "GITHUB_REPOSITORY": "acme/yolo",
        "GITHUB_API_URL": github.api_url,
        "GITHUB_TOKEN": github.token("alice", **permissions).value,
    }


def test_a_repository_as_the_how_to_makes_it_lacks_nothing(ready: Team) -> None:
    code, outcomes = diagnose(ready)
    missing = [name for name, outcome in outcomes.items() if outcome == "missing"]
    assert (0, ["lock", "cml"]) == (code, missing)


def test_the_text_has_no_credentials_and_a_hint_for_what_is_missing(ready: Team) -> None:
    (ready.root / ".github/CODEOWNERS").unlink()
    ended = ready.headway("doctor")
    assert (1, False) == (ended.returncode, "hidden" in ended.stdout)
    assert "origin         ok: https://github.com/acme/yolo" in ended.stdout.splitlines()
    assert "owners         missing: there is no CODEOWNERS" in ended.stdout.splitlines()


@pytest.mark.parametrize(
    ("name", "spoil"),
    [
        ("merge-driver", ["git", "config", "--unset", "merge.headway-lock.driver"]),
        ("attributes", ["git", "rm", "--quiet", "--force", ".gitattributes"]),
        ("origin", ["git", "remote", "remove", "origin"]),
        ("storage", ["dvc", "remote", "remove", "storage"]),
        ("files", ["git", "rm", "--quiet", "--cached", ".headway.yaml"]),
        ("workflows", ["git", "rm", "--quiet", ".github/workflows/retrain.yml"]),
        ("requirement", ["git", "rm", "--quiet", "requirements.txt"]),
        ("stages", ["git", "rm", "--quiet", "models/registry/stages.yaml"]),
    ],
)
def test_what_is_taken_away_is_noticed(ready: Team, name: str, spoil: list[str]) -> None:
    ready.run(*spoil)
    code, outcomes = diagnose(ready)
    assert (1, "missing") == (code, outcomes[name])


def test_params_without_a_gate_and_params_that_cannot_be_used(ready: Team) -> None:
    ready.edit("params.yaml", "epochs: 20", "epochs: many")
    ready.edit("params.yaml", "\ngate:", "\ngatee:")
    _, outcomes = diagnose(ready)
    assert ("missing", "missing") == (outcomes["params"], outcomes["gate"])


def test_the_remote_is_asked_only_when_wanted(ready: Team) -> None:
    ready.run("dvc", "remote", "modify", "storage", "url", "/no/such/place/at/all")
    assert "ok" == diagnose(ready)[1]["storage"]
    assert "missing" == diagnose(ready, "--remote")[1]["storage"]


def test_an_empty_remote_can_be_reached(ready: Team) -> None:
    assert "ok" == diagnose(ready, "--remote")[1]["storage"]


def test_settings_on_github_are_read(ready: Team, github: FakeGitHub) -> None:
    code, outcomes = diagnose(ready, **actions(github, **READS))
    rules = ["pull-requests", "statuses", "up-to-date", "dismissal", "owner-reviews", "last-push", "signatures"]
    assert (0, ["ok"] * len(rules)) == (code, [outcomes[name] for name in rules])
    optional = ["runner", "app", "environments"]
    assert ["missing"] * len(optional) == [outcomes[name] for name in optional]
    assert ("ok", "ok") == (outcomes["registry-tags"], outcomes["approvals"])


def test_what_is_imported_and_set_up_is_seen(ready: Team, github: FakeGitHub) -> None:
    github.add_ruleset("acme/yolo", json.loads((RULESETS / "main.json").read_text()))
    github.repositories["acme/yolo"].environments |= {"staging": True, "production": True}
    code, outcomes = diagnose(ready, **actions(github, **READS))
    missing = [name for name, outcome in outcomes.items() if outcome == "missing"]
    assert (0, ["lock", "cml", "runner", "app"]) == (code, missing)


def test_tags_that_anybody_may_make_and_move_end_with_1(ready: Team, github: FakeGitHub) -> None:
    github.repositories["acme/yolo"].rulesets.clear()
    code, outcomes = diagnose(ready, **actions(github, **READS))
    assert (1, "missing", "missing") == (code, outcomes["registry-tags"], outcomes["tag-creation"])


def test_an_unprotected_branch_ends_with_1(ready: Team, github: FakeGitHub) -> None:
    code, outcomes = diagnose(ready, "--base", "next", **actions(github, **READS))
    assert (1, "missing", "missing") == (code, outcomes["pull-requests"], outcomes["statuses"])


def test_a_token_that_may_see_little_leaves_questions_open(ready: Team, github: FakeGitHub) -> None:
    code, outcomes = diagnose(ready, **actions(github))
    assert (0, "cannot tell", "cannot tell") == (code, outcomes["statuses"], outcomes["runner"])


def test_outside_a_repository_it_says_so(tmp_path: Path) -> None:
    ended = Team(tmp_path).headway("doctor")
    assert 2 == ended.returncode
    assert "lies in no Git repository" in ended.stderr
