"""What `headway reconcile` tells the jobs that deliver, and what `headway pr delivery` lets each of them take."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from headway.cli.main import cli
from headway.errors import InputError
from tests.github.fake import FakeGitHub
from tests.github.state import ACTIONS
from tests.registry.line import GIT, Line, copy_line, make_registered_line

NAME = "acme/yolo"
TAG = "detector#production#1"


@pytest.fixture(scope="module")
def registered(tmp_path_factory: pytest.TempPathFactory) -> Line:
    """Return a line whose one declaration is tagged."""
    line = make_registered_line(tmp_path_factory.mktemp("registered"), versions=2)
    line.promote(TAG, "v1.0.0")
    line.push()
    return line


@pytest.fixture
def line(registered: Line, tmp_path: Path) -> Line:
    return copy_line(registered, tmp_path)


@pytest.fixture
def github(line: Line, fake_github: FakeGitHub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeGitHub:
    """Let verbs run as in a job of GitHub Actions."""
    fake_github.add_repository(NAME, line.bare)
    for name in [name for name in os.environ if name.startswith(("GITHUB_", "HEADWAY_", "MLFLOW_"))]:
        monkeypatch.delenv(name)
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"repository": {"default_branch": "main"}}))
    token = fake_github.token(ACTIONS, contents="write", statuses="write", pull_requests="read")
    variables = {
        "GITHUB_API_URL": fake_github.api_url, "GITHUB_REPOSITORY": NAME, "GITHUB_TOKEN": token.value,
        "GITHUB_EVENT_NAME": "push", "GITHUB_EVENT_PATH": str(event), "GITHUB_OUTPUT": str(tmp_path / "outputs"),
    }  # fmt: skip
    for name, value in {**GIT, **variables}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(line.root)
    return fake_github


def run(*words: str) -> dict[str, Any]:
    """Run a verb as a step and return its outputs."""
    outputs = Path(os.environ["GITHUB_OUTPUT"])
    outputs.unlink(missing_ok=True)
    assert 0 == cli.main([*words], standalone_mode=False)
    lines = outputs.read_text().splitlines() if outputs.exists() else []
    return {name: value for name, _, value in (one.partition("=") for one in lines)}


def told() -> tuple[list[str], bool]:
    """Reconcile, and return the tags that are to be delivered and whether there are some."""
    outputs = run("reconcile")
    return [one["tag"] for one in json.loads(outputs["declared"])], json.loads(outputs["any"])


def commit_of(line: Line, tag: str) -> str:
    """Return the commit that an echo says declared it."""
    message = line.git("for-each-ref", "--format=%(contents)", f"refs/tags/{tag}")
    return next(row.partition(": ")[2] for row in message.splitlines() if row.startswith("Declared-In: "))


def test_a_delivery_that_got_lost_is_made_good_until_it_is_done(line: Line, github: FakeGitHub) -> None:
    assert ([TAG], True) == told()

    run("pr", "delivery", TAG, "--done")
    assert ([], False) == told()


def test_a_persons_word_delivers_nothing(line: Line, github: FakeGitHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", github.token("mallory", contents="write", statuses="write").value)
    run("pr", "delivery", TAG, "--done")

    assert ([TAG], True) == told()


def test_of_a_stages_new_tags_the_newest_is_delivered(line: Line, github: FakeGitHub) -> None:
    line.declare("production", "v1.1.0")
    line.declare("production", "v1.0.0", reason="back")
    line.push()

    assert (["detector#production#3"], True) == told()


def test_an_emptied_stage_is_told_until_it_was_said(line: Line, github: FakeGitHub) -> None:
    line.declare("production", None)
    line.push()
    assert (["detector#production!#2"], True) == told()
    assert (["detector#production!#2"], True) == told()

    assert {"deliver": "true", "version": ""} == run("pr", "delivery", "detector#production!#2", "--done")
    assert ([], False) == told()
    status = github.statuses(NAME, commit_of(line, "detector#production!#2"))["released detector#production"]
    assert "nothing: the stage is empty" == status.description


def test_a_stage_that_the_rules_no_longer_name_is_not_delivered_to(line: Line, github: FakeGitHub) -> None:
    line.commit({"models/registry/stages.yaml": "schema_version: 1\nstages: {staging: {}}\n"})
    line.push()

    assert ([], False) == told()


def test_where_github_does_not_tell_what_is_new_is_delivered_all_the_same(
    line: Line, github: FakeGitHub, capsys: pytest.CaptureFixture[str]
) -> None:
    line.declare("staging", "v1.1.0")
    line.push()
    github.fail_next("forbidden", "GET", "*/statuses")

    assert (["detector#staging#1"], True) == told()
    assert "warning: deliveries that got lost are not looked for" in capsys.readouterr().err


def test_what_was_let_in_is_what_is_delivered(line: Line, github: FakeGitHub) -> None:
    line.declare("production", "v1.1.0")  # merged, and not tagged yet

    assert {"deliver": "true", "version": "detector@v1.0.0"} == run("pr", "delivery", TAG)
    assert {} == github.statuses(NAME, commit_of(line, TAG))


def test_a_declaration_that_was_overtaken_meanwhile_delivers_nothing(
    line: Line, github: FakeGitHub, capsys: pytest.CaptureFixture[str]
) -> None:
    line.promote("detector#production#2", "v1.1.0")
    line.push()

    assert {"deliver": "false", "version": ""} == run("pr", "delivery", TAG, "--done")
    assert f"::notice::{TAG} is not delivered: detector#production#2 is newer" in capsys.readouterr().out
    assert {} == github.statuses(NAME, commit_of(line, TAG))


def test_by_hand_it_is_what_is_declared_now(line: Line, github: FakeGitHub) -> None:
    commit = line.declare("production", "v1.1.0")
    line.push()

    outputs = run("pr", "delivery", "detector#production", "--done")
    assert {"deliver": "true", "version": "detector@v1.1.0"} == outputs
    assert "v1.1.0" == github.statuses(NAME, commit)["released detector#production"].description


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        ("detector@v1.0.0", "is neither"),
        ("-x\n::set-env", "is neither"),
        ("detector#production#9", "no tag that counts"),
        ("detector#canary#1", "names no stage 'canary'"),
        ("detector#staging", "nothing was ever declared"),
    ],
)
def test_what_cannot_be_delivered_is_refused(github: FakeGitHub, target: str, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        run("pr", "delivery", "--", target)
