"""A small GitHub on this machine: what Headway reads and changes there, with rights, rules, faults and real Git.

Every request and every answer is held to GitHub's OpenAPI document; what breaks it is kept in `violations`, and the
fixture `fake_github` fails the test for it. Typical use::

    token = fake_github.token("github-actions[bot]", statuses="write", pull_requests="write", contents="write")
    fake_github.add_repository("acme/yolo", bare)
    number = fake_github.open_pull("acme/yolo", "bigger-model")
    fake_github.fail_next("server error", "POST", "*/comments")
    ... GITHUB_API_URL=fake_github.api_url GITHUB_SERVER_URL=fake_github.url GITHUB_TOKEN=token.value ...
    assert ["report"] == [comment.body for comment in fake_github.comments("acme/yolo", number)]
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from tests.github import repository as git
from tests.github.answers import Answers, head_of
from tests.github.contract import Contract
from tests.github.faults import Fault, Kind
from tests.github.state import (
    ACTIONS,
    Comment,
    Dispatch,
    Exchange,
    Level,
    Protection,
    PullRequest,
    Repository,
    Review,
    Ruleset,
    Run,
    Status,
    Token,
    protection_of,
)

Method = Literal["merge", "squash", "rebase"]
ReviewState = Literal["APPROVED", "CHANGES_REQUESTED", "COMMENTED", "PENDING"]
START = datetime(2026, 1, 1, tzinfo=UTC)


class FakeGitHub:
    """GitHub's state; tests/github/server.py gives it addresses.

    Attributes:
        url: of pages and of Git ("<url>/acme/yolo.git"), as GITHUB_SERVER_URL; `api_url` is GITHUB_API_URL.
        exchanges: every request with its answer, oldest first.
        violations: how a request or an answer broke GitHub's contract.
    """

    def __init__(self, contract: Contract, url: str) -> None:
        self.contract = contract
        self.url = url
        self.api_url = f"{url}/api/v3"
        self.answers = Answers(contract, self.api_url, url)
        self.exchanges: list[Exchange] = []
        self.violations: list[str] = []
        self.lock = threading.RLock()
        self.faults: list[Fault] = []
        self.repositories: dict[str, Repository] = {}
        self._tokens: dict[str, Token] = {}
        self._seen: dict[tuple[str, str], str] = {}
        self._ids = itertools.count(1001)

    # What a test sets up

    def token(self, login: str = ACTIONS, **permissions: Level) -> Token:
        """Make a token; "metadata" is always there, the rest is refused unless it is named.

        A read-only token, as forks and Dependabot get it, has only "read".
        """
        prefix = "ghs" if login.endswith("[bot]") else "ghp"
        token = Token(f"{prefix}_{next(self._ids)}{'x' * 32}", login, permissions)
        self._tokens[token.value] = token
        return token

    def find_token(self, value: str) -> Token | None:
        return self._tokens.get(value)

    def add_repository(self, name: str, path: Path, *, fork_of: str | None = None) -> Repository:
        """Take in a bare repository under "owner/name"."""
        repository = Repository(name, path, fork_of=fork_of)
        self.repositories[name] = repository
        for branch, sha in git.branches(path).items():
            self._seen[name, branch] = sha
        return repository

    def open_pull(
        self,
        name: str,
        head_ref: str,
        *,
        base_ref: str = "main",
        fork: str | None = None,
        author: str = "alice",
        title: str = "A change",
    ) -> int:
        """Open a pull request from a branch, of `fork` where given, and return its number."""
        base = self.repositories[name]
        head = self.repositories[fork] if fork else base
        return self.add_pull(base, head, head_ref, base_ref, author, title, "").number

    def protect(self, name: str, branch: str, protection: Protection) -> None:
        """Set what a branch demands."""
        self.repositories[name].protections[branch] = protection

    def set_variables(self, name: str, **variables: str) -> None:
        """Set the repository's Actions variables."""
        self.repositories[name].variables.update(variables)

    def add_comments(self, name: str, number: int, author: str, bodies: Sequence[str]) -> None:
        """Add comments without asking the API."""
        repository = self.repositories[name]
        for body in bodies:
            comment = Comment(self.next_id(), number, author, body, self.now())
            repository.comments[comment.id] = comment

    def review(
        self, name: str, number: int, author: str, state: ReviewState = "APPROVED", *, at: datetime | None = None
    ) -> None:
        """Review the head of a pull request as it is now."""
        made_at = _write_time(at or datetime.now(UTC))
        made = Review(self.next_id(), number, author, state, self.head(name, number), made_at)
        self.repositories[name].reviews.append(made)

    def dismiss(self, name: str, number: int, author: str) -> None:
        """Dismiss what somebody said last: the review stays and says so."""
        reviews = self.repositories[name].reviews
        last = max(at for at, one in enumerate(reviews) if (one.number, one.author) == (number, author))
        reviews[last] = replace(reviews[last], state="DISMISSED")

    def add_ruleset(self, name: str, document: Mapping[str, Any]) -> Ruleset:
        """Add a ruleset as it is imported; one for the default branch protects it."""
        repository = self.repositories[name]
        ruleset = Ruleset(self.next_id(), document, self.now())
        repository.rulesets.append(ruleset)
        if document["target"] == "branch" and "~DEFAULT_BRANCH" in ruleset.patterns and ruleset.enforced:
            repository.protections[repository.default_branch] = protection_of(ruleset)
        return ruleset

    def fail_next(
        self, kind: Kind, method: str = "*", path: str = "*", *, times: int = 1, retry_after_s: int = 1
    ) -> None:
        """Order trouble for the next requests that match; `path` is a shell pattern below the API's root."""
        self.faults.append(Fault(kind, method, path, times, retry_after_s))

    # What a test looks at

    def comments(self, name: str, number: int, author: str | None = None) -> list[Comment]:
        """Return the comments of a pull request, oldest first, all or one author's."""
        found = self.repositories[name].comments.values()
        return [comment for comment in found if comment.number == number and author in (None, comment.author)]

    def statuses(self, name: str, sha: str) -> Mapping[str, Status]:
        """Return the newest status of each context."""
        return {status.context: status for status in self.repositories[name].statuses if status.sha == sha}

    def dispatches(self, name: str) -> Sequence[Dispatch]:
        """Return the workflows that were started by hand."""
        return self.repositories[name].dispatches

    def tags(self, name: str) -> Mapping[str, str]:
        """Return every tag and its object."""
        return git.tags(self.repositories[name].path)

    def runs(self, name: str) -> Sequence[Run]:
        """Return the workflow runs that pushes brought about, oldest first."""
        with self.lock:
            self.notice_pushes()
            return list(self.repositories[name].runs)

    def pull(self, name: str, number: int) -> PullRequest:
        return self.repositories[name].pulls[number]

    def head(self, name: str, number: int) -> str:
        """Return the commit that a pull request wants to merge."""
        return head_of(self.pull(name, number))

    def mergeable(self, name: str, number: int) -> tuple[bool, list[str]]:
        """Say whether the branch's protection lets a pull request in, and if not, why."""
        with self.lock:
            self.notice_pushes()
            reasons = self._obstacles(self.pull(name, number))
        return not reasons, reasons

    def merge(
        self, name: str, number: int, method: Method = "merge", *, by: str = "maintainer", at: datetime | None = None
    ) -> str:
        """Merge as GitHub does: by the server's Git, without merge drivers, whatever the protection says."""
        with self.lock:
            pull = self.pull(name, number)
            path = pull.base.path
            self._bring_head(pull)
            base, head = git.read(path, "rev-parse", f"refs/heads/{pull.base_ref}"), head_of(pull)
            assert self.merges_cleanly(pull), f"pull request {number} conflicts with {pull.base_ref}"
            made = _made_by(method, path, base, head, number)
            pull.commits = frozenset(git.between(path, base, head) + git.between(path, base, made))
            git.read(path, "update-ref", f"refs/heads/{pull.base_ref}", made, base)
            self.notice_pushes(by)
            pull.state, pull.merge_sha, pull.merged_by = "closed", made, by
            pull.merged_at = _write_time(at or datetime.now(UTC))
            return made

    # What the server and the operations need

    def next_id(self) -> int:
        return next(self._ids)

    def now(self) -> str:
        """Return a time that moves on by a second a call."""
        return _write_time(START + timedelta(seconds=next(self._ids)))

    def find_head(self, base: Repository, owner: str) -> Repository | None:
        """Return the repository that "owner:branch" means: the base itself or a fork of it."""
        for repository in self.repositories.values():
            if repository is base and owner in ("", base.owner):
                return repository
            if repository.fork_of == base.name and repository.owner == owner:
                return repository
        return None

    def add_pull(
        self, base: Repository, head: Repository, head_ref: str, base_ref: str, author: str, title: str, body: str
    ) -> PullRequest:
        """Add a pull request and the run that it starts."""
        number = next(number for number in itertools.count(1) if number not in base.pulls)
        pull = PullRequest(number, head, head_ref, base, base_ref, title, body, author)
        base.pulls[pull.number] = pull
        self._bring_head(pull)
        base.runs.append(_run_of(pull, author))
        return pull

    def notice_pushes(self, login: str | None = None) -> None:
        """Take note of the branches that moved; without a login the repository's owner moved them."""
        for repository in self.repositories.values():
            for branch, sha in git.branches(repository.path).items():
                if self._seen.get((repository.name, branch)) != sha:
                    self._seen[repository.name, branch] = sha
                    self._start_runs(repository, branch, sha, login or repository.owner)

    def merges_cleanly(self, pull: PullRequest) -> bool:
        base = git.read(pull.base.path, "rev-parse", f"refs/heads/{pull.base_ref}")
        return git.run(pull.base.path, "merge-tree", "--write-tree", base, head_of(pull)).returncode == 0

    def take_fault(self, method: str, path: str) -> Fault | None:
        """Return the trouble that was ordered for a request, and count it."""
        for fault in self.faults:
            if fault.match(method, path):
                fault.times -= 1
                return fault
        return None

    def _start_runs(self, repository: Repository, branch: str, sha: str, login: str) -> None:
        if login != ACTIONS:
            repository.runs.append(Run("push", sha, branch, login, "started"))
        for base in self.repositories.values():
            for pull in base.pulls.values():
                if pull.head is repository and pull.head_ref == branch and pull.state == "open":
                    self._bring_head(pull)
                    base.runs.append(_run_of(pull, login))

    def _bring_head(self, pull: PullRequest) -> None:
        """Keep refs/pull/N/head and refs/pull/N/merge in the base repository, as GitHub does."""
        path, head = pull.base.path, f"refs/pull/{pull.number}/head"
        git.read(path, "fetch", "--quiet", str(pull.head.path), f"+refs/heads/{pull.head_ref}:{head}")
        base = git.read(path, "rev-parse", f"refs/heads/{pull.base_ref}")
        made = git.merge(path, base, head_of(pull), f"Merge {head_of(pull)} into {base}")
        if made is not None:
            git.read(path, "update-ref", f"refs/pull/{pull.number}/merge", made)

    def _obstacles(self, pull: PullRequest) -> list[str]:
        head, base = head_of(pull), pull.base
        reasons = [] if pull.state == "open" else ["it is closed"]
        if not self.merges_cleanly(pull):
            reasons.append(f"it conflicts with {pull.base_ref}")
        protection = base.protections.get(pull.base_ref)
        if protection is None:
            return reasons
        tip = git.read(base.path, "rev-parse", f"refs/heads/{pull.base_ref}")
        if protection.strict and not git.is_ancestor(base.path, tip, head):
            reasons.append(f"its branch is not up to date with {pull.base_ref}")
        statuses = self.statuses(base.name, head)
        waiting = any(run.sha == head and run.state == "waiting for approval" for run in base.runs)
        for context in protection.contexts:
            if context not in statuses:
                reasons.append(f"{context} is expected{'; a run waits for approval' if waiting else ''}")
            elif statuses[context].state != "success":
                reasons.append(f"{context} is {statuses[context].state}")
        return reasons


def _made_by(method: Method, path: Path, base: str, head: str, number: int) -> str:
    if method == "squash":
        return git.squash(path, base, head, f"A change (#{number})")
    if method == "rebase":
        return git.rebase(path, base, head)
    made = git.merge(path, base, head, f"Merge pull request #{number}")
    assert made is not None
    return made


def _write_time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _run_of(pull: PullRequest, login: str) -> Run:
    state = "waiting for approval" if login == ACTIONS else "started"
    return Run("pull_request", head_of(pull), pull.head_ref, login, state)  # type: ignore[arg-type]
