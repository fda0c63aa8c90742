"""`headway audit` from end to end: remotes that were tampered with, bytes that are gone, and what it prints."""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import run_headway
from tests.github.fake import FakeGitHub
from tests.registry.bundled import copy_bundled_line, make_bundled_line, set_store, stored_file
from tests.registry.line import GIT, MODEL, Line

_QUIET = {**GIT, "DVC_NO_ANALYTICS": "1"}


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Line:
    return make_bundled_line(tmp_path_factory.mktemp("line"))


@pytest.fixture
def line(made_once: Line, tmp_path: Path) -> Line:
    """Two versions with real bytes, of which staging declares the second, and nothing to find."""
    return copy_bundled_line(made_once, tmp_path)


def run(line: Line, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return run_headway("audit", *arguments, folder=line.root, **_QUIET, **environment)


def found(line: Line, *arguments: str, **environment: str) -> list[dict[str, Any]]:
    done = run(line, *arguments, "--json", **environment)
    answer = json.loads(done.stdout)
    assert (0 if answer["clean"] else 1) == done.returncode, done.stderr
    return list(answer["findings"])


def codes(line: Line, *arguments: str, **environment: str) -> list[tuple[str, str]]:
    listed = [(one["code"], one["subject"]) for one in found(line, *arguments, **environment)]
    return [one for one in listed if one != ("not-checked", "the forge")]


def ask_github(line: Line, fake_github: FakeGitHub) -> dict[str, str]:
    """Serve the line's remote as acme/yolo, and return the environment of a run that may ask."""
    fake_github.add_repository("acme/yolo", line.bare)
    token = fake_github.token("github-actions[bot]", contents="write", pull_requests="read")
    return {
        "GITHUB_API_URL": fake_github.api_url,
        "GITHUB_SERVER_URL": fake_github.url,
        "GITHUB_REPOSITORY": "acme/yolo",
        "GITHUB_TOKEN": token.value,
    }


def test_nothing_is_found_where_all_is_well_and_every_byte_is_read(line: Line) -> None:
    done = run(line, "--all-bytes")
    assert 0 == done.returncode, done.stdout
    assert "2 versions, 1 echo; no findings, 1 to notice" in done.stdout
    assert "not-checked (notice)" in done.stdout
    assert f"files of {MODEL}@v1.0.0: 2" in done.stderr


def test_findings_are_listed_with_a_way_forward_in_80_columns(line: Line) -> None:
    line.git("tag", f"{MODEL}@v9.0.0")
    line.push()
    done = run(line, "--offline")
    assert 1 == done.returncode
    assert "tag-lightweight: registry tag that is not annotated" in done.stdout
    assert "way forward: " in done.stdout
    assert "not-checked (notice)" in done.stdout
    assert [] == [text for text in done.stdout.splitlines() if len(text) > 80]


def test_bytes_that_are_gone_are_found(line: Line) -> None:
    stored_file(line, "v1.0.0").unlink()
    assert [("bytes-missing", f"{MODEL}@v1.0.0")] == codes(line)


def test_a_remote_that_is_not_there_is_trouble_outside(line: Line) -> None:
    set_store(line, Path("/nowhere/at/all"))
    done = run(line)
    assert 3 == done.returncode
    assert "/nowhere/at/all does not exist" in done.stderr


@pytest.mark.parametrize("anew", [False, True])
def test_a_tag_that_was_changed_on_the_remote_since_the_last_fetch_is_found_with_its_object(
    line: Line, anew: bool
) -> None:
    name = f"{MODEL}#staging#1"
    before = line.git("rev-parse", f"refs/tags/{name}")
    line.git("push", "--quiet", "origin", f":refs/tags/{name}")
    if anew:
        elsewhere = line.bare.parent / "elsewhere"
        line.git("clone", "--quiet", str(line.bare), str(elsewhere))
        message = line.git("for-each-ref", "--format=%(contents)", f"refs/tags/{name}") + "\n"
        words = "tag", "-a", "--cleanup=verbatim", "-F", "-", name, f"{MODEL}@v1.1.0^{{commit}}"
        line.git("-C", str(elsewhere), *words, stdin=message)
        line.git("-C", str(elsewhere), "push", "--quiet", "origin", f"refs/tags/{name}")
    code = "tag-differs" if anew else "tag-lost"
    one = next(one for one in found(line) if one["code"] == code)
    assert name == one["subject"]
    assert f"had object {before}" in one["sentence"]
    assert ("has none" in one["sentence"]) is not anew
    assert [name] == [one["subject"] for one in found(line, "--offline") if one["code"] == code]
    line.git("update-ref", "-d", f"refs/headway/lost/{name}/{before}")
    assert [] == [one for one in found(line, "--offline") if one["code"] == code]


def test_a_tag_that_another_verb_followed_first_is_still_told(line: Line) -> None:
    line.git("push", "--quiet", "origin", f":refs/tags/{MODEL}#staging#1")
    run_headway("reconcile", "--dry-run", folder=line.root, **_QUIET)
    assert ("tag-lost", f"{MODEL}#staging#1") in codes(line)


def test_a_tag_that_was_deleted_is_put_back_as_the_way_forward_says(line: Line) -> None:
    name = f"{MODEL}#staging#1"
    before = line.git("rev-parse", f"refs/tags/{name}")
    line.git("push", "--quiet", "origin", f":refs/tags/{name}")
    (one,) = (one for one in found(line) if one["code"] == "tag-lost")
    assert "git push origin OBJECT:refs/tags/NAME" in one["way"]
    line.git("push", "--quiet", "origin", f"{before}:refs/tags/{name}")
    assert [] == codes(line)


def test_a_tag_that_was_deleted_and_made_again_is_not_to_be_pushed(line: Line) -> None:
    line.git("push", "--quiet", "origin", f":refs/tags/{MODEL}#staging#1")
    assert 0 == run_headway("reconcile", folder=line.root, **_QUIET).returncode
    (one,) = (one for one in found(line) if one["code"].startswith("tag-"))
    assert "tag-differs" == one["code"]
    assert "git push" not in one["way"]


def test_without_a_forge_it_says_what_is_to_be_set(line: Line) -> None:
    (one,) = (one for one in found(line) if one["code"] == "not-checked")
    assert "set GITHUB_TOKEN, and GITHUB_REPOSITORY=owner/name" in one["sentence"]
    assert "--offline" not in one["way"]


def test_an_echo_that_github_does_not_know_of_is_found(line: Line, fake_github: FakeGitHub) -> None:
    environment = ask_github(line, fake_github)
    line.branch("promotion")
    line.declare("staging", "v1.0.0")
    line.push()
    number = fake_github.open_pull("acme/yolo", "promotion", author="ada")
    at = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)
    merged = fake_github.merge("acme/yolo", number, "merge", at=at)
    line.git("checkout", "--quiet", "main")
    line.git("pull", "--quiet", "origin", "main")
    line.echo(f"{MODEL}#staging#2", merged, declared_at=at, pull_request=number, approved_by=("eve",))
    line.git("push", "--quiet", "--tags", "origin")
    answer = found(line, **environment)
    (one,) = (one for one in answer if one["subject"] == f"{MODEL}#staging#2")
    assert ("echo-forged", "the forge knows no approval by eve") == (one["code"], one["sentence"])


