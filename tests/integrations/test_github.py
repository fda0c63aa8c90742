"""The GitHub client against the fake: every request is held to GitHub's OpenAPI document."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from headway.contracts.github import Comment, CommitStatus, PullRequest
from headway.errors import HeadwayError, InputError, OutsideError
from headway.integrations.github import GitHub, Patience, read_account
from tests.acme import QUICK, REPOSITORY, RIGHTS, Acme
from tests.github.bare import commit, make_bare
from tests.github.faults import Kind
from tests.github.state import ACTIONS, Dispatch, Protection

GONE = "0" * 40
COMMENTS = "*/issues/1/comments"

Verb = Callable[[GitHub], object]


def failure(forge: GitHub, verb: Verb) -> HeadwayError:
    with pytest.raises(HeadwayError) as caught:
        verb(forge)
    return caught.value


def test_a_pull_request_is_read(acme: Acme) -> None:
    found = acme.forge().pull_request(1)

    assert (
        PullRequest(
            number=1,
            head_sha=acme.head,
            head_ref="bigger-model",
            head_repository=REPOSITORY,
            base_ref="main",
            base_sha=found.base_sha,
            base_repository=REPOSITORY,
            open=True,
            author="alice",
        )
        == found
    )


def test_the_pull_request_of_a_fork_is_found_by_its_branch(acme: Acme, tmp_path: Path) -> None:
    fork = make_bare(tmp_path / "fork.git")
    acme.github.add_repository("eve/yolo", fork, fork_of=REPOSITORY)
    commit(fork, "bigger-model", {"params.yaml": "eve"}, "Mine")
    number = acme.github.open_pull(REPOSITORY, "bigger-model", fork="eve/yolo", author="eve")

    assert [number] == [one.number for one in acme.forge().find_pull_requests("eve/yolo", "bigger-model")]
    assert acme.forge().pull_request(number).from_fork


def test_a_pull_request_is_opened(acme: Acme) -> None:
    commit(acme.bare, "drift", {"params.yaml": "drift"}, "Drift")

    opened = acme.forge().open_pull_request(head_ref="drift", base_ref="main", title="Drift", body="Found")

    assert (2, "drift", "Found") == (opened.number, opened.head_ref, acme.github.pull(REPOSITORY, 2).body)


@pytest.mark.parametrize("count", [0, 1, 35, 120, 230])
def test_comments_of_all_pages_come_oldest_first(acme: Acme, count: int) -> None:
    acme.add_comments(count)

    found = acme.forge().comments(1)

    assert [f"Thought {index}" for index in range(count)] == [comment.body for comment in found]
    assert max(1, -(-count // 100)) == len(acme.requests("GET"))


def test_a_comment_is_added_edited_and_deleted(acme: Acme) -> None:
    forge = acme.forge()

    added = forge.add_comment(1, "one")
    edited = forge.edit_comment(1, added.id, "two")

    assert Comment(added.id, ACTIONS, "two", f"{acme.github.url}/acme/yolo/pull/1#issuecomment-{added.id}") == edited
    forge.delete_comment(1, added.id)
    assert [] == acme.comments()


def test_deleting_a_comment_that_is_gone_is_no_failure(acme: Acme) -> None:
    acme.forge().delete_comment(1, 4711)


def test_a_status_is_set_and_its_description_cut(acme: Acme) -> None:
    acme.forge().set_status(acme.head, "failure", "worse " * 40, context="headway", url="https://ci.example/1")

    status = acme.github.statuses(REPOSITORY, acme.head)["headway"]
    assert ("failure", 140, "https://ci.example/1") == (status.state, len(status.description or ""), status.target_url)


def test_the_newest_status_of_each_context_is_read_from_all_pages(acme: Acme) -> None:
    forge, person = acme.forge(), acme.forge(acme.github.token("alice", statuses="write"))
    person.set_status(acme.head, "error", "by hand", context="check")
    for count in range(100):
        forge.set_status(acme.head, "pending", f"{count}", context="headway")
    forge.set_status(acme.head, "success", "Accept", context="headway")

    assert {
        "check": CommitStatus("error", "by hand", "alice"),
        "headway": CommitStatus("success", "Accept", ACTIONS),
    } == forge.statuses(acme.head)


def test_a_final_status_counts_before_a_newer_pending_one(acme: Acme) -> None:
    forge = acme.forge()
    forge.set_status(acme.head, "failure", "Reject", context="headway")
    forge.set_status(acme.head, "pending", "Looking", context="headway")

    assert {"headway": CommitStatus("failure", "Reject", ACTIONS)} == forge.statuses(acme.head, final=True)


def test_a_commit_without_a_status_has_none(acme: Acme) -> None:
    assert {} == acme.forge().statuses(acme.head)


def test_a_workflow_is_started(acme: Acme) -> None:
    commit(acme.bare, "main", {".github/workflows/check.yml": "on: workflow_dispatch"}, "Check")

    acme.forge().dispatch("check.yml", "bigger-model", {"sha": "abc"})

    assert [Dispatch("check.yml", "bigger-model", {"sha": "abc"}, ACTIONS)] == list(acme.github.dispatches(REPOSITORY))


def test_the_login_of_a_user_is_asked_for_once(acme: Acme) -> None:
    forge = acme.forge(acme.github.token("bot-of-acme", **RIGHTS))

    assert ("bot-of-acme", "bot-of-acme") == (forge.login(), forge.login())
    assert ["/user"] == acme.requests("GET")


@pytest.mark.parametrize(
    ("more", "login"), [({}, ACTIONS), ({"HEADWAY_BOT": "headway-acme[bot]"}, "headway-acme[bot]")]
)
def test_the_login_of_an_installation_is_what_the_environment_says(
    acme: Acme, more: dict[str, str], login: str
) -> None:
    assert login == GitHub(read_account(acme.environment() | more), QUICK).login()


DEMANDS = Protection(
    contexts=("headway", "tests"), strict=True, signed_commits=True, dismiss_stale_reviews=True, code_owner_review=True,
    last_push_approval=True, approvals=2,
)  # fmt: skip


@pytest.mark.parametrize("classic", [True, False])
def test_rulesets_and_classic_protection_say_the_same(acme: Acme, classic: bool) -> None:
    acme.github.protect(REPOSITORY, "main", Protection(**{**vars(DEMANDS), "classic": classic}))
    administrator = acme.github.token("owner", **RIGHTS, administration="read")

    found = acme.forge(administrator).protection("main")

    assert (("headway", "tests"), True, True) == (found.contexts, found.strict, found.complete)
    assert (True, True, True, True, True, 2) == (
        found.signed_commits, found.pull_request, found.dismiss_stale_reviews, found.code_owner_review,
        found.last_push_approval, found.approvals,
    )  # fmt: skip


def test_a_token_without_administration_sees_rulesets_alone(acme: Acme) -> None:
    acme.github.protect(REPOSITORY, "main", Protection(("headway",), merge_queue=True))

    found = acme.forge().protection("main")

    assert (("headway",), True, False) == (found.contexts, found.merge_queue, found.complete)


def test_a_branch_without_protection_demands_nothing(acme: Acme) -> None:
    administrator = acme.github.token("owner", administration="read")

    found = acme.forge(administrator).protection("main")

    assert ((), False, False, True) == (found.contexts, found.strict, found.pull_request, found.complete)


def test_variables_are_read(acme: Acme) -> None:
    acme.github.set_variables(REPOSITORY, HEADWAY_RUNNER="gpu")

    assert {"HEADWAY_RUNNER": "gpu"} == acme.forge(acme.github.token("owner", actions_variables="read")).variables()


def test_variables_that_the_token_may_not_read_are_unknown(acme: Acme) -> None:
    assert acme.forge().variables() is None


WRITES: list[tuple[str, Verb]] = [
    ("pull-requests: write", lambda forge: forge.add_comment(1, "hello")),
    ("pull-requests: write", lambda forge: forge.open_pull_request(head_ref="x", base_ref="main", title="t", body="b")),
    ("statuses: write", lambda forge: forge.set_status(GONE, "success", "fine", context="headway")),
    ("statuses: read", lambda forge: forge.statuses("main")),
    ("actions: write", lambda forge: forge.dispatch("check.yml", "main", {})),
]


@pytest.mark.parametrize(("permission", "verb"), WRITES)
def test_a_missing_permission_is_named(acme: Acme, permission: str, verb: Verb) -> None:
    error = failure(acme.forge(acme.github.token(pull_requests="read")), verb)

    assert isinstance(error, InputError)
    assert permission in error.hint


@pytest.mark.parametrize(("permission", "verb"), [WRITES[0], WRITES[2]])
def test_it_is_named_as_well_where_github_does_not_say_which(acme: Acme, permission: str, verb: Verb) -> None:
    acme.github.fail_next("forbidden")

    assert permission in failure(acme.forge(), verb).hint


def test_a_bad_token_is_input_and_stands_in_no_message(acme: Acme) -> None:
    environment = acme.environment() | {"GITHUB_TOKEN": "ghp_wrong_and_secret"}

    error = failure(GitHub(read_account(environment), QUICK), lambda forge: forge.pull_request(1))

    assert isinstance(error, InputError)
    assert "ghp_wrong_and_secret" not in f"{error.message} {error.hint} {error.__cause__!r}"


@pytest.mark.parametrize(
    ("verb", "said"),
    [
        (lambda forge: forge.pull_request(99), "404"),
        (lambda forge: forge.edit_comment(1, 4711, "text"), "404"),
        (lambda forge: forge.dispatch("gone.yml", "main", {}), "404"),
        (lambda forge: forge.add_comment(1, "x" * 65_537), "too long"),
        (lambda forge: forge.set_status(GONE, "success", "fine", context="headway"), "No commit found"),
    ],
)
def test_what_github_refuses_is_input(acme: Acme, verb: Verb, said: str) -> None:
    error = failure(acme.forge(), verb)

    assert isinstance(error, InputError)
    assert said in error.message


TROUBLE: list[Kind] = ["server error", "bad gateway", "rate limit", "secondary rate limit", "dropped"]


@pytest.mark.parametrize("kind", TROUBLE)
def test_passing_trouble_is_waited_for(acme: Acme, kind: Kind) -> None:
    acme.add_comments(1)
    acme.github.fail_next(kind, "GET", COMMENTS, times=2, retry_after_s=0)

    assert ["Thought 0"] == [comment.body for comment in acme.forge().comments(1)]


@pytest.mark.parametrize("kind", [*TROUBLE, "dropped after the effect", "hang"])
def test_a_comment_is_posted_once_whatever_happens_to_the_request(acme: Acme, kind: Kind) -> None:
    acme.github.fail_next(kind, "POST", COMMENTS, retry_after_s=0)

    added = acme.forge().add_comment(1, "The report")

    assert [(added.id, "The report")] == [(comment.id, comment.body) for comment in acme.comments()]


def test_a_pull_request_whose_answer_was_lost_is_not_opened_twice(acme: Acme) -> None:
    commit(acme.bare, "drift", {"params.yaml": "drift"}, "Drift")
    acme.github.fail_next("dropped after the effect", "POST", "*/pulls")

    opened = acme.forge().open_pull_request(head_ref="drift", base_ref="main", title="Drift", body="")

    assert ("drift", 1) == (opened.head_ref, acme.requests("POST").count("/repos/acme/yolo/pulls"))


def test_a_workflow_whose_start_is_in_doubt_is_not_started_twice(acme: Acme) -> None:
    commit(acme.bare, "main", {".github/workflows/check.yml": "on: workflow_dispatch"}, "Check")
    acme.github.fail_next("dropped after the effect", "POST", "*/dispatches")

    assert isinstance(failure(acme.forge(), lambda forge: forge.dispatch("check.yml", "main", {})), OutsideError)
    assert 1 == len(acme.github.dispatches(REPOSITORY))


@pytest.mark.parametrize("kind", TROUBLE)
def test_lasting_trouble_ends_as_trouble_outside(acme: Acme, kind: Kind) -> None:
    ticks = itertools.count()
    patience = Patience(sleep=lambda _: None, clock=lambda: next(ticks) * 10.0)
    acme.github.fail_next(kind, times=100, retry_after_s=0)

    assert isinstance(failure(acme.forge(patience=patience), lambda forge: forge.comments(1)), OutsideError)


def test_a_server_that_hangs_is_given_up(acme: Acme) -> None:
    acme.github.fail_next("hang", times=100)
    patience = Patience(first_wait_s=0.001, total_s=0, request_timeout_s=1)

    error = failure(acme.forge(patience=patience), lambda forge: forge.comments(1))

    assert isinstance(error, OutsideError)
    assert "did not answer in time" in error.message


def test_a_rate_limit_that_lasts_longer_than_patience_is_not_waited_for(acme: Acme) -> None:
    slept: list[float] = []
    acme.github.fail_next("rate limit", times=1, retry_after_s=1800)

    error = failure(acme.forge(patience=Patience(sleep=slept.append)), lambda forge: forge.comments(1))

    assert isinstance(error, OutsideError)
    assert [] == slept
    assert "18" in error.hint


def test_waits_grow_and_end_before_a_minute(acme: Acme) -> None:
    slept: list[float] = []
    acme.github.fail_next("server error", times=100)
    patience = Patience(sleep=slept.append, clock=lambda: sum(slept))

    failure(acme.forge(patience=patience), lambda forge: forge.comments(1))

    assert [1, 2, 4, 8, 16] == slept


def test_a_refused_connection_is_trouble_outside() -> None:
    environment = {"GITHUB_REPOSITORY": REPOSITORY, "GITHUB_API_URL": "http://127.0.0.1:9", "GITHUB_TOKEN": "t"}
    forge = GitHub(read_account(environment), Patience(first_wait_s=0.001, total_s=0.01))

    error = failure(forge, lambda forge: forge.comments(1))

    assert isinstance(error, OutsideError)
    assert "127.0.0.1:9 cannot be reached" in error.message


def test_tls_is_checked_against_the_named_certificates(secure_acme: Acme) -> None:
    environment = secure_acme.environment()
    del environment["REQUESTS_CA_BUNDLE"]

    assert secure_acme.head == secure_acme.forge().pull_request(1).head_sha
    trusting = environment | {"SSL_CERT_FILE": str(secure_acme.certificate)}
    assert secure_acme.head == GitHub(read_account(trusting), QUICK).pull_request(1).head_sha
    error = failure(GitHub(read_account(environment), QUICK), lambda forge: forge.pull_request(1))
    assert "REQUESTS_CA_BUNDLE" in error.hint


@contextmanager
def answering(status: int, body: str, **headers: str) -> Iterator[GitHub]:
    """Serve one answer to whatever is asked: what GitHub itself, or a proxy before it, may say at times."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body.encode())), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body.encode())

        do_POST = do_GET  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    environment = {"GITHUB_REPOSITORY": REPOSITORY, "GITHUB_API_URL": url, "GITHUB_TOKEN": "ghs_secret"}
    try:
        yield GitHub(read_account(environment), Patience(first_wait_s=0.001, total_s=0))
    finally:
        server.shutdown()
        server.server_close()


