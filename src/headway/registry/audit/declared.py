"""All that the default branch declares, with the rules of the time and the forge's word, as an audit is given it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from headway.contracts.github import MergedPullRequest
from headway.contracts.registry.desired import Desired
from headway.contracts.registry.ledger import FileChange, Ledger
from headway.contracts.registry.stages import Stages
from headway.errors import InputError
from headway.registry.state import Declaration, State

Said = Desired | InputError | None
"""What a stage file says; None where it was taken away, the error where it cannot be used."""

Merged = Mapping[str, MergedPullRequest | None]
"""Commit -> the pull request that brought it, None where the forge knows none; of those that it was asked about."""


@dataclass(frozen=True)
class Rules:
    """stages.yaml over time: at each position of the line where it changed, what it said from then on.

    One that cannot be used, or that is taken away, leaves the one before it in force.
    """

    positions: Sequence[int]
    stages: Sequence[Stages]
    fault: str | None
    """Why the newest cannot be used."""

    def before(self, position: int) -> Stages | None:
        """Return the rules that a commit of the line is judged by: those before it.

        Its own count only where there were none before; None where there were none at all.
        """
        place = bisect_left(self.positions, position)
        if place:
            return self.stages[place - 1]
        return self.stages[0] if position in self.positions[:1] else None

    def without(self, position: int) -> Rules:
        """Return the rules as if those of one position had not been there."""
        kept = [(at, said) for at, said in zip(self.positions, self.stages, strict=True) if at != position]
        return replace(self, positions=[at for at, _ in kept], stages=[said for _, said in kept])

    @property
    def now(self) -> Stages | None:
        return self.stages[-1] if self.stages else None


@dataclass(frozen=True)
class Declared:
    """All that the default branch declares.

    Attributes:
        ledger, state: of one reading.
        said: of every declaration.
        rules: over time.
        merged: what a forge says; empty where none was asked.
        unaccepted: version's tag -> what the verdict in its own commit says against it.
    """

    ledger: Ledger
    state: State
    said: Mapping[Declaration, Said]
    rules: Rules
    merged: Merged
    unaccepted: Mapping[str, str]


def subject_of(change: FileChange) -> str:
    """Return what findings call a change, such as a declaration."""
    return f"{change.path} in {change.commit[:10]}"
