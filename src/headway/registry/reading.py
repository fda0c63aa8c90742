"""Reads the registry's state out of a ledger: which tags count, and why the others do not."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

from headway.contracts.registry.files import model_of, read_claim, slot_of
from headway.contracts.registry.ledger import Ledger, Tag
from headway.contracts.registry.records import EchoRecord, VersionRecord
from headway.contracts.registry.tags import HIGHEST_N, Slot, StageTag, VersionTag, parse_tag
from headway.registry.state import Declaration, Distrusted, Echo, State, Version, find_assigned

_Declarations = Mapping[Slot, Mapping[str, Declaration]]
"""Slot -> declaring commit -> declaration."""


def read_state(ledger: Ledger) -> State:
    """Return the state of the registry.

    Tags are taken by number, never by date. Where two of them say the same, the one that a stage file or another tag
    names counts, else the lower number.
    """
    named = [(tag.meaning, tag) for tag in ledger.tags.values()]
    basis = _Basis(ledger, _read_declarations(ledger))
    read_versions = _read_versions(basis, {one: tag for one, tag in named if isinstance(one, VersionTag)})
    versions = {one.tag.name: one for one in read_versions if isinstance(one, Version)}
    read_echoes = _read_echoes(basis, versions, {one: tag for one, tag in named if isinstance(one, StageTag)})
    by_model: dict[str, list[Version]] = {}
    for version in versions.values():
        by_model.setdefault(version.model, []).append(version)
    echoes: dict[Slot, list[Echo]] = {}
    for echo in read_echoes:
        if isinstance(echo, Echo):
            echoes.setdefault(echo.slot, []).append(echo)
    return State(
        head=ledger.head,
        versions={model: tuple(found) for model, found in by_model.items()},
        declarations={slot: tuple(found.values()) for slot, found in basis.declarations.items()},
        echoes={slot: tuple(found) for slot, found in echoes.items()},
        distrusted=tuple(one for one in (*read_versions, *read_echoes) if isinstance(one, Distrusted)),
        complete=ledger.complete,
    )


@dataclass(frozen=True)
class _Basis:
    """What tags are held against."""

    ledger: Ledger
    declarations: _Declarations

    @cached_property
    def manifests(self) -> Mapping[tuple[str, str], str]:
        """Model and commit of the line -> Git's object of the manifest that it brought."""
        found = ((model_of(one.path), one) for one in self.ledger.changes)
        return {(model, one.commit): one.blob for model, one in found if model is not None and one.blob is not None}

    @cached_property
    def claims(self) -> Mapping[tuple[Slot, str], tuple[str, str] | None]:
        """Slot and Git's object of a stage file -> version and identity that it names; none where nobody read them."""
        contents = self.ledger.contents or {}
        changes = ((slot, one.change.blob) for slot, found in self.declarations.items() for one in found.values())
        asked = {(slot, blob) for slot, blob in changes if blob is not None and blob in contents}
        return {(slot, blob): read_claim(contents[blob], slot) for slot, blob in asked}


def _read_declarations(ledger: Ledger) -> _Declarations:
    found: dict[Slot, dict[str, Declaration]] = {}
    for change in ledger.changes:
        slot = slot_of(change.path)
        if slot is not None:
            found.setdefault(slot, {})[change.commit] = Declaration(slot, change)
    return {slot: found[slot] for slot in sorted(found) if parse_tag(str(StageTag(slot, 1))) is not None}


def _read_versions(basis: _Basis, tags: Mapping[VersionTag, Tag]) -> list[Version | Distrusted]:
    """Return what the tags of versions mean, by model and number."""
    names = sorted(tags)
    alone = [_read_version(basis, name, tags[name]) for name in names]
    taken: dict[tuple[str, str], Version] = {}
    repeated: dict[str, Distrusted] = {}
    for one in _order_of_claims(basis, [one for one in alone if isinstance(one, Version)]):
        other = taken.get((one.model, one.commit)) or taken.get((one.model, one.record.identity))
        if other is None:
            taken[one.model, one.commit] = taken[one.model, one.record.identity] = one
            continue
        what = "is a version of the same commit" if other.commit == one.commit else "has the same manifest"
        repeated[one.tag.name] = Distrusted(one.tag, "repeated", f"{other} {what}")
    return [repeated.get(one.tag.name, one) for one in alone]


