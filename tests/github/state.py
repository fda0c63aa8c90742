"""What the fake remembers: tokens, repositories, pull requests and all that hangs on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

ACTIONS = "github-actions[bot]"
Level = Literal["read", "write"]
RunState = Literal["started", "waiting for approval"]


@dataclass(frozen=True)
class Token:
    """A secret and what it may do.

    Attributes:
        value: goes into the Authorization header.
        login: who acts; a name that ends in "[bot]" is an app's installation, any other a person's token.
        permissions: of the repositories, as GitHub names them ("pull_requests": "write"); reading metadata is free.
    """

    value: str
    login: str
    permissions: Mapping[str, Level]

    @property
    def installation(self) -> bool:
        return self.login.endswith("[bot]")

    def may(self, needed: str) -> bool:
        """Say whether the token has one permission ("issues=write")."""
        name, level = needed.split("=")
        return self.permissions.get(name) in ({"read", "write"} if level == "read" else {"write"})


@dataclass
class Comment:
    """One comment of a pull request."""

    id: int
    number: int
    author: str
    body: str
    created_at: str


@dataclass(frozen=True)
class Status:
    """One commit status; the newest of a context counts."""

    id: int
    sha: str
    context: str
    state: str
    description: str | None
    target_url: str | None
    creator: str
    created_at: str


@dataclass(frozen=True)
class CheckRun:
    """One check run."""

    id: int
    sha: str
    name: str
    status: str
    conclusion: str | None
    output: Mapping[str, Any]


@dataclass(frozen=True)
class Dispatch:
    """A workflow that was started by hand."""

    workflow: str
    ref: str
    inputs: Mapping[str, str]
    by: str


@dataclass(frozen=True)
class Run:
    """A workflow run that a push or a pull request brings about.

    GitHub starts no `push` run for a push with the Actions token, and lets the `pull_request` run of its head wait
    until somebody with write access approves it.
    """

    event: Literal["push", "pull_request"]
    sha: str
    branch: str
    actor: str
    state: RunState


@dataclass(frozen=True)
class Protection:
    """What a branch demands; by a ruleset, or as a classic protection, which only administrators may read."""

    contexts: tuple[str, ...] = ()
    strict: bool = False
    classic: bool = False
    merge_queue: bool = False
    signed_commits: bool = False
    pull_request: bool = True
    dismiss_stale_reviews: bool = False
    code_owner_review: bool = False
    last_push_approval: bool = False
    approvals: int = 1


@dataclass(frozen=True)
class Review:
    """One review of a pull request's head as it was then."""

    id: int
    number: int
    author: str
    state: Literal["APPROVED", "CHANGES_REQUESTED", "COMMENTED", "DISMISSED", "PENDING"]
    sha: str
    submitted_at: str


@dataclass(frozen=True)
class Ruleset:
    """One ruleset: `document` is what POST /rulesets takes."""

    id: int
    document: Mapping[str, Any]
    made_at: str

    @property
    def enforced(self) -> bool:
        return bool(self.document["enforcement"] == "active")

    @property
    def patterns(self) -> Sequence[str]:
        return list(self.document["conditions"]["ref_name"]["include"])

    @property
    def rules(self) -> Mapping[str, Mapping[str, Any]]:
        """Return kind of rule -> its parameters."""
        return {rule["type"]: rule.get("parameters", {}) for rule in self.document["rules"]}

    def binds(self, app_id: int) -> bool:
        """Say whether the rules are for an App, too: only one that the ruleset names may pass."""
        actors = self.document.get("bypass_actors", ())
        return self.enforced and ("Integration", app_id) not in {(one["actor_type"], one["actor_id"]) for one in actors}


@dataclass
class Repository:
    """One repository; its branches are those of the bare Git repository at `path`."""

    name: str
    path: Path
    default_branch: str = "main"
    fork_of: str | None = None
    pulls: dict[int, PullRequest] = field(default_factory=dict)
    comments: dict[int, Comment] = field(default_factory=dict)
    statuses: list[Status] = field(default_factory=list)
    check_runs: list[CheckRun] = field(default_factory=list)
    dispatches: list[Dispatch] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    protections: dict[str, Protection] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    reviews: list[Review] = field(default_factory=list)
    rulesets: list[Ruleset] = field(default_factory=list)
    environments: dict[str, bool] = field(default_factory=dict)
    """Name -> whether reviewers must let a job in."""
    strangers: set[str] = field(default_factory=set)
    """People who may only read; all others may write."""

    @property
    def owner(self) -> str:
        return self.name.split("/")[0]


@dataclass
class PullRequest:
    """One pull request; where its head and base are is read from Git."""

    number: int
    head: Repository
    head_ref: str
    base: Repository
    base_ref: str
    title: str
    body: str
    author: str
    state: Literal["open", "closed"] = "open"
    last_head: str = ""
    """Head as it was when the pull request was closed or its branch deleted."""
    merge_sha: str | None = None
    merged_at: str | None = None
    merged_by: str | None = None
    commits: frozenset[str] = frozenset()
    """What it was merged from and what the merge made."""

    @property
    def merged(self) -> bool:
        return self.merge_sha is not None


@dataclass(frozen=True)
class Exchange:
    """One request as it came and what was answered; `status` is 0 where the connection was dropped."""

    method: str
    path: str
    query: Mapping[str, str]
    body: Any
    login: str | None
    status: int


def protection_of(ruleset: Ruleset) -> Protection:
    """Return what a ruleset demands of a branch."""
    rules = ruleset.rules
    checks, review = rules.get("required_status_checks", {}), rules.get("pull_request", {})
    return Protection(
        contexts=tuple(one["context"] for one in checks.get("required_status_checks", ())),
        strict=checks.get("strict_required_status_checks_policy", False),
        merge_queue="merge_queue" in rules,
        signed_commits="required_signatures" in rules,
        pull_request="pull_request" in rules,
        dismiss_stale_reviews=review.get("dismiss_stale_reviews_on_push", False),
        code_owner_review=review.get("require_code_owner_review", False),
        last_push_approval=review.get("require_last_push_approval", False),
        approvals=review.get("required_approving_review_count", 0),
    )
