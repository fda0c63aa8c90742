"""Brings new tags to the remote though others race: read, plan, push where none is; and begin anew where one was."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from headway.contracts.registry.ledger import Ledger, Tag
from headway.errors import InputError, OutsideError
from headway.ports import RegistryRepository

ATTEMPTS = 20
_LATEST = 253_370_764_800
"""Where the year 9999 begins. A foreign tag dated later is not followed: GTO reads nothing after that year."""

PlannedT = TypeVar("PlannedT")


def publish_planned(
    repository: RegistryRepository,
    plan: Callable[[Ledger], tuple[Mapping[str, str], PlannedT]],
    *,
    wait: Callable[[int], None],
    attempts: int = ATTEMPTS,
) -> tuple[PlannedT, int]:
    """Push what is missing in one atomic push; where somebody else was first, begin anew.

    Args:
        repository: the clone and its remote.
        plan: returns the tags (name -> tag object) that a reading of the remote lacks, and what else comes of it.
        wait: called between attempts with the number of those that were lost.
        attempts: at most so many.

    Returns:
        What else came of the plan that was pushed, or had nothing to push; and how many attempts that took.

    Raises:
        InputError: the clone is shallow, or a token or a rule does not allow the push.
        OutsideError: the remote fails, or all attempts were lost.
    """
    for attempt in range(1, attempts + 1):
        tags, planned = plan(read_whole(repository))
        if not tags or repository.publish(tags):
            return planned, attempt
        wait(attempt)
    raise OutsideError(f"others were first {attempts} times in a row", hint="run this again")


def read_whole(repository: RegistryRepository) -> Ledger:
    """Return the registry as the remote has it now.

    Raises:
        InputError: the clone is shallow: what is missing cannot be known.
    """
    ledger = repository.refresh()
    if not ledger.complete:
        raise InputError(
            "this clone is shallow: what lies before its first commit cannot be seen", hint="git fetch --unshallow"
        )
    return ledger


def date_after(tags: Iterable[Tag], now_s: int) -> int:
    """Return when a tag is made, in seconds since the epoch: after all of `tags`, for GTO orders by dates."""
    dates = (tag.tagged_at for tag in tags)
    return max(now_s, *(at + 1 for at in dates if at is not None and at < _LATEST), 0)
