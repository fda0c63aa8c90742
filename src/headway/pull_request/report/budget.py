"""Keeps a report below what GitHub takes: whole sections go, least important first, and the text says which."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum

LONGEST_BYTES = 65_000
"""Of UTF-8. GitHub takes 65,536 characters; the rest is left to whoever posts the report."""


class Rank(IntEnum):
    """How important a section is; the lowest goes first."""

    CURVES = 1
    PRECISION_RECALL = 2
    ROBUSTNESS = 3
    SLICES = 4
    IMAGES = 5
    SPEED = 6
    CLASSES = 7
    PROVENANCE = 8
    CHANGES = 9
    METRICS = 10
    VERDICT = 11


@dataclass(frozen=True)
class Section:
    """One part of a report.

    Attributes:
        name: for the sentence about what was left out; words of ours.
        rank: VERDICT is never left out.
        lines: Markdown; empty for a section that has nothing to say.
    """

    name: str
    rank: Rank
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Report:
    """The finished text, and the names of the sections that it leaves out."""

    text: str
    dropped: tuple[str, ...] = ()


def assemble(sections: Iterable[Section], longest_bytes: int = LONGEST_BYTES) -> Report:
    """Join sections, without the least important ones where all would be too long."""
    kept = [section for section in sections if section.lines]
    dropped: list[Section] = []
    while True:
        text = _join(kept, dropped)
        least = min(kept, key=lambda section: section.rank)
        if len(text.encode()) <= longest_bytes or least.rank == Rank.VERDICT:
            return Report(text, tuple(section.name for section in dropped))
        kept.remove(least)
        dropped.append(least)


def _join(kept: Sequence[Section], dropped: Sequence[Section]) -> str:
    blocks = ["\n".join(section.lines) for section in kept]
    if dropped:
        names = ", ".join(section.name for section in dropped)
        blocks.append(f"*Left out, because GitHub takes no longer text: {names}. The figures lie in `reports/`.*")
    return "\n\n".join(blocks) + "\n"
