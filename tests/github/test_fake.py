"""The fake itself: contract, rights, pages, rules, faults, Git over HTTP."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.github import repository as git
from tests.github.answers import Answers
from tests.github.bare import commit, make_bare
from tests.github.contract import Contract
from tests.github.fake import FakeGitHub
from tests.github.server import serve
from tests.github.state import ACTIONS, Protection, Token

REPO = "acme/yolo"
WRITER = {"issues": "write", "pull_requests": "write", "statuses": "write", "contents": "write", "actions": "write"}


@dataclass(frozen=True)
class Reply:
    """What came back."""

    status: int
    body: Any
    headers: Mapping[str, str]


def ask(
    fake: FakeGitHub, token: Token | None, method: str, path: str, body: Any = None, timeout_s: float = 10
) -> Reply:
    """Send one request to the API."""
    request = urllib.request.Request(fake.api_url + path, method=method)
    request.add_header("Content-Type", "application/json")
    if token is not None:
        request.add_header("Authorization", f"Bearer {token.value}")
    content = None if body is None else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(request, content, timeout=timeout_s) as answer:
            sent = answer.read()
            return Reply(answer.status, json.loads(sent) if sent else None, dict(answer.headers))
    except urllib.error.HTTPError as error:
        return Reply(error.code, json.loads(error.read()), dict(error.headers))


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A repository with a branch "more" one commit ahead of main."""
    path = make_bare(tmp_path / "yolo.git", {"params.yaml": "epochs: 1\n", ".github/workflows/check.yml": "on: push\n"})
    commit(path, "more", {"params.yaml": "epochs: 2\n"}, "More epochs")
    return path


@pytest.fixture
def github(fake_github: FakeGitHub, bare: Path) -> FakeGitHub:
    """The fake with that repository and pull request 1 of branch "more"."""
    fake_github.add_repository(REPO, bare)
    fake_github.open_pull(REPO, "more")
    return fake_github


@pytest.fixture
def token(github: FakeGitHub) -> Token:
    return github.token(ACTIONS, **WRITER)  # type: ignore[arg-type]


def test_pull_request_names_the_commits_of_its_branches(github: FakeGitHub, token: Token, bare: Path) -> None:
    pull = ask(github, token, "GET", f"/repos/{REPO}/pulls/1").body
    assert git.branches(bare) == {"main": pull["base"]["sha"], "more": pull["head"]["sha"]}


def test_pull_request_moves_with_its_branch(github: FakeGitHub, token: Token, bare: Path) -> None:
    made = commit(bare, "more", {"params.yaml": "epochs: 3\n"}, "Even more")
    assert made == ask(github, token, "GET", f"/repos/{REPO}/pulls/1").body["head"]["sha"]


@pytest.mark.parametrize(
    "path",
    [
        "/user",
        "/users/bob",
        f"/repos/{REPO}",
        f"/repos/{REPO}/pulls?head=acme:more",
        f"/repos/{REPO}/issues/1",
        f"/repos/{REPO}/branches/main",
        f"/repos/{REPO}/branches/main/protection",
        f"/repos/{REPO}/rules/branches/more",
        f"/repos/{REPO}/commits/more",
        f"/repos/{REPO}/commits/more/status",
        f"/repos/{REPO}/commits/more/statuses",
        f"/repos/{REPO}/commits/more/check-runs",
        f"/repos/{REPO}/actions/variables",
        f"/repos/{REPO}/actions/variables/RUNNER",
        f"/repos/{REPO}/actions/workflows",
        f"/repos/{REPO}/actions/workflows/check.yml",
    ],
)
def test_every_answer_keeps_the_contract(github: FakeGitHub, path: str) -> None:
    everything = {"administration", "actions", "actions_variables", "checks", *WRITER}
    maintainer = github.token("alice", **dict.fromkeys(everything, "write"))  # type: ignore[arg-type]
    github.protect(REPO, "main", Protection(("headway",), strict=True, classic=True))
    github.protect(REPO, "more", Protection(("headway",), merge_queue=True, signed_commits=True))
    github.set_variables(REPO, RUNNER="gpu")
    assert 200 == ask(github, maintainer, "GET", path).status


def test_check_run_is_kept_with_its_commit(github: FakeGitHub) -> None:
    checker = github.token(ACTIONS, checks="write")
    sent = {"name": "check", "head_sha": github.head(REPO, 1), "status": "completed", "conclusion": "success"}
    assert 201 == ask(github, checker, "POST", f"/repos/{REPO}/check-runs", sent).status
    assert ["check"] == [
        check["name"]
        for check in ask(github, checker, "GET", f"/repos/{REPO}/commits/more/check-runs").body["check_runs"]
    ]


