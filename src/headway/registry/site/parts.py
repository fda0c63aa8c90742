"""Small pieces that several parts of the page are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import TypeVar
from xml.etree.ElementTree import Element

from headway.contracts.registry.tags import Slot
from headway.registry.site.content import Entry, Site
from headway.registry.site.markup import Child, element
from headway.registry.state import Declaration
from headway.registry.timeline import Event, is_step_back

Row = TypeVar("Row")

FOLDED_BY = 100
"""Rows behind one fold."""


def model_id(model: str, part: str = "") -> str:
    """Return the anchor of a model's section, or of a part of it; no name of a model or a stage holds a dot."""
    return f"model.{model}{part and '.'}{part}"


def declaration_id(declaration: Declaration) -> str:
    """Return the anchor of a declaration."""
    return f"declared.{declaration.slot.stage}.{declaration.slot.model}.{declaration.change.position}"


def moment(at: datetime) -> Element:
    """Return a time, in UTC and to the minute."""
    utc = at.astimezone(UTC)
    return element("time", utc.strftime("%Y-%m-%d %H:%M"), datetime=utc.strftime("%Y-%m-%dT%H:%M:%SZ"))


def badge(text: str, kind: str = "") -> Element:
    """Return a mark of one or two words."""
    return element("span", text, class_=f"badge {kind}".rstrip())


def version_link(site: Site, model: str, number: str) -> Element:
    """Return a version's number, which leads to its row where there is a trusted version of that name."""
    name = f"{model}@{number}"
    return element("a", number, href=f"#{name}") if name in site.names else element("span", number)


def commit_link(site: Site, commit: str) -> Element:
    """Return a commit's short hash, which leads to the forge where there is one."""
    if site.web is None:
        return element("code", commit[:10], title=commit)
    return element("a", element("code", commit[:10]), href=f"{site.web}/commit/{commit}")


def pull_request_link(site: Site, number: int) -> Element:
    """Return a pull request's number, which leads to the forge where there is one."""
    return element("a" if site.web else "span", f"#{number}", href=site.web and f"{site.web}/pull/{number}")


def marks(event: Event) -> Iterator[Element]:
    """Yield what must be known about a declaration's time and tag."""
    if not event.attested:
        yield badge("unattested", "warn")
    if event.echo is None:
        yield badge("not tagged", "warn")


def with_before(entries: Sequence[Entry]) -> Iterator[tuple[Entry, Entry | None]]:
    """Yield each declaration with the one of its slot before it, oldest first."""
    newest: dict[Slot, Entry] = {}
    for entry in entries:
        yield entry, newest.get(entry.event.slot)
        newest[entry.event.slot] = entry


def kind_of(entry: Entry, before: Entry | None) -> str:
    """Return what a declaration did: "faulty", "emptied", "rolled back", "declared" or "declared again"."""
    if entry.said.fault:
        return "faulty"
    if entry.said.version is None:
        return "emptied"
    if entry.said.hold is not None or is_step_back(before.said if before else None, entry.said):
        return "rolled back"
    return "declared again" if before and before.said.version == entry.said.version else "declared"


def wide(label: str, *children: Child | Iterable[Child], class_: str = "wide") -> Element:
    """Return a box that scrolls by itself where its content is wider than the screen; the keyboard reaches it."""
    return element("div", *children, class_=class_, tabindex=0, role="region", aria_label=label)


def in_folds(
    rows: Sequence[Row], shown: int, noun: str, draw: Callable[[Sequence[Row], str], Element]
) -> Iterator[Element]:
    """Yield the first `shown` rows, drawn, then the others by the hundred, each hundred folded.

    `draw` gets the rows, and words that tell this box from the others.
    """
    yield draw(rows[:shown], f"newest {noun}")
    cuts = [*range(shown, len(rows), FOLDED_BY), len(rows)] if len(rows) > shown else []
    for start, end in pairwise(cuts):
        name = f"{noun} {start + 1} to {end}, newest first"
        yield element("details", element("summary", f"{name[0].upper()}{name[1:]}"), draw(rows[start:end], name))
