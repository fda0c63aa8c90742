"""Asks the forge how declarations came to the default branch, and gives it the time to know."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from headway.contracts.github import MergedPullRequest
from headway.contracts.registry.ledger import FileChange

YOUNG_S = 3600
"""A forge may take a while to know which pull request brought a new commit."""
ASKED = 6
"""So often it is asked about a young one."""

Attest = Callable[[str], MergedPullRequest | None]
"""Returns how a commit came to the default branch, by the forge's word; None where it has none."""
AttestChange = Callable[[FileChange], MergedPullRequest | None]


def ask_again(attest: Attest, *, now_s: Callable[[], int], wait: Callable[[int], None]) -> AttestChange:
    """Return what asks about each commit once, but about a young one again before it believes that none brought it.

    Args:
        attest: asks the forge.
        now_s: the clock, in seconds since the epoch.
        wait: called before the forge is asked again, with how often it was asked.
    """

    @cache
    def ask(commit: str, committed_at: int) -> MergedPullRequest | None:
        merged, asked = attest(commit), 1
        while merged is None and asked < ASKED and now_s() - committed_at < YOUNG_S:
            wait(asked)
            merged, asked = attest(commit), asked + 1
        return merged

    return lambda change: ask(change.commit, change.committed_at)
