"""What the client reads of promotions, against the fake: every request is held to GitHub's OpenAPI document."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime
from typing import Any

import pytest

from headway.contracts.github import Environment, MergedPullRequest, Ruleset
from tests.acme import REPOSITORY, Acme
from tests.github import repository as git
from tests.github.bare import commit
from tests.github.fake import Method

MERGED_AT = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
BEFORE = datetime(2026, 3, 4, 5, 6, 6, tzinfo=UTC)
AFTER = datetime(2026, 3, 4, 5, 6, 8, tzinfo=UTC)


def tag_ruleset(**more: Any) -> dict[str, Any]:
    return {
        "name": "registry tags",
        "target": "tag",
        "enforcement": "active",
        "conditions": {"ref_name": {"include": ["refs/tags/*@v*"], "exclude": []}},
        "rules": [{"type": "deletion"}, {"type": "update"}],
        "bypass_actors": [],
        **more,
    }


@pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
def test_the_pull_request_of_a_merge_is_found(acme: Acme, method: Method) -> None:
    acme.push("second")
    commit(acme.bare, "main", {"README.md": "Meanwhile\n"}, "Meanwhile")
    acme.github.review(REPOSITORY, 1, "bob", at=BEFORE)
    made = acme.github.merge(REPOSITORY, 1, method, by="carol", at=MERGED_AT)

    url = f"{acme.github.url}/acme/yolo/pull/1"
    assert MergedPullRequest(1, MERGED_AT, "alice", "carol", ("bob",), url) == acme.forge().merged_pull_request(made)


def test_every_commit_of_a_rebase_came_with_its_pull_request(acme: Acme) -> None:
    acme.push("second")
    commit(acme.bare, "main", {"README.md": "Meanwhile\n"}, "Meanwhile")
    made = acme.github.merge(REPOSITORY, 1, "rebase")

    found = acme.forge().merged_pull_request(git.read(acme.bare, "rev-parse", f"{made}~1"))
    assert 1 == (found and found.number)


def test_a_commit_that_was_pushed_has_no_pull_request(acme: Acme) -> None:
    assert acme.forge().merged_pull_request(commit(acme.bare, "main", {"README.md": "By hand\n"}, "By hand")) is None


def test_a_pull_request_that_is_open_brought_nothing(acme: Acme) -> None:
    assert acme.forge().merged_pull_request(acme.head) is None


def test_a_merge_into_another_branch_brought_nothing_to_the_default_branch(acme: Acme) -> None:
    commit(acme.bare, "release", {"README.md": "Release\n"}, "Release")
    commit(acme.bare, "fix", {"README.md": "Fixed\n"}, "Fix", parent="release")
    made = acme.github.merge(REPOSITORY, acme.github.open_pull(REPOSITORY, "fix", base_ref="release"))

    assert acme.forge().merged_pull_request(made) is None


def test_the_first_merge_brought_what_a_later_pull_request_has_as_well(acme: Acme) -> None:
    first = acme.head
    commit(acme.bare, "stacked", {"README.md": "On top\n"}, "On top", parent="bigger-model")
    stacked = acme.github.open_pull(REPOSITORY, "stacked")
    acme.github.merge(REPOSITORY, 1, at=MERGED_AT)
    acme.github.merge(REPOSITORY, stacked, at=AFTER)
    acme.github.pull(REPOSITORY, stacked).commits |= {first}

    found = acme.forge().merged_pull_request(first)
    assert 1 == (found and found.number)


def test_approvals_are_of_the_head_as_it_is(acme: Acme) -> None:
    acme.github.review(REPOSITORY, 1, "bob")
    acme.push("second")
    acme.github.review(REPOSITORY, 1, "carol")

    assert ("carol",) == acme.forge().approvals(1)


@pytest.mark.parametrize(
    ("later", "expected"),
    [("CHANGES_REQUESTED", ()), ("COMMENTED", ("bob",)), ("APPROVED", ("bob",)), ("PENDING", ("bob",))],
)
def test_what_somebody_says_later_counts(acme: Acme, later: Any, expected: tuple[str, ...]) -> None:
    acme.github.review(REPOSITORY, 1, "bob")
    acme.github.review(REPOSITORY, 1, "bob", later)

    assert expected == acme.forge().approvals(1)


def test_a_dismissed_approval_takes_the_earlier_one_with_it(acme: Acme) -> None:
    acme.github.review(REPOSITORY, 1, "bob")
    acme.github.review(REPOSITORY, 1, "bob")
    acme.github.dismiss(REPOSITORY, 1, "bob")

    assert () == acme.forge().approvals(1)


def test_authors_strangers_and_apps_approve_nothing(acme: Acme) -> None:
    acme.github.repositories[REPOSITORY].strangers.add("mallory")
    for login in ("alice", "mallory", "helpful[bot]"):
        acme.github.review(REPOSITORY, 1, login)

    assert () == acme.forge().approvals(1)


@pytest.mark.parametrize("people", [("bob", "dave"), ("dave", "bob")])
def test_who_wrote_or_committed_any_of_it_approves_nothing(acme: Acme, people: tuple[str, str]) -> None:
    acme.push_of(*people)
    acme.push("third")
    for login in ("bob", "carol"):
        acme.github.review(REPOSITORY, 1, login)

    assert ("carol",) == acme.forge().approvals(1)


def test_nothing_approves_more_commits_than_github_names(acme: Acme) -> None:
    one = "commit refs/heads/bigger-model\ncommitter Bob <bob@example.org> 1 +0000\ndata 1\nx\n"
    stream = one + "from refs/heads/bigger-model^0\n" + one * 249
    subprocess.run(["git", "fast-import", "--quiet"], cwd=acme.bare, input=stream, text=True, check=True)
    acme.github.review(REPOSITORY, 1, "carol")

    assert () == acme.forge().approvals(1)


def test_approvals_of_all_pages_count(acme: Acme) -> None:
    for number in range(120):
        acme.github.review(REPOSITORY, 1, "dave", "COMMENTED" if number else "APPROVED")
    acme.github.review(REPOSITORY, 1, "bob")

    assert ("bob", "dave") == acme.forge().approvals(1)


def test_an_approval_after_the_merge_comes_too_late(acme: Acme) -> None:
    made = acme.github.merge(REPOSITORY, 1, at=MERGED_AT)
    acme.github.review(REPOSITORY, 1, "bob", at=AFTER)

    found = acme.forge().merged_pull_request(made)
    assert () == (found and found.approved_by)


def test_rulesets_are_read(acme: Acme) -> None:
    acme.github.add_ruleset(REPOSITORY, tag_ruleset())

    expected = Ruleset("registry tags", "tag", True, ("refs/tags/*@v*",), (), ("deletion", "update"), None)
    assert [expected] == acme.forge().rulesets()


@pytest.mark.parametrize("actors", [[], [{"actor_id": 7, "actor_type": "Integration", "bypass_mode": "always"}]])
def test_an_administrator_sees_who_may_bypass(acme: Acme, actors: list[dict[str, Any]]) -> None:
    acme.github.add_ruleset(REPOSITORY, tag_ruleset(bypass_actors=actors, enforcement="evaluate"))
    forge = acme.forge(acme.github.token("alice", administration="write"))

    assert [(bool(actors), False)] == [(one.bypasses, one.enforced) for one in forge.rulesets() or ()]


def test_rulesets_that_may_not_be_read_are_not_known(acme: Acme) -> None:
    acme.github.fail_next("forbidden", "GET", "*/rulesets")

    assert acme.forge().rulesets() is None


def test_environments_say_whether_somebody_reviews(acme: Acme) -> None:
    acme.github.repositories[REPOSITORY].environments |= {"staging": False, "production": True}

    assert [Environment("staging", False), Environment("production", True)] == acme.forge().environments()


def test_environments_that_may_not_be_read_are_not_known(acme: Acme) -> None:
    assert acme.forge(acme.github.token(contents="read")).environments() is None