def _order_of_claims(basis: _Basis, versions: Sequence[Version]) -> Sequence[Version]:
    """Return versions in the order in which they may claim a commit and a manifest.

    First those that a stage file names, for that was reviewed; then those that another version names as the one before
    it; else by number. So no second tag takes anything away from a version that is in a stage.
    """
    declared = {(slot.model, *claim) for (slot, _), claim in basis.claims.items() if claim is not None}
    previous = {one.record.previous for one in versions}

    def rank(one: Version) -> tuple[bool, bool]:
        return (one.model, str(one.number), one.record.identity) not in declared, one.tag.oid not in previous

    return sorted(versions, key=rank)


def _read_version(basis: _Basis, name: VersionTag, tag: Tag) -> Version | Distrusted:
    """Return the version that a tag makes, whatever the others say."""
    if not tag.annotated:
        return Distrusted(tag, "lightweight", "it is no annotated tag")
    record = tag.record
    if not isinstance(record, VersionRecord) or not _names_itself(tag):
        return Distrusted(tag, "message", "its message is not one that headway register writes for it")
    if tag.commit is None or tag.commit not in basis.ledger.positions:
        return Distrusted(tag, "unmerged", "its commit is not on the default branch's own line")
    blob = basis.manifests.get((name.model, tag.commit))
    if blob is None:
        return Distrusted(tag, "no-manifest", f"its commit did not bring {name.model} another manifest")
    if basis.ledger.contents is not None and _claimed_identity(basis.ledger.contents[blob]) != record.identity:
        return Distrusted(tag, "contradiction", "the manifest of its commit has another identity")
    return Version(name.model, name.number, tag, record, basis.ledger.positions[tag.commit])


def _claimed_identity(manifest: bytes) -> object:
    """Return the identity that a manifest claims; None where it is none."""
    try:
        values = json.loads(manifest)
    except (ValueError, RecursionError):
        return None
    return values.get("identity") if isinstance(values, dict) else None


def _read_echoes(
    basis: _Basis, versions: Mapping[str, Version], tags: Mapping[StageTag, Tag]
) -> list[Echo | Distrusted]:
    """Return what the tags of stages mean, by slot and number."""
    names = sorted(tags)
    beyond = _find_beyond(names)
    alone = [
        Distrusted(tags[name], "message", f"headway reconcile never gives the number {name.n}")
        if name in beyond
        else _read_echo(basis, versions, name, tags[name])
        for name in names
    ]
    previous = {one.record.previous for one in alone if isinstance(one, Echo)}
    read: list[Echo | Distrusted] = []
    trusted: dict[Slot, list[Echo]] = {}
    for (slot, _), pairs in groupby(zip(names, alone, strict=True), key=lambda pair: (pair[0].slot, pair[0].n)):
        same, before = [one for _, one in pairs], trusted.setdefault(slot, [])
        chosen = _choose([one for one in same if isinstance(one, Echo)], before, previous)
        read += (_settle(one, chosen, before) for one in same)
        if chosen is not None:
            before.append(chosen)
    return read


def _find_beyond(names: Iterable[StageTag]) -> Collection[StageTag]:
    """Return which of the tags of stages, in order, have a number above `HIGHEST_N` and a free one before it.

    Whatever bound there were, one tag on it would leave no number for the next.
    """
    beyond: set[StageTag] = set()
    held: set[tuple[Slot, int]] = set()
    for name in names:
        if name.n > HIGHEST_N and (name.slot, name.n - 1) not in held:
            beyond.add(name)
        elif name.n >= HIGHEST_N:
            held.add((name.slot, name.n))
    return beyond


