"""`headway comment` as a workflow runs it, with CML absent, working, failing and hanging."""

from __future__ import annotations

import json
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from headway.errors import INPUT, YES
from tests.acme import REPOSITORY, TITLE, Acme
from tests.cli.command import run_headway
from tests.cml_on_path import BOTH, search_path

NOT_SET = ("GITHUB_EVENT_NAME", "GITHUB_EVENT_PATH", "HEADWAY_TOKEN", "HEADWAY_BOT", "GITHUB_BASE_REF")

both = pytest.mark.parametrize("kind", BOTH)


@dataclass
class Checkout:
    """A clone of the pull request's branch, and a PATH with one kind of `cml` or none."""

    acme: Acme
    folder: Path
    search_path: str

    def run(self, *arguments: str, report: str = "# Accepted", **environment: str) -> subprocess.CompletedProcess[str]:
        """Run the verb on a report with this text."""
        file = self.folder.parent / f"report-{abs(hash(report))}.md"
        file.write_text(report, encoding="utf-8")
        clean = dict.fromkeys(NOT_SET, "") | self.acme.environment() | {"PATH": self.search_path}
        return run_headway("comment", str(file), *arguments, folder=self.folder, **{**clean, **environment})

    def comment(self, *arguments: str, report: str = "# Accepted") -> dict[str, Any]:
        """Run the verb, which must succeed, and return its JSON."""
        ended = self.run("--pr", str(self.acme.number), "--json", *arguments, report=report)
        assert YES == ended.returncode, ended.stderr
        content: dict[str, Any] = json.loads(ended.stdout)
        return content

    def body(self, markdown: str = "# Accepted", title: str = TITLE) -> str:
        return self.acme.report(markdown, title=title).body(self.acme.head)


def check_out(acme: Acme, tmp_path: Path, cml: str | None = None) -> Checkout:
    folder = tmp_path / "checkout"
    command = ["git", "clone", "--quiet", "--branch", "bigger-model", str(acme.bare), str(folder)]
    subprocess.run(command, check=True)
    (folder / "params.yaml").write_text("model: cells\n")
    return Checkout(acme, folder, search_path(tmp_path / "bin", cml))


@both
@pytest.mark.parametrize("foreign", [0, 35, 120])
def test_with_cml_two_reports_leave_one(kind: str, foreign: int, secure_acme: Acme, tmp_path: Path) -> None:
    secure_acme.add_comments(foreign)
    checkout = check_out(secure_acme, tmp_path, kind)

    first = checkout.comment(report="# Rejected")
    second = checkout.comment()

    assert [checkout.body()] == secure_acme.bodies()
    assert first["comment_id"] == second["comment_id"] == secure_acme.comments()[0].id
    # Behind its first page CML would not find the report and post another.
    assert ("cml", "cml" if foreign < 30 else "headway") == (first["posted_by"], second["posted_by"])


@both
def test_duplicates_that_cml_alone_left_are_removed(kind: str, secure_acme: Acme, tmp_path: Path) -> None:
    secure_acme.add_comments(35)
    checkout = check_out(secure_acme, tmp_path, kind)
    for number in range(3):
        run_cml(checkout, f"# Report {number}")
    assert 3 == len(secure_acme.comments())

    outcome = checkout.comment()

    assert [checkout.body()] == secure_acme.bodies()
    assert 2 == len(outcome["deleted"])


def run_cml(checkout: Checkout, markdown: str) -> None:
    """Run `cml comment update` as a workflow without Headway would."""
    report, home = checkout.folder.parent / "plain.md", checkout.folder.parent / "home"
    report.write_text(markdown)
    home.mkdir(exist_ok=True)
    environment = checkout.acme.environment() | {
        "PATH": checkout.search_path,
        "HOME": str(home),
        "ITERATIVE_DO_NOT_TRACK": "1",
    }
    subprocess.run(
        [
            f"{checkout.search_path}/cml", "comment", "update", "--publish=false", "--watermark-title", TITLE,
            "--target", "pr/1", "--driver", "github", "--repo", f"{checkout.acme.github.url}/{REPOSITORY}", str(report),
        ],
        cwd=checkout.folder, env=environment, check=True, capture_output=True,
    )  # fmt: skip


@both
def test_with_cml_two_runs_at_once_leave_one(kind: str, secure_acme: Acme, tmp_path: Path) -> None:
    checkout = check_out(secure_acme, tmp_path, kind)

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(lambda _: checkout.comment(), range(2)))

    assert [checkout.body()] == secure_acme.bodies()
    assert secure_acme.comments()[0].id in {outcome["comment_id"] for outcome in outcomes}


@both
def test_with_cml_a_copied_marker_of_somebody_else_stays(kind: str, secure_acme: Acme, tmp_path: Path) -> None:
    checkout = check_out(secure_acme, tmp_path, kind)
    secure_acme.github.add_comments(REPOSITORY, secure_acme.number, "eve", [checkout.body("# Eve's")])

    outcome = checkout.comment()

    assert ("headway", [checkout.body()]) == (outcome["posted_by"], secure_acme.bodies())
    assert [] == secure_acme.requests("PATCH")


@both
def test_with_cml_a_report_on_an_older_commit_says_so(kind: str, secure_acme: Acme, tmp_path: Path) -> None:
    checkout = check_out(secure_acme, tmp_path, kind)
    judged = secure_acme.report()
    secure_acme.push("second")

    outcome = checkout.comment()

    assert ("cml", True) == (outcome["posted_by"], outcome["stale"])
    assert [judged.body(secure_acme.head)] == secure_acme.bodies()


