"""CML as Headway runs it: the stand-in and, where it is on the PATH, the real program, held to the same behaviour."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from headway.contracts.github import Comment
from headway.errors import OutsideError
from headway.integrations.cml import Cml, find_program, reaches
from headway.pull_request.comment import choice_of_cml
from tests.acme import REPOSITORY, TITLE, Acme
from tests.cml_on_path import BOTH, search_path

TIME_LIMIT_S = 60


@pytest.fixture(params=BOTH)
def cml(request: pytest.FixtureRequest, secure_acme: Acme, tmp_path: Path) -> Cml:
    return make_cml(secure_acme, search_path(tmp_path / "bin", request.param))


def make_cml(acme: Acme, path: str) -> Cml:
    environment = {"PATH": path, "NODE_EXTRA_CA_CERTS": str(acme.certificate)}
    program = find_program(environment)
    assert program is not None
    url = f"{acme.github.url}/{REPOSITORY}"
    return Cml(program, url, acme.token.value, TIME_LIMIT_S, environment)


def post(cml: Cml, acme: Acme, markdown: str = "# Accepted", title: str = TITLE) -> None:
    cml.post_report(markdown, pull_request=acme.number, title=title, sha=acme.head)


def comments_on(acme: Acme) -> list[Comment]:
    return list(acme.forge().comments(acme.number))


def test_the_first_report_is_what_headway_would_have_written(cml: Cml, secure_acme: Acme) -> None:
    post(cml, secure_acme)

    assert [secure_acme.report().body(secure_acme.head)] == secure_acme.bodies()


def test_the_next_report_takes_the_place_of_the_first(cml: Cml, secure_acme: Acme) -> None:
    post(cml, secure_acme)
    post(cml, secure_acme, "# Rejected")

    assert [secure_acme.report("# Rejected").body(secure_acme.head)] == secure_acme.bodies()


def test_a_report_that_headway_wrote_is_found(cml: Cml, secure_acme: Acme) -> None:
    secure_acme.forge().add_comment(secure_acme.number, secure_acme.report("# Old").body(secure_acme.head))

    post(cml, secure_acme)

    assert [secure_acme.report().body(secure_acme.head)] == secure_acme.bodies()


def test_reports_of_two_pipelines_are_told_apart(cml: Cml, secure_acme: Acme) -> None:
    post(cml, secure_acme, "# Cells", "headway-cells")
    post(cml, secure_acme, "# Night", "headway-cells-night")

    assert 2 == len(secure_acme.comments())


@pytest.mark.parametrize(("foreign", "left"), [(29, 1), (35, 2)])
def test_behind_thirty_comments_a_report_is_not_found_again(
    cml: Cml, secure_acme: Acme, foreign: int, left: int
) -> None:
    secure_acme.add_comments(foreign)

    for number in range(2):
        expected = choice_of_cml(comments_on(secure_acme), TITLE)
        edits = len(secure_acme.requests("PATCH"))
        post(cml, secure_acme, f"# {number}")
        assert (expected is not None) == (len(secure_acme.requests("PATCH")) > edits)

    assert left == len(secure_acme.comments())


def test_a_copied_marker_is_taken_for_its_own(cml: Cml, secure_acme: Acme) -> None:
    copied = secure_acme.report().body(secure_acme.head)
    secure_acme.github.add_comments(REPOSITORY, secure_acme.number, "eve", [copied])

    with pytest.raises(OutsideError, match="ended with 1"):
        post(cml, secure_acme, "# Rejected")

    chosen = choice_of_cml(comments_on(secure_acme), TITLE)
    assert chosen is not None
    assert [f"/repos/{REPOSITORY}/issues/comments/{chosen.id}"] == secure_acme.requests("PATCH")


@pytest.mark.parametrize("kind", ["forbidden", "unprocessable", "server error"])
def test_a_refusal_fails_at_once_without_the_token(cml: Cml, secure_acme: Acme, kind: str) -> None:
    secure_acme.github.fail_next(kind, "POST")  # type: ignore[arg-type]

    with pytest.raises(OutsideError, match="cml ended with 1") as caught:
        post(cml, secure_acme)

    assert cml.token not in caught.value.message
    assert 1 == len(secure_acme.requests("POST"))


def test_a_server_that_hangs_is_cut_off(cml: Cml, secure_acme: Acme) -> None:
    secure_acme.github.fail_next("hang", times=9)

    with pytest.raises(OutsideError, match="not done within 3 s"):
        post(replace(cml, timeout_s=3), secure_acme)


def test_a_certificate_that_is_not_trusted_fails(cml: Cml, secure_acme: Acme) -> None:
    with pytest.raises(OutsideError, match="ended with 1"):
        post(replace(cml, environment={"PATH": cml.environment["PATH"]}), secure_acme)


def test_the_settings_of_whoever_runs_it_stay_as_they_are(cml: Cml, secure_acme: Acme, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    settings = home / ".gitconfig"
    settings.write_text("[user]\n\tname = Ann\n")
    mine = {**cml.environment, "HOME": str(home), "XDG_CONFIG_HOME": str(home), "GIT_CONFIG_GLOBAL": str(settings)}

    post(replace(cml, environment=mine), secure_acme)

    assert [settings] == list(home.rglob("*"))
    assert "[user]\n\tname = Ann\n" == settings.read_text()


TELLING = """#!{python}
import json, os, sys
from pathlib import Path
Path({out!r}).write_text(json.dumps([sys.argv[1:], dict(os.environ), Path(sys.argv[-1]).read_text()]))
"""


def test_it_gets_the_token_by_environment_and_nothing_that_it_does_not_need(secure_acme: Acme, tmp_path: Path) -> None:
    program, out = tmp_path / "cml", tmp_path / "told.json"
    program.write_text(TELLING.format(python=sys.executable, out=str(out)))
    program.chmod(0o755)
    secrets = {"AWS_SECRET_ACCESS_KEY": "s", "GITHUB_EVENT_NAME": "pull_request", "CML_REPO": "r", "HOME": "/h"}
    environment = {"PATH": str(tmp_path), "https_proxy": "http://proxy", **secrets}

    post(Cml(str(program), "https://github.com/acme/yolo", "ghs_secret", 20, environment), secure_acme)

    arguments, told, text = json.loads(out.read_text())
    assert [
        "comment", "update", "--publish=false", "--watermark-title", TITLE, "--target", "pr/1",
        "--driver", "github", "--repo", "https://github.com/acme/yolo",
    ] == arguments[:-1]  # fmt: skip
    assert "# Accepted" == text
    passed = {"PATH", "HOME", "REPO_TOKEN", "GITHUB_SHA", "ITERATIVE_DO_NOT_TRACK", "https_proxy"}
    assert passed == set(told) - {"LC_CTYPE", "__CF_USER_TEXT_ENCODING"}
    assert ("ghs_secret", secure_acme.head, "1") == (
        told["REPO_TOKEN"], told["GITHUB_SHA"], told["ITERATIVE_DO_NOT_TRACK"]
    )  # fmt: skip
    assert not Path(told["HOME"]).exists()


def test_what_it_started_is_stopped_as_well(secure_acme: Acme, tmp_path: Path) -> None:
    cml = make_cml(secure_acme, search_path(tmp_path / "bin", "hanging"))

    with pytest.raises(OutsideError, match="was stopped"):
        post(replace(cml, timeout_s=2), secure_acme)

    until = time.monotonic() + 10
    while processes_of(tmp_path) and time.monotonic() < until:
        time.sleep(0.05)
    assert [] == processes_of(tmp_path)


def processes_of(folder: Path) -> list[str]:
    """Return the command lines that name something in `folder`."""
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    return [line for line in listed.splitlines() if f"{folder}/" in line]


def test_the_token_is_taken_out_of_what_it_says(secure_acme: Acme, tmp_path: Path) -> None:
    cml = make_cml(secure_acme, search_path(tmp_path / "bin", "failing"))

    with pytest.raises(OutsideError, match=r"Server Error, token \*\*\*"):
        post(cml, secure_acme)


def test_a_program_that_cannot_be_started_is_trouble_outside(secure_acme: Acme, tmp_path: Path) -> None:
    program = tmp_path / "cml"
    program.write_bytes(b"\x00no program")
    program.chmod(0o755)

    with pytest.raises(OutsideError, match="cannot be started"):
        post(Cml(str(program), "https://github.com/acme/yolo", "t", 5, {"PATH": os.defpath}), secure_acme)


def test_where_it_is_not_installed_there_is_no_program(tmp_path: Path) -> None:
    assert find_program({"PATH": str(tmp_path)}) is None


@pytest.mark.parametrize(
    ("repository_url", "api_url", "expected"),
    [
        ("https://github.com/acme/yolo", "https://api.github.com", True),
        ("https://ghe.example:8443/acme/yolo", "https://ghe.example:8443/api/v3", True),
        ("https://acme.ghe.com/acme/yolo", "https://api.acme.ghe.com", False),
        ("http://127.0.0.1:80/acme/yolo", "http://127.0.0.1:80/api/v3", False),
        ("https://github.com/acme/yolo", "https://proxy.example/github", False),
    ],
)
def test_whether_it_reaches_an_api_is_known_beforehand(repository_url: str, api_url: str, expected: bool) -> None:
    assert expected == reaches(repository_url, api_url)
