"""Progress of long work: a bar in a terminal, a few plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator, Sized
from typing import TypeVar

import click

Item = TypeVar("Item")

_SECONDS_BETWEEN_LINES = 10.0


def show_progress(items: Iterable[Item], *, label: str, total: int | None = None) -> Iterable[Item]:
    """Yield `items`, showing how many of them are done on stderr. Implements `ports.Progress`."""
    if total is None and isinstance(items, Sized):
        total = len(items)
    return _bar(items, label, total) if sys.stderr.isatty() else _lines(items, label, total)


def _bar(items: Iterable[Item], label: str, total: int | None) -> Iterator[Item]:
    with click.progressbar(items, length=total, label=label, file=sys.stderr, show_pos=True) as bar:
        yield from bar


def _lines(items: Iterable[Item], label: str, total: int | None) -> Iterator[Item]:
    started = spoken = time.monotonic()
    done = 0
    for done, item in enumerate(items, start=1):
        yield item
        now = time.monotonic()
        if now - spoken >= _SECONDS_BETWEEN_LINES and done != total:
            click.echo(f"{label}: {done} of {total if total is not None else '?'}", err=True)
            spoken = now
    click.echo(f"{label}: {done} in {time.monotonic() - started:.1f} s", err=True)


def say(line: str) -> None:
    """Print one line about long work on stderr."""
    click.echo(line, err=True)