def _choose(same: Sequence[Echo], before: Sequence[Echo], previous: Collection[str | None]) -> Echo | None:
    """Return which of the tags with one number counts, of `#N` and `!#N`; `before` are the slot's trusted ones.

    The one that names the tag before it; else the one that is in `previous`, for another names it; else the one of the
    older declaration.
    """
    oid = before[-1].tag.oid if before else None

    def rank(one: Echo) -> tuple[bool, bool, int]:
        return one.record.previous != oid, one.tag.oid not in previous, one.declaration.change.position

    later = [one for one in same if _may_follow(one, before)]
    return min(later, key=rank) if len(later) > 1 else next(iter(later), None)


def _may_follow(one: Echo, before: Sequence[Echo]) -> bool:
    """Return whether an echo is of a later declaration than those before it, or empties the same stage further."""
    if not before or one.declaration.change.position > before[-1].declaration.change.position:
        return True
    same = one.declaration.commit == before[-1].declaration.commit
    return same and one.record.version is None and one.tag.commit in find_assigned(before)


def _settle(one: Echo | Distrusted, chosen: Echo | None, before: Sequence[Echo]) -> Echo | Distrusted:
    """Return an echo where it was chosen, else why it counts for nothing though it is sound by itself."""
    if isinstance(one, Distrusted) or one is chosen:
        return one
    last = before[-1] if before else None
    if last is not None and last.declaration.commit == one.declaration.commit:
        return Distrusted(one.tag, "repeated", f"{last.tag.name} is of the same declaration")
    if last is not None and last.declaration.change.position > one.declaration.change.position:
        return Distrusted(one.tag, "overtaken", f"{last.tag.name} is of a later declaration")
    assert chosen is not None  # or else this one would have been
    return Distrusted(one.tag, "repeated", f"{chosen.tag.name} has the same number")


def _read_echo(basis: _Basis, versions: Mapping[str, Version], name: StageTag, tag: Tag) -> Echo | Distrusted:
    """Return the echo that a tag is, whatever the others say."""
    if not tag.annotated:
        return Distrusted(tag, "lightweight", "it is no annotated tag")
    record = tag.record
    if not isinstance(record, EchoRecord) or not (_names_itself(tag) and _fits(name, record)):
        return Distrusted(tag, "message", "its message is not one that headway reconcile writes for it")
    if not (tag.commit in basis.ledger.positions and record.declared_in in basis.ledger.positions):
        return Distrusted(tag, "unmerged", "its commit, or the declaring one, is not on the default branch's own line")
    declaration = basis.declarations.get(name.slot, {}).get(record.declared_in)
    if declaration is None or declaration.change.blob != record.file:
        return Distrusted(tag, "no-declaration", f"commit {record.declared_in[:10]} did not declare what it says")
    if not _repeats(basis, name.slot, record):
        return Distrusted(tag, "contradiction", f"the stage file that it is of does not say {record.version}")
    version = versions.get(f"{name.slot.model}@{record.version}")
    if version is not None and version.commit != tag.commit:
        return Distrusted(tag, "wrong-commit", f"{version} is another commit")
    return Echo(name.slot, name.n, tag, record, declaration)


def _names_itself(tag: Tag) -> bool:
    """Return whether a message is of the tag that has it: a signed object of another name cannot stand in for it."""
    return tag.message.startswith(f"{tag.name}: ")


def _fits(name: StageTag, record: EchoRecord) -> bool:
    """Return whether a record names a version and a file exactly where the tag's name does."""
    said = record.version, record.version_tag, record.identity, record.file
    return not any(said) if name.empty else all(said)


def _repeats(basis: _Basis, slot: Slot, record: EchoRecord) -> bool:
    """Return whether an echo names what its stage file names, as far as the ledger holds that."""
    if record.file is None or basis.ledger.contents is None:
        return True
    return basis.claims[slot, record.file] == (record.version, record.identity)
