"""Numbers as a report shows them."""

from __future__ import annotations

from headway.contracts.verdict import Interval

NONE = "-"
METRICS = {"map50_95": "mAP50-95", "map50": "mAP50", "precision": "precision", "recall": "recall"}
_MIB = 1 << 20


def rate(value: float | None) -> str:
    """Return a share with three decimals."""
    return NONE if value is None else f"{value:.3f}"


def change(value: float | None) -> str:
    """Return a difference of shares with its sign."""
    return NONE if value is None else f"{round(value, 3) + 0.0:+.3f}"


def with_bounds(interval: Interval | None) -> str:
    """Return an estimate and its interval."""
    if interval is None:
        return NONE
    return f"{rate(interval.estimate)} ({rate(interval.low)} to {rate(interval.high)})"


def change_with_bounds(interval: Interval | None) -> str:
    """Return a difference and its interval, with signs."""
    if interval is None:
        return NONE
    return f"{change(interval.estimate)} ({change(interval.low)} to {change(interval.high)})"


def count(value: int | None) -> str:
    """Return a count with thousands marked."""
    return NONE if value is None else f"{value:,}"


def count_change(before: int | None, now: int | None) -> str:
    """Return how a count moved."""
    if before is None or now is None:
        return NONE
    return f"{now - before:+,}" if now != before else "±0"


def milliseconds(value: float) -> str:
    """Return a time with one decimal."""
    return f"{value:.1f} ms"


def mebibytes(size_bytes: int) -> str:
    """Return a size with two decimals."""
    return f"{size_bytes / _MIB:.2f} MiB"


def share(value: float | None) -> str:
    """Return a share in per cent."""
    return NONE if value is None else f"{value:.0%}"


def plural(number: int, noun: str) -> str:
    """Return "1 image" or "3 images"."""
    many = f"{noun}es" if noun.endswith(("x", "s")) else f"{noun}s"
    return f"{number:,} {noun if number == 1 else many}"