VERBS: list[Verb] = [
    lambda forge: forge.comments(1),
    lambda forge: forge.pull_request(1),
    lambda forge: forge.add_comment(1, "text"),
    lambda forge: forge.set_status(GONE, "success", "fine", context="headway"),
    lambda forge: forge.statuses(GONE),
    lambda forge: forge.protection("main"),
    lambda forge: forge.variables(),
    lambda forge: forge.login(),
]


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("body", ["<html>Please log in</html>", "["])
def test_an_answer_that_is_not_githubs_is_trouble_outside(verb: Verb, body: str) -> None:
    with answering(200, body) as forge:
        error = failure(forge, verb)

    assert isinstance(error, OutsideError)
    assert "did not answer as GitHub does" in error.message


def test_a_redirect_to_another_host_is_not_followed() -> None:
    with answering(301, "{}", Location="https://elsewhere.example/") as forge:
        assert isinstance(failure(forge, lambda forge: forge.comments(1)), OutsideError)


def test_a_locked_conversation_is_no_missing_permission() -> None:
    said = json.dumps({"message": "Unable to create comment because issue is locked."})
    with answering(403, said) as forge:
        assert "unlock the conversation" == failure(forge, lambda forge: forge.add_comment(1, "text")).hint


def test_what_github_says_becomes_one_line_without_the_token() -> None:
    said = json.dumps(
        {"message": "No\n::error::\x1b[31m ghs_secret", "errors": [{"field": "body", "code": "bad"}, "x"]}
    )
    with answering(422, said) as forge:
        error = failure(forge, lambda forge: forge.add_comment(1, "text"))

    assert "GitHub refuses to comment on pull request 1 of acme/yolo (422: No ::error::[31m ***; body bad; x)" == (
        error.message
    )


