"""What the registry asks GitHub: which pull request brought a commit, and who approved it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

import github

from headway.contracts.github import Environment, MergedPullRequest
from headway.integrations.github.endpoints import Endpoints

_GHOST = "ghost"
_NOT_FOUND = 404
_COMMITS_NAMED = 250
_WRITERS = {"admin", "write"}
"""What GitHub calls the permission of those whose approval a branch counts; maintainers have "write"."""
_ANSWERS = {"APPROVED", "CHANGES_REQUESTED", "DISMISSED"}
"""Reviews that take the place of the same person's earlier one; a comment does not."""


def find_merged(endpoints: Endpoints, sha: str) -> MergedPullRequest | None:
    """Return the pull request that brought a commit to the default branch.

    GitHub lists every pull request that has the commit, those that only contained it later as well. A merge commit, a
    squashed commit and the last of a rebase are a pull request's own `merge_commit_sha`; the others of a rebase came
    with the first merge that leads to them.
    """
    merged = [pull for pull in endpoints.list(f"/commits/{quote(sha, safe='')}/pulls") if _is_merged(pull)]
    merged.sort(key=lambda pull: (pull["merge_commit_sha"] != sha, pull["merged_at"]))
    for pull in merged:
        if pull["merge_commit_sha"] == sha or _leads_to(endpoints, pull["merge_commit_sha"], sha):
            return _describe(endpoints, pull["number"])
    return None


def find_approvals(endpoints: Endpoints, pull: Mapping[str, Any]) -> tuple[str, ...]:
    """Return who approved the head of a pull request, in the order of their logins.

    Nobody approves what is partly their own: who opened it, or wrote or committed any of it. GitHub names the first 250
    commits alone; nothing counts for what has more.
    """
    commits = list(endpoints.list(f"/pulls/{pull['number']}/commits"))
    if len(commits) >= _COMMITS_NAMED:
        return ()
    people = {_login(commit[role]) for commit in commits for role in ("author", "committer") if commit[role]}
    reviews = endpoints.list(f"/pulls/{pull['number']}/reviews")
    found = approvers(reviews, pull["head"]["sha"], {_login(pull["user"]), *people}, pull["merged_at"])
    return tuple(login for login in found if _may_write(endpoints, login))


def approvers(
    reviews: Iterable[Mapping[str, Any]], head_sha: str, authors: Collection[str], merged_at: str | None
) -> tuple[str, ...]:
    """Return those other than the authors whose last review approved `head_sha`, before the merge if there was one.

    `reviews` are as GitHub lists them, oldest first; a dismissed one says so in place of what it said before.
    """
    last: dict[str, Mapping[str, Any]] = {}
    for review in reviews:
        if review["state"] in _ANSWERS and (merged_at is None or review["submitted_at"] <= merged_at):
            last[_login(review["user"])] = review
    approved = (
        login
        for login, review in last.items()
        if review["state"] == "APPROVED" and review["commit_id"] == head_sha and login not in {*authors, _GHOST}
    )
    return tuple(sorted(approved))


def find_environments(endpoints: Endpoints) -> Iterator[Environment]:
    """Yield the environments that jobs run in."""
    for one in endpoints.list("/environments", key="environments"):
        rules = {rule["type"] for rule in one.get("protection_rules", ())}
        yield Environment(one["name"], reviewed="required_reviewers" in rules)


def read_time(text: str) -> datetime:
    """Return a moment as GitHub writes it, "2026-01-01T00:00:00Z"."""
    moment = datetime.fromisoformat(text)
    assert moment.tzinfo is not None
    return moment


def _is_merged(pull: Mapping[str, Any]) -> bool:
    return pull["merged_at"] is not None and pull["base"]["ref"] == pull["base"]["repo"]["default_branch"]


def _leads_to(endpoints: Endpoints, merge: str, sha: str) -> bool:
    """Say whether `sha` is `merge` or an ancestor of it."""
    compared = endpoints.get(f"/compare/{quote(sha, safe='')}...{quote(merge, safe='')}", per_page=1)
    return compared["status"] in {"ahead", "identical"}


def _describe(endpoints: Endpoints, number: int) -> MergedPullRequest:
    pull = endpoints.get(f"/pulls/{number}")
    merged_by = pull["merged_by"]
    return MergedPullRequest(
        number=number,
        merged_at=read_time(pull["merged_at"]),
        author=_login(pull["user"]),
        merged_by=None if merged_by is None else merged_by["login"],
        approved_by=find_approvals(endpoints, pull),
        url=pull["html_url"],
    )


def _may_write(endpoints: Endpoints, login: str) -> bool:
    """Say whether somebody's approval counts: on a public repository, strangers can approve as well."""
    try:
        answer = endpoints.get(f"/collaborators/{quote(login, safe='')}/permission")
    except github.GithubException as error:
        if error.status == _NOT_FOUND:  # no person, such as an App
            return False
        raise
    return answer["permission"] in _WRITERS


def _login(user: Mapping[str, Any] | None) -> str:
    return _GHOST if user is None else str(user["login"])