def test_request_that_breaks_the_contract_is_refused_and_remembered(github: FakeGitHub, token: Token) -> None:
    reply = ask(github, token, "POST", f"/repos/{REPO}/issues/1/comments", {"text": "no body"})
    assert 422 == reply.status
    (violation,) = github.violations
    assert "'body' is a required property" in violation
    github.violations.clear()


def test_unknown_operation_is_a_violation(github: FakeGitHub, token: Token) -> None:
    ask(github, token, "GET", f"/repos/{REPO}/stargazers")
    assert 1 == len(github.violations)
    github.violations.clear()


def test_answer_that_breaks_the_contract_is_remembered(
    github: FakeGitHub, token: Token, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Answers, "comment", lambda *_: {"id": 1, "body": "thin"})
    ask(github, token, "POST", f"/repos/{REPO}/issues/1/comments", {"body": "hello"})
    (violation,) = github.violations
    assert "node_id" in violation
    github.violations.clear()


def test_pages_lead_to_every_comment(github: FakeGitHub, token: Token) -> None:
    github.add_comments(REPO, 1, "bob", [f"comment {number}" for number in range(65)])
    found, path = [], f"/repos/{REPO}/issues/1/comments"
    while path:
        reply = ask(github, token, "GET", path)
        found += [comment["body"] for comment in reply.body]
        following = re.search(r'<([^>]*)>; rel="next"', reply.headers.get("Link", ""))
        path = following[1].removeprefix(github.api_url) if following else ""
    assert [f"comment {number}" for number in range(65)] == found


def test_page_holds_at_most_a_hundred(github: FakeGitHub, token: Token) -> None:
    github.add_comments(REPO, 1, "bob", ["again"] * 120)
    assert 100 == len(ask(github, token, "GET", f"/repos/{REPO}/issues/1/comments?per_page=500").body)


def test_missing_permission_is_named(github: FakeGitHub) -> None:
    reader = github.token(ACTIONS, pull_requests="read", issues="read")
    reply = ask(github, reader, "POST", f"/repos/{REPO}/issues/1/comments", {"body": "hello"})
    assert (403, "issues=write; pull_requests=write") == (reply.status, reply.headers["X-Accepted-GitHub-Permissions"])


@pytest.mark.parametrize(("login", "status"), [(ACTIONS, 403), ("headway[bot]", 403), ("alice", 200)])
def test_only_a_person_may_ask_who_they_are(github: FakeGitHub, login: str, status: int) -> None:
    assert status == ask(github, github.token(login), "GET", "/user").status


def test_unknown_token_is_refused(github: FakeGitHub) -> None:
    assert 401 == ask(github, Token("ghs_wrong", ACTIONS, {}), "GET", f"/repos/{REPO}").status


@pytest.mark.parametrize(("method", "body"), [("PATCH", {"body": "changed"}), ("DELETE", None)])
def test_comment_of_another_author_stays(github: FakeGitHub, token: Token, method: str, body: Any) -> None:
    github.add_comments(REPO, 1, "bob", ["mine"])
    (comment,) = github.comments(REPO, 1)
    assert 403 == ask(github, token, method, f"/repos/{REPO}/issues/comments/{comment.id}", body).status
    assert ["mine"] == [comment.body for comment in github.comments(REPO, 1)]


def test_own_comment_is_edited_and_deleted(github: FakeGitHub, token: Token) -> None:
    made = ask(github, token, "POST", f"/repos/{REPO}/issues/1/comments", {"body": "first"}).body
    path = f"/repos/{REPO}/issues/comments/{made['id']}"
    ask(github, token, "PATCH", path, {"body": "second"})
    assert "second" == ask(github, token, "GET", path).body["body"]
    assert 204 == ask(github, token, "DELETE", path).status
    assert [] == github.comments(REPO, 1)


def test_too_long_a_comment_is_refused(github: FakeGitHub, token: Token) -> None:
    assert 422 == ask(github, token, "POST", f"/repos/{REPO}/issues/1/comments", {"body": "x" * 65_537}).status


@pytest.mark.parametrize(
    ("change", "status"),
    [({}, 201), ({"description": "x" * 141}, 422), ({"state": "green"}, 422)],
)
def test_status_is_checked(github: FakeGitHub, token: Token, change: dict[str, str], status: int) -> None:
    sent = {"state": "success", "context": "headway"} | change
    assert status == ask(github, token, "POST", f"/repos/{REPO}/statuses/{github.head(REPO, 1)}", sent).status
    github.violations.clear()


