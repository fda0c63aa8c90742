"""What the fake remembers: tokens, repositories, pull requests and all that hangs on them."""

from __future__ import annotations

from collections.abc import Mapping
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
    merged: bool = False
    last_head: str = ""
    """Head as it was when the pull request was closed or its branch deleted."""


@dataclass(frozen=True)
class Exchange:
    """One request as it came and what was answered; `status` is 0 where the connection was dropped."""

    method: str
    path: str
    query: Mapping[str, str]
    body: Any
    login: str | None
    status: int