@pytest.mark.parametrize(
    ("environment", "origin", "expected"),
    [
        ({}, "https://github.com/acme/yolo.git", ("acme/yolo", "https://api.github.com", "https://github.com")),
        ({}, "git@github.com:acme/yolo.git", ("acme/yolo", "https://api.github.com", "https://github.com")),
        ({}, "ssh://git@ghe.example:22/acme/yolo", ("acme/yolo", "https://ghe.example/api/v3", "https://ghe.example")),
        ({}, "https://acme.ghe.com/acme/yolo", ("acme/yolo", "https://api.acme.ghe.com", "https://acme.ghe.com")),
        ({"GITHUB_REPOSITORY": "acme/yolo"}, None, ("acme/yolo", "https://api.github.com", "https://github.com")),
        (
            {"GITHUB_API_URL": "https://ghe.example/api/v3/", "GITHUB_SERVER_URL": "https://ghe.example"},
            "git@elsewhere:acme/yolo.git",
            ("acme/yolo", "https://ghe.example/api/v3", "https://ghe.example"),
        ),
    ],
)
def test_the_repository_is_found(
    environment: dict[str, str], origin: str | None, expected: tuple[str, str, str]
) -> None:
    account = read_account({"GITHUB_TOKEN": "t", **environment}, origin)

    assert expected == (account.repository, account.api_url, account.server_url)