def test_newest_status_of_a_context_counts(github: FakeGitHub, token: Token) -> None:
    sha = github.head(REPO, 1)
    for state in ("pending", "failure", "success"):
        ask(github, token, "POST", f"/repos/{REPO}/statuses/{sha}", {"state": state, "context": "headway"})
    combined = ask(github, token, "GET", f"/repos/{REPO}/commits/{sha}/status").body
    assert ("success", 1) == (combined["state"], combined["total_count"])


def test_dispatch_is_kept(github: FakeGitHub, token: Token) -> None:
    path = f"/repos/{REPO}/actions/workflows/check.yml/dispatches"
    assert 204 == ask(github, token, "POST", path, {"ref": "more", "inputs": {"sha": "abc"}}).status
    (made,) = github.dispatches(REPO)
    assert ("check.yml", "more", {"sha": "abc"}) == (made.workflow, made.ref, made.inputs)


@pytest.mark.parametrize("path", ["actions/workflows/none.yml/dispatches", "actions/workflows/1/dispatches"])
def test_unknown_workflow_is_not_found(github: FakeGitHub, token: Token, path: str) -> None:
    assert 404 == ask(github, token, "POST", f"/repos/{REPO}/{path}", {"ref": "more"}).status


def test_pull_request_is_opened_once(github: FakeGitHub, token: Token, bare: Path) -> None:
    commit(bare, "other", {"params.yaml": "epochs: 5\n"}, "Other")
    sent = {"title": "Other", "head": "other", "base": "main"}
    assert [201, 422] == [ask(github, token, "POST", f"/repos/{REPO}/pulls", sent).status for _ in range(2)]


def test_pull_requests_of_a_commit(github: FakeGitHub, token: Token) -> None:
    reply = ask(github, token, "GET", f"/repos/{REPO}/commits/{github.head(REPO, 1)}/pulls")
    assert [1] == [pull["number"] for pull in reply.body]


def test_protection_waits_for_its_context(github: FakeGitHub, token: Token) -> None:
    github.protect(REPO, "main", Protection(("headway",)))
    assert (False, ["headway is expected"]) == github.mergeable(REPO, 1)
    sha = github.head(REPO, 1)
    ask(github, token, "POST", f"/repos/{REPO}/statuses/{sha}", {"state": "failure", "context": "headway"})
    assert (False, ["headway is failure"]) == github.mergeable(REPO, 1)
    ask(github, token, "POST", f"/repos/{REPO}/statuses/{sha}", {"state": "success", "context": "headway"})
    assert (True, []) == github.mergeable(REPO, 1)


def test_strict_protection_wants_the_base_merged(github: FakeGitHub, bare: Path) -> None:
    github.protect(REPO, "main", Protection(strict=True))
    commit(bare, "main", {"README.md": "Moved on.\n"}, "Moved on")
    assert (False, ["its branch is not up to date with main"]) == github.mergeable(REPO, 1)


def test_conflict_is_no_merge(github: FakeGitHub, bare: Path) -> None:
    commit(bare, "main", {"params.yaml": "epochs: 9\n"}, "Another number")
    assert (False, ["it conflicts with main"]) == github.mergeable(REPO, 1)


def test_merge_brings_the_branch_in(github: FakeGitHub, bare: Path) -> None:
    made = github.merge(REPO, 1)
    assert made == git.branches(bare)["main"]
    assert "epochs: 2" == git.read(bare, "show", "main:params.yaml")


def test_head_of_a_fork_can_be_fetched_from_the_base(
    github: FakeGitHub, token: Token, bare: Path, tmp_path: Path
) -> None:
    subprocess.run(["git", "clone", "--quiet", "--bare", str(bare), str(tmp_path / "fork.git")], check=True)
    made = commit(tmp_path / "fork.git", "more", {"params.yaml": "epochs: 7\n"}, "From a fork")
    github.add_repository("mallory/yolo", tmp_path / "fork.git", fork_of=REPO)
    number = github.open_pull(REPO, "more", fork="mallory/yolo", author="mallory")
    assert made == git.read(bare, "rev-parse", f"refs/pull/{number}/head")
    pull = ask(github, token, "GET", f"/repos/{REPO}/pulls/{number}").body
    assert ("mallory/yolo", REPO) == (pull["head"]["repo"]["full_name"], pull["base"]["repo"]["full_name"])


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("forbidden", 403),
        ("unprocessable", 422),
        ("server error", 500),
        ("bad gateway", 502),
        ("rate limit", 403),
        ("secondary rate limit", 429),
    ],
)
def test_ordered_fault_comes_as_often_as_ordered(github: FakeGitHub, token: Token, kind: Any, status: int) -> None:
    github.fail_next(kind, "GET", "*/pulls/*", times=2)
    answers = [ask(github, token, "GET", f"/repos/{REPO}/pulls/1").status for _ in range(3)]
    assert [status, status, 200] == answers


