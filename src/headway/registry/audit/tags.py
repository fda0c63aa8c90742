"""Tags that no merged change explains, and tags that are not what they were."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from headway.contracts.registry.ledger import Ledger, Tag
from headway.contracts.registry.tags import Slot, StageTag, parse_tag
from headway.registry.audit.findings import Finding
from headway.registry.state import Echo, State

Difference = tuple[str, str, str | None]
"""Name of a tag, its object in this clone, and on the remote, which may lack it."""


@dataclass(frozen=True)
class Complaint:
    """Why a tag's signature does not count.

    Attributes:
        kind: there is none; it is bad, or of a key that is not known; or this machine cannot check it.
        said: by the program that checked it.
    """

    kind: Literal["unsigned", "signature", "unverified"]
    said: str


@dataclass(frozen=True)
class _Link:
    """A trusted tag, the object that it names as the one before it, and the name that this one should have."""

    tag: Tag
    previous: str | None
    before: str


def find_foreign(state: State) -> Iterator[Finding]:
    """Yield the tags that count for nothing, with the reason."""
    for one in state.distrusted:
        yield Finding(f"tag-{one.reason}", one.tag.name, one.sentence)


def find_broken_chains(ledger: Ledger, state: State) -> Iterator[Finding]:
    """Yield the tags that were moved, made anew or deleted, as the tags that name them tell."""
    objects = frozenset(tag.oid for tag in ledger.tags.values())
    names = frozenset(map(_base, ledger.tags))
    for versions in state.versions.values():
        before = ["", *(one.tag.name for one in versions)]
        links = [_Link(one.tag, one.record.previous, name) for one, name in zip(versions, before, strict=False)]
        yield from _check_chain(links, objects, names)
    numbers = _find_numbers(ledger)
    for slot, echoes in state.echoes.items():
        links = [_Link(one.tag, one.record.previous, f"{slot}#{one.n - 1}") for one in echoes]
        broken = tuple(_check_chain(links, objects, names))
        yield from broken or _find_gaps(slot, echoes, numbers[slot])
        for echo in echoes:
            yield from _check_version(echo, ledger)


def find_differences(differences: Iterable[Difference]) -> Iterator[Finding]:
    """Yield the tags that a clone had otherwise than the remote has them now."""
    for name, here, there in differences:
        had = f"this clone had object {here}; the remote has"
        if there:
            yield Finding("tag-differs", name, f"{had} {there}")
        else:
            yield Finding("tag-lost", name, f"{had} none: it was deleted there, or never pushed")


def find_unsigned(demanded: Sequence[Tag], complaints: Mapping[str, Complaint]) -> Iterator[Finding]:
    """Yield the tags, of those that must be signed, whose signature does not count; `complaints` are by tag object."""
    for tag in demanded:
        if complaint := complaints.get(tag.oid):
            yield Finding(f"tag-{complaint.kind}", tag.name, complaint.said)


def _check_chain(links: Sequence[_Link], objects: frozenset[str], names: frozenset[str]) -> Iterator[Finding]:
    """Yield where a tag was made after another one than stands before it now."""
    trusted = {link.tag.oid for link in links}
    before: Tag | None = None
    for link in links:
        tag, previous = link.tag, link.previous
        if previous == (before.oid if before else None):
            pass
        elif previous is not None and previous not in objects:
            yield _lost(link, before, names)
        elif before is not None and (previous is None or previous in trusted):
            was = f"after object {previous}" if previous else "as the first of all"
            yield Finding("tag-moved", before.name, f"it is not older than {tag.name}, which was made {was}")
        before = tag


def _lost(link: _Link, before: Tag | None, names: frozenset[str]) -> Finding:
    """Return what became of a tag that is no more: of versions, one between two may have gone as well."""
    said = f"{link.tag.name} was made after object {link.previous}, which no tag is any more"
    if before is not None and _base(before.name) == link.before:
        return Finding("tag-moved", before.name, f"{said}; this one is {before.oid}")
    if link.before in names:
        return Finding("tag-moved", link.before, f"{said}; the tag that has its name now counts for nothing")
    return Finding("tag-deleted", link.before or f"before {link.tag.name}", said)


def _base(name: str) -> str:
    """Return a tag's name without the mark of an empty stage."""
    return name.replace("!", "")


def _find_numbers(ledger: Ledger) -> Mapping[Slot, set[int]]:
    """Return the numbers of each slot that any tag has, whether or not it counts."""
    found: dict[Slot, set[int]] = {}
    for parsed in map(parse_tag, ledger.tags):
        if isinstance(parsed, StageTag):
            found.setdefault(parsed.slot, set()).add(parsed.n)
    return found


def _find_gaps(slot: Slot, echoes: Sequence[Echo], numbers: set[int]) -> Iterator[Finding]:
    """Yield the numbers before an echo's that no tag has, of a whole chain: a tag that never counted is gone."""
    for echo in echoes:
        if echo.n > 1 and echo.n - 1 not in numbers:
            yield Finding("tag-gap", f"{slot}#{echo.n - 1}", f"no tag has the number before that of {echo.tag.name}")


def _check_version(echo: Echo, ledger: Ledger) -> Iterator[Finding]:
    """Yield that the version which an echo names is another one now, or gone."""
    if echo.record.version is None:
        return
    name = f"{echo.slot.model}@{echo.record.version}"
    found, named = ledger.tags.get(name), echo.record.version_tag
    if found is None:
        yield Finding("tag-deleted", name, f"{echo.tag.name} names it as object {named}; there is no such tag")
    elif found.oid != named:
        yield Finding("tag-moved", name, f"{echo.tag.name} names it as object {named}, but it is {found.oid}")
