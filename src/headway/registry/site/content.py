"""What the page shows, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from headway.contracts.manifest import Manifest
from headway.contracts.marked_text import Node
from headway.contracts.registry.tags import Slot
from headway.registry.state import State, Version
from headway.registry.timeline import Event, Statement


@dataclass(frozen=True)
class Entry:
    """One declaration and what it says."""

    event: Event
    said: Statement


@dataclass(frozen=True)
class Measured:
    """A version and its numbers.

    Attributes:
        manifest: None where it cannot be read.
        fault: why.
        per_class: class -> mAP50-95; empty where its scorecard was not read.
    """

    version: Version
    manifest: Manifest | None
    fault: str = ""
    per_class: Mapping[str, float | None] = field(default_factory=dict)

    @property
    def scores(self) -> tuple[float | None, float | None, float | None, float | None]:
        """In the order of `SCORES`."""
        if self.manifest is None:
            return None, None, None, None
        quality, point = self.manifest.metrics.quality, self.manifest.metrics.operating_point
        return quality.map50_95, quality.map50, point.precision, point.recall


SCORES = ("mAP50-95", "mAP50", "precision", "recall")


@dataclass(frozen=True)
class Card:
    """The model card of a version.

    Attributes:
        content: None where it cannot be read.
        fault: why.
        pictures: path in the bundle -> content.
    """

    version: Version
    content: tuple[Node, ...] | None
    fault: str = ""
    pictures: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class Site:
    """Everything that is on the page.

    Attributes:
        title: of the page.
        branch: the default branch.
        head_at: when its head was committed, UTC.
        web: address of the repository for people, without a slash at the end; None where there is none.
        stages: in their order.
        entries: oldest first, by the default branch's line.
        versions: model -> oldest first.
        cards: model -> cards of the versions that a stage has now, and of the newest.
        differences: what does not agree in a slot, one sentence each (`registry.status`).
    """

    title: str
    branch: str
    head_at: datetime
    web: str | None
    state: State
    stages: tuple[str, ...]
    entries: tuple[Entry, ...]
    versions: Mapping[str, tuple[Measured, ...]]
    cards: Mapping[str, tuple[Card, ...]]
    differences: Mapping[Slot, tuple[str, ...]] = field(default_factory=dict)

    @property
    def models(self) -> tuple[str, ...]:
        """Every model that has a version or a declaration."""
        return tuple(sorted({*self.versions, *(entry.event.slot.model for entry in self.entries)}))

    @cached_property
    def names(self) -> frozenset[str]:
        """The tags of all versions."""
        return frozenset(str(one.version) for found in self.versions.values() for one in found)

    @cached_property
    def newest(self) -> Mapping[Slot, Entry]:
        """The last declaration of each slot."""
        return {entry.event.slot: entry for entry in self.entries}

    def entries_of(self, model: str) -> tuple[Entry, ...]:
        """Return the declarations of a model."""
        return tuple(entry for entry in self.entries if entry.event.slot.model == model)