def test_dropped_connection_may_leave_its_effect(github: FakeGitHub, token: Token) -> None:
    for kind in ("dropped", "dropped after the effect"):
        github.fail_next(kind, "POST")
        with pytest.raises((ConnectionError, urllib.error.URLError)):
            ask(github, token, "POST", f"/repos/{REPO}/issues/1/comments", {"body": kind})
    assert ["dropped after the effect"] == [comment.body for comment in github.comments(REPO, 1)]


def test_hanging_answer_holds_nobody_else_up(github: FakeGitHub, token: Token) -> None:
    github.fail_next("hang", "GET", "*/pulls/1")
    with pytest.raises(TimeoutError):
        ask(github, token, "GET", f"/repos/{REPO}/pulls/1", timeout_s=0.2)
    assert 200 == ask(github, token, "GET", f"/repos/{REPO}/pulls/1").status


def clone(github: FakeGitHub, token: Token, folder: Path) -> Path:
    address = github.url.replace("://", f"://x-access-token:{token.value}@")
    run(folder.parent, "clone", "--quiet", f"{address}/{REPO}.git", str(folder))
    run(folder, "checkout", "--quiet", "more")
    return folder


def run(folder: Path, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    name = ["-c", "user.name=Test", "-c", "user.email=test@example.org"]
    environment = git.IDENTITY | {"PATH": str(Path("/usr/bin")), "HOME": str(folder), "GIT_TERMINAL_PROMPT": "0"}
    return subprocess.run(
        ["git", *name, *arguments], cwd=folder, check=check, capture_output=True, text=True, env=environment
    )


def change(folder: Path, name: str) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("changed\n")
    run(folder, "add", "--all")
    run(folder, "commit", "--quiet", "--message", "Change")


@pytest.mark.parametrize(
    ("login", "expected"),
    [
        (ACTIONS, [("pull_request", "waiting for approval")]),
        ("headway[bot]", [("push", "started"), ("pull_request", "started")]),
        ("alice", [("push", "started"), ("pull_request", "started")]),
    ],
)
def test_who_pushes_decides_what_runs(
    github: FakeGitHub, tmp_path: Path, login: str, expected: list[tuple[str, str]]
) -> None:
    before = len(github.runs(REPO))
    folder = clone(github, github.token(login, contents="write"), tmp_path / "clone")
    change(folder, "reports/verdict.json")
    run(folder, "push", "--quiet", "origin", "more")
    assert expected == [(run.event, run.state) for run in github.runs(REPO)[before:]]


def test_reader_cannot_push(github: FakeGitHub, tmp_path: Path) -> None:
    folder = clone(github, github.token(ACTIONS, contents="read"), tmp_path / "clone")
    change(folder, "reports/verdict.json")
    assert 0 != run(folder, "push", "origin", "more", check=False).returncode


def test_actions_token_cannot_push_a_workflow(github: FakeGitHub, tmp_path: Path) -> None:
    folder = clone(github, github.token(ACTIONS, contents="write"), tmp_path / "clone")
    change(folder, ".github/workflows/evil.yml")
    assert "without `workflows` permission" in run(folder, "push", "origin", "more", check=False).stderr


def test_actions_token_pushes_workflows_that_the_base_brought(github: FakeGitHub, bare: Path, tmp_path: Path) -> None:
    commit(bare, "main", {".github/workflows/check.yml": "on: pull_request\n"}, "Newer workflow")
    folder = clone(github, github.token(ACTIONS, contents="write"), tmp_path / "clone")
    run(folder, "merge", "--quiet", "origin/main")
    assert 0 == run(folder, "push", "origin", "more", check=False).returncode


def test_protected_branch_takes_no_push(github: FakeGitHub, tmp_path: Path) -> None:
    github.protect(REPO, "more", Protection(("headway",)))
    folder = clone(github, github.token(ACTIONS, contents="write"), tmp_path / "clone")
    change(folder, "reports/verdict.json")
    assert "Protected branch" in run(folder, "push", "origin", "more", check=False).stderr


def test_closed_server_answers_no_more(github_contract: Contract) -> None:
    with serve(github_contract) as fake:
        port = int(fake.url.rsplit(":", 1)[1])
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=1)