@pytest.mark.parametrize(
    "origin", [None, "/srv/git/yolo.git", "file:///srv/git/yolo.git", "../yolo", "https://github.com/"]
)
def test_an_origin_that_is_no_repository_on_github_is_refused(origin: str | None) -> None:
    with pytest.raises(InputError, match="names no repository on GitHub"):
        read_account({"GITHUB_TOKEN": "t"}, origin)


@pytest.mark.parametrize(
    "environment",
    [
        {"GITHUB_TOKEN": ""},
        {"GITHUB_TOKEN": "a\nb"},
        {"GITHUB_TOKEN": "t", "GITHUB_API_URL": "http://ghe.example/api/v3"},
        {"GITHUB_TOKEN": "t", "GITHUB_API_URL": "ftp://ghe.example"},
        {"GITHUB_TOKEN": "t", "REQUESTS_CA_BUNDLE": "/does/not/exist.pem"},
    ],
)
def test_settings_that_cannot_be_used_are_input(environment: dict[str, str]) -> None:
    with pytest.raises(InputError):
        read_account({"GITHUB_REPOSITORY": REPOSITORY, **environment})


def test_the_token_of_headway_goes_first() -> None:
    environment = {"GITHUB_REPOSITORY": REPOSITORY, "GITHUB_TOKEN": "actions", "HEADWAY_TOKEN": "app"}

    assert "app" == read_account(environment).token
    assert "app" not in repr(read_account(environment))
