"""Reads the registry's state out of a ledger: which tags count, and why the others do not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from headway.contracts.registry.desired import read_claim, slot_of
from headway.contracts.registry.ledger import Ledger, Tag
from headway.contracts.registry.records import EchoRecord, parse_echo_record, parse_version_record
from headway.contracts.registry.tags import Slot, StageTag, VersionTag, parse_tag
from headway.registry.state import Declaration, Distrusted, Echo, State, Version

_Versions = Mapping[str, Version]
"""Name of the tag -> version."""
_Declarations = Mapping[Slot, Mapping[str, Declaration]]
"""Slot -> declaring commit -> declaration."""


def read_state(ledger: Ledger) -> State:
    """Return the state of the registry.

    Tags are taken by number, never by date. Where two of them say the same, the lower number counts.
    """
    named = [(parse_tag(name), tag) for name, tag in ledger.tags.items()]
    read_versions = _read_versions(ledger, {one: tag for one, tag in named if isinstance(one, VersionTag)})
    versions = {one.tag.name: one for one in read_versions if isinstance(one, Version)}
    basis = _Basis(ledger, versions, _read_declarations(ledger))
    read_echoes = _read_echoes(basis, {one: tag for one, tag in named if isinstance(one, StageTag)})
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
    """What echoes are held against."""

    ledger: Ledger
    versions: _Versions
    declarations: _Declarations


def _read_declarations(ledger: Ledger) -> _Declarations:
    found: dict[Slot, dict[str, Declaration]] = {}
    for change in ledger.changes:
        slot = slot_of(change.path)
        if slot is not None:
            found.setdefault(slot, {})[change.commit] = Declaration(slot, change)
    return {slot: found[slot] for slot in sorted(found) if parse_tag(str(StageTag(slot, 1))) is not None}


def _read_versions(ledger: Ledger, tags: Mapping[VersionTag, Tag]) -> list[Version | Distrusted]:
    """Return what the tags of versions mean, by model and number."""
    read: list[Version | Distrusted] = []
    known: dict[tuple[str, str], Version] = {}
    for name in sorted(tags, key=lambda name: (name.model, name.number.major, name.number.minor, name.number.patch)):
        one = _read_version(ledger, name, tags[name], known)
        if isinstance(one, Version):
            known[name.model, one.commit] = known[name.model, one.record.identity] = one
        read.append(one)
    return read


def _read_version(
    ledger: Ledger, name: VersionTag, tag: Tag, known: Mapping[tuple[str, str], Version]
) -> Version | Distrusted:
    """Return the version that a tag makes; `known` are those before it, by model and commit or identity."""
    if not tag.annotated:
        return Distrusted(tag, "lightweight", "it is no annotated tag")
    record = parse_version_record(tag.message)
    if record is None or not _names_itself(tag):
        return Distrusted(tag, "message", "its message is not one that headway register writes for it")
    if tag.commit is None or tag.commit not in ledger.positions:
        return Distrusted(tag, "unmerged", "its commit is not on the default branch's own line")
    if older := known.get((name.model, tag.commit)):
        return Distrusted(tag, "repeated", f"{older} is a version of the same commit")
    if older := known.get((name.model, record.identity)):
        return Distrusted(tag, "repeated", f"{older} has the same manifest")
    return Version(name.model, name.number, tag, record, ledger.positions[tag.commit])


def _read_echoes(basis: _Basis, tags: Mapping[StageTag, Tag]) -> list[Echo | Distrusted]:
    """Return what the tags of stages mean, by slot and number."""
    read: list[Echo | Distrusted] = []
    newest: dict[Slot, Echo] = {}
    for name in sorted(tags, key=lambda name: (name.slot.stage, name.slot.model, name.n, name.empty)):
        one = _read_echo(basis, name, tags[name], newest.get(name.slot))
        if isinstance(one, Echo):
            newest[name.slot] = one
        read.append(one)
    return read


def _read_echo(basis: _Basis, name: StageTag, tag: Tag, before: Echo | None) -> Echo | Distrusted:
    """Return the echo that a tag is; `before` is the slot's trusted one before it."""
    if not tag.annotated:
        return Distrusted(tag, "lightweight", "it is no annotated tag")
    record = parse_echo_record(tag.message)
    if record is None or not (_names_itself(tag) and _fits(name, record)):
        return Distrusted(tag, "message", "its message is not one that headway reconcile writes for it")
    if not (tag.commit in basis.ledger.positions and record.declared_in in basis.ledger.positions):
        return Distrusted(tag, "unmerged", "its commit, or the declaring one, is not on the default branch's own line")
    declaration = basis.declarations.get(name.slot, {}).get(record.declared_in)
    if declaration is None or declaration.change.blob != record.file:
        return Distrusted(tag, "no-declaration", f"commit {record.declared_in[:10]} did not declare what it says")
    if not _repeats(basis.ledger, name.slot, record):
        return Distrusted(tag, "contradiction", f"the stage file that it is of does not say {record.version}")
    version = basis.versions.get(f"{name.slot.model}@{record.version}")
    if version is not None and version.commit != tag.commit:
        return Distrusted(tag, "wrong-commit", f"{version} is another commit")
    if before is None or before.declaration.change.position < declaration.change.position:
        return Echo(name.slot, name.n, tag, record, declaration)
    if before.declaration.commit == declaration.commit:
        return Distrusted(tag, "repeated", f"{before.tag.name} is of the same declaration")
    return Distrusted(tag, "overtaken", f"{before.tag.name} is of a later declaration")


def _names_itself(tag: Tag) -> bool:
    """Return whether a message is of the tag that has it: a signed object of another name cannot stand in for it."""
    return tag.message.startswith(f"{tag.name}: ")


def _fits(name: StageTag, record: EchoRecord) -> bool:
    """Return whether a record names a version and a file exactly where the tag's name does."""
    said = record.version, record.version_tag, record.identity, record.file
    return not any(said) if name.empty else all(said)


def _repeats(ledger: Ledger, slot: Slot, record: EchoRecord) -> bool:
    """Return whether an echo names what its stage file names, as far as the ledger holds that."""
    if record.file is None or ledger.contents is None:
        return True
    return read_claim(ledger.contents[record.file], slot) == (record.version, record.identity)
