"""What GitHub tells of pull requests, comments, statuses and rules, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

State = Literal["pending", "success", "failure", "error"]

STATUS_CONTEXT = "headway"
"""Name of the commit status that branch protection requires."""

CHECK_CONTEXT = "check"
"""Name of the status of a dispatched run of check.yml."""

PROMOTION_CONTEXT = "promotion"
"""Name of the status that says whether what a pull request declares may be merged."""


APP_SUFFIX = "[bot]"
"""How GitHub ends the login of an App, its own Actions among them; no person's login has brackets."""


def released_context(slot: str) -> str:
    """Return the name of the status of a declaring commit that says that `slot`, MODEL#STAGE, was delivered."""
    return f"released {slot}"


def status_context(base_ref: str, default_branch: str) -> str:
    """Return the name of the status about merging into `base_ref`.

    A status belongs to a commit, a verdict to a commit and its base: only the default branch's has the plain name.
    """
    return STATUS_CONTEXT if base_ref == default_branch else f"{STATUS_CONTEXT} ({base_ref})"


COMMENT_LIMIT = 65_536
"""Characters of a comment's body."""


@dataclass(frozen=True)
class PullRequest:
    """One pull request.

    Attributes:
        number: of the pull request.
        head_sha, head_ref, head_repository: what is to be merged; the repository is "owner/name", None if deleted.
        base_ref, base_sha, base_repository: where it goes.
        open: whether it is neither merged nor closed.
        author: login.
    """

    number: int
    head_sha: str
    head_ref: str
    head_repository: str | None
    base_ref: str
    base_sha: str
    base_repository: str
    open: bool
    author: str

    @property
    def from_fork(self) -> bool:
        """Whether its head lies in another repository."""
        return self.head_repository != self.base_repository


@dataclass(frozen=True)
class Comment:
    """One comment on a pull request; `id` grows with age's inverse: the newest has the largest."""

    id: int
    author: str
    body: str
    url: str


@dataclass(frozen=True)
class CommitStatus:
    """The newest status of one context on a commit; `creator` is a login."""

    state: State
    description: str
    creator: str


@dataclass(frozen=True)
class Protection:
    """What a branch demands, from its rulesets and its classic protection together.

    Attributes:
        contexts: required status checks.
        strict: a branch must be up to date before it is merged.
        merge_queue: merges go through a queue.
        signed_commits: every commit must be signed.
        pull_request: changes come by pull request only.
        dismiss_stale_reviews: a push takes approvals back.
        code_owner_review: an owner of what was changed must approve.
        last_push_approval: somebody other than who pushed last must approve.
        approvals: how many must approve.
        complete: False where the token may not see the classic protection.
    """

    contexts: tuple[str, ...]
    strict: bool
    merge_queue: bool
    signed_commits: bool
    pull_request: bool
    dismiss_stale_reviews: bool
    code_owner_review: bool
    last_push_approval: bool
    approvals: int
    complete: bool


@dataclass(frozen=True)
class MergedPullRequest:
    """The pull request that brought a commit to its branch.

    Attributes:
        number: of the pull request.
        merged_at: when, by GitHub's clock, UTC.
        author, merged_by: logins.
        approved_by: logins of those whose last review of its head approved it; the author is never among them.
        url: of its page.
    """

    number: int
    merged_at: datetime
    author: str
    merged_by: str | None
    approved_by: tuple[str, ...]
    url: str


@dataclass(frozen=True)
class Ruleset:
    """One ruleset of a repository.

    Attributes:
        name: that people gave it.
        target: what kind of refs it is about.
        enforced: whether it is active, not just evaluated.
        patterns, excluded: of the refs, "refs/tags/*@v*" or "~ALL" or "~DEFAULT_BRANCH".
        rules: kinds of rules, "deletion", "update", "creation", "non_fast_forward", "pull_request" ...
        bypasses: whether the token sees that somebody may bypass it; None where it may not see that.
    """

    name: str
    target: Literal["branch", "tag", "push"]
    enforced: bool
    patterns: tuple[str, ...]
    excluded: tuple[str, ...]
    rules: tuple[str, ...]
    bypasses: bool | None


@dataclass(frozen=True)
class Environment:
    """One environment that jobs run in: `reviewed` says whether a person must let each of them in."""

    name: str
    reviewed: bool