def test_what_was_pushed_to_the_default_branch_is_found(line: Line, fake_github: FakeGitHub) -> None:
    environment = ask_github(line, fake_github)
    commit = line.declare("staging", "v1.0.0")
    line.push()
    path = f"models/registry/staging/{MODEL}.yaml"
    assert ("no-pull-request", f"{path} in {commit[:10]}") in codes(line, **environment)


def test_a_forge_that_fails_is_trouble_outside_or_of_the_token(line: Line, fake_github: FakeGitHub) -> None:
    environment = ask_github(line, fake_github) | {"GITHUB_TOKEN": "of-nobody"}
    assert 2 == run(line, **environment).returncode


def test_an_acknowledged_finding_is_listed_with_its_reason_and_fails_nothing(line: Line) -> None:
    line.git("tag", f"{MODEL}@v9.0.0")
    entry = f"{{code: tag-lightweight, subject: {MODEL}@v9.0.0, reason: a slip}}"
    line.commit({"models/registry/acknowledged.yaml": f"schema_version: 1\nfindings: [{entry}]\n"})
    line.push()
    done = run(line, "--offline")
    assert 0 == done.returncode, done.stdout
    assert "tag-lightweight (acknowledged)" in done.stdout
    assert "acknowledged: a slip" in done.stdout


def test_nothing_is_asked_of_a_remote_offline(line: Line) -> None:
    line.git("remote", "set-url", "origin", "/nowhere/at/all")
    assert [("not-checked", "the remote")] == codes(line, "--offline")


def test_a_shallow_clone_is_refused(line: Line) -> None:
    shallow = line.bare.parent / "shallow"
    line.promote(f"{MODEL}#staging#2", "v1.0.0")
    line.push()
    line.git("clone", "--quiet", "--depth=1", f"file://{line.bare}", str(shallow))
    done = run_headway("audit", "--offline", folder=shallow, **_QUIET)
    assert 2 == done.returncode
    assert "git fetch --unshallow" in done.stderr


def test_all_bytes_and_offline_contradict_each_other(line: Line) -> None:
    assert 2 == run(line, "--offline", "--all-bytes").returncode


def test_a_tracking_server_that_is_down_is_a_notice(line: Line) -> None:
    assert [("not-checked", "MLflow")] == codes(line, MLFLOW_TRACKING_URI="http://127.0.0.1:9")


@pytest.mark.slow
def test_an_alias_that_disagrees_is_found(line: Line, tmp_path: Path) -> None:
    assert [("alias-differs", "MLflow")] == codes(line, MLFLOW_TRACKING_URI=f"sqlite:///{tmp_path / 'mlflow.db'}")


def test_text_of_the_repository_cannot_move_the_cursor(line: Line) -> None:
    path = f"models/registry/staging/{MODEL}.yaml"
    text = line.stage_file(MODEL, "v1.1.0", expedited="now").replace("expedited: now", r'expedited: "\e[2J now"')
    line.commit({path: text})
    line.push()
    shown = run(line, "--offline").stdout
    assert "[2J now" in shown
    assert "\x1b" not in shown