@pytest.mark.parametrize(
    ("mode", "posted_by"),
    [("failing", "headway"), ("failing afterwards", "cml"), ("hanging", "headway"), ("hanging afterwards", "cml")],
)
def test_a_cml_that_fails_or_hangs_costs_a_warning(
    mode: str, posted_by: str, secure_acme: Acme, tmp_path: Path
) -> None:
    checkout = check_out(secure_acme, tmp_path, mode)

    ended = checkout.run("--pr", "1", "--json", "--cml-timeout", "3")

    assert (YES, posted_by) == (ended.returncode, json.loads(ended.stdout)["posted_by"])
    assert "warning: cml" in ended.stderr
    assert secure_acme.token.value not in ended.stderr + ended.stdout
    assert [checkout.body()] == secure_acme.bodies()


def test_without_cml_headway_posts_and_says_so(acme: Acme, tmp_path: Path) -> None:
    checkout = check_out(acme, tmp_path)

    ended = checkout.run("--pr", "1", "--json")

    comment = acme.comments()[0]
    assert {
        "comment_id": comment.id,
        "url": f"{acme.github.url}/acme/yolo/pull/1#issuecomment-{comment.id}",
        "posted_by": "headway",
        "deleted": [],
        "stale": False,
    } == json.loads(ended.stdout)
    assert "cml is not installed" in ended.stderr
    assert checkout.body() == comment.body


def test_a_cml_that_would_call_another_api_is_not_asked(acme: Acme, tmp_path: Path) -> None:
    ended = check_out(acme, tmp_path, "failing").run("--pr", "1")

    assert YES == ended.returncode
    assert f"cml cannot be told to call {acme.github.api_url}" in ended.stderr
    assert f"{acme.github.url}/acme/yolo/pull/1#issuecomment-{acme.comments()[0].id}\n" == ended.stdout


def test_the_pull_request_is_that_of_the_event(acme: Acme, tmp_path: Path) -> None:
    checkout = check_out(acme, tmp_path)
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"pull_request": {"number": acme.number}}))

    ended = checkout.run(GITHUB_EVENT_NAME="pull_request", GITHUB_EVENT_PATH=str(event))

    assert (YES, [checkout.body()]) == (ended.returncode, acme.bodies())


def test_only_existing_makes_none(acme: Acme, tmp_path: Path) -> None:
    ended = check_out(acme, tmp_path).run("--pr", "1", "--only-existing")

    assert (YES, "pull request 1 has no report, and none was made\n") == (ended.returncode, ended.stdout)
    assert [] == acme.comments()


def test_a_commit_that_is_named_in_full_need_not_be_here(acme: Acme, tmp_path: Path) -> None:
    outcome = check_out(acme, tmp_path).comment("--sha", "c" * 40, "--title", "headway-other")

    assert outcome["stale"]
    assert [acme.report(title="headway-other", sha="c" * 40).body(acme.head)] == acme.bodies()


def test_a_passing_failure_of_github_is_waited_for(acme: Acme, tmp_path: Path) -> None:
    acme.github.fail_next("server error", "POST")

    check_out(acme, tmp_path).comment()

    assert 1 == len(acme.comments())


def test_a_missing_permission_is_named(acme: Acme, tmp_path: Path) -> None:
    token = acme.github.token(pull_requests="read")

    ended = check_out(acme, tmp_path).run("--pr", "1", GITHUB_TOKEN=token.value)

    assert INPUT == ended.returncode
    assert "error: the token may not comment on pull request 1 of acme/yolo (403:" in ended.stderr
    assert "pull-requests: write" in ended.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("arguments", "report", "said"),
    [
        ([], "# Accepted", "it is not known which pull request is meant"),
        (["--pr", "1"], " \n", "is empty"),
        (["--pr", "1"], "x" * 65_536, "GitHub takes 65,536"),
        (["--pr", "1", "--title", "a_b"], "# Accepted", "'a_b' is no title"),
        (["--pr", "1", "--sha", "--all"], "# Accepted", "names no commit"),
        (["--pr", "9"], "# Accepted", "cannot read pull request 9"),
    ],
)
def test_what_cannot_be_posted_is_input(
    arguments: list[str], report: str, said: str, acme: Acme, tmp_path: Path
) -> None:
    ended = check_out(acme, tmp_path).run(*arguments, report=report)

    assert INPUT == ended.returncode
    assert said in ended.stderr
    assert [] == acme.comments()


def test_without_a_token_it_says_how_to_get_one(acme: Acme, tmp_path: Path) -> None:
    ended = check_out(acme, tmp_path).run("--pr", "1", GITHUB_TOKEN="")

    assert INPUT == ended.returncode
    assert "HEADWAY_TOKEN" in ended.stderr


def test_the_repository_of_a_laptop_is_that_of_origin(acme: Acme, tmp_path: Path) -> None:
    checkout = check_out(acme, tmp_path)
    subprocess.run(
        ["git", "-C", str(checkout.folder), "remote", "set-url", "origin", "git@github.com:acme/yolo.git"], check=True
    )

    ended = checkout.run("--pr", "1", GITHUB_REPOSITORY="")

    assert (YES, 1) == (ended.returncode, len(acme.comments()))
