"""Seconds, and ratios of seconds that were taken in turns."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Measure:
    """One row of the result.

    Attributes:
        name: what was measured.
        ours_s: seconds of Headway, the median.
        bare_s: seconds of what it is compared with, the median; None where there is nothing to compare with.
        ratio: ours over bare; None as above.
        goal: greatest ratio that is wanted, or greatest seconds where there is no ratio; None for no goal.
        note: what differs in the work of the two sides.
        samples_s: every time taken, by side and in order.
    """

    name: str
    ours_s: float
    bare_s: float | None = None
    ratio: float | None = None
    goal: float | None = None
    note: str = ""
    samples_s: Mapping[str, Sequence[float]] = field(default_factory=dict)

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; None where there is none."""
        if self.goal is None:
            return None
        return (self.ours_s if self.ratio is None else self.ratio) <= self.goal


def compare(name: str, ours: Sequence[float], bare: Sequence[float], *, goal: float, note: str) -> Measure:
    """Return the row of two sides that took turns."""
    samples = {"ours": ours, "bare": bare}
    return Measure(
        name, statistics.median(ours), statistics.median(bare), paired_ratio(ours, bare), goal, note, samples
    )


def alone(name: str, seconds: Sequence[float], *, goal: float | None = None, note: str = "") -> Measure:
    """Return the row of what has nothing to be compared with."""
    return Measure(name, statistics.median(seconds), goal=goal, note=note, samples_s={"ours": seconds})


def paired_ratio(ours: Sequence[float], bare: Sequence[float]) -> float:
    """Return the median over rounds of ours / bare.

    Neighbours in time are compared with each other, so a machine that slows down hits both sides alike.
    """
    return statistics.median(mine / theirs for mine, theirs in zip(ours, bare, strict=True))


def alternate(sides: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, list[float]]:
    """Return the seconds that each side gives, `rounds` of them, taken in turns: A B A B ..."""
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    for number in range(1, rounds + 1):
        for name, measure in sides.items():
            seconds[name].append(measure())
            say(f"  {name}, {number} of {rounds}: {seconds[name][-1]:.2f} s")
    return seconds


def seconds_of(work: Callable[[], object]) -> float:
    """Return how long `work` takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def say(line: str) -> None:
    """Tell on stderr how far the bench is."""
    print(line, file=sys.stderr, flush=True)
