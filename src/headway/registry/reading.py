"""Reads the registry's state out of a ledger: which tags count, and why the others do not."""

from __future__ import annotations

from collections.abc import Mapping

from headway.contracts.registry.desired import slot_of
from headway.contracts.registry.ledger import Ledger, Tag
from headway.contracts.registry.records import EchoRecord, parse_echo_record, parse_version_record
from headway.contracts.registry.tags import Slot, StageTag, VersionNumber, VersionTag, parse_tag, parse_version
from headway.registry.state import Declaration, Distrusted, Echo, State, Version

_Versions = Mapping[str, Mapping[VersionNumber, Version]]
_Declarations = Mapping[Slot, Mapping[str, Declaration]]
"""Slot -> declaring commit -> declaration."""


def read_state(ledger: Ledger) -> State:
    """Return the state of the registry.

    Tags are taken by number, never by date. Where two of them say the same, the lower number counts.
    """
    named = [(parse_tag(name), tag) for name, tag in ledger.tags.items()]
    declarations = _read_declarations(ledger)
    versions, bad_versions = _read_versions(ledger, {one: tag for one, tag in named if isinstance(one, VersionTag)})
    stage_tags = {one: tag for one, tag in named if isinstance(one, StageTag)}
    echoes, bad_echoes = _read_echoes(ledger, stage_tags, versions, declarations)
    return State(
        head=ledger.head,
        versions={model: tuple(found.values()) for model, found in versions.items()},
        declarations={slot: tuple(found.values()) for slot, found in declarations.items()},
        echoes={slot: tuple(found) for slot, found in echoes.items()},
        distrusted=(*bad_versions, *bad_echoes),
        complete=ledger.complete,
    )


def _read_declarations(ledger: Ledger) -> _Declarations:
    found: dict[Slot, dict[str, Declaration]] = {}
    for change in ledger.changes:
        slot = slot_of(change.path)
        if slot is not None and parse_tag(str(StageTag(slot, 1))) is not None:
            found.setdefault(slot, {})[change.commit] = Declaration(slot, change)
    return dict(sorted(found.items()))


def _read_versions(ledger: Ledger, tags: Mapping[VersionTag, Tag]) -> tuple[_Versions, list[Distrusted]]:
    versions: dict[str, dict[VersionNumber, Version]] = {}
    known: dict[tuple[str, str], Version] = {}
    distrusted: list[Distrusted] = []
    for name, tag in sorted(tags.items()):
        read = _read_version(ledger, name, tag, known)
        if isinstance(read, Distrusted):
            distrusted.append(read)
        else:
            versions.setdefault(name.model, {})[name.number] = read
            known[name.model, read.commit] = known[name.model, read.record.identity] = read
    return versions, distrusted


def _read_version(
    ledger: Ledger, name: VersionTag, tag: Tag, known: Mapping[tuple[str, str], Version]
) -> Version | Distrusted:
    """Return the version that a tag makes; `known` are those before it, by model and commit or identity."""
    if not tag.annotated:
        return Distrusted(tag, "lightweight", "it is no annotated tag")
    record = parse_version_record(tag.message)
    if record is None:
        return Distrusted(tag, "message", "its message is not one that headway register writes")
    if tag.commit is None or tag.commit not in ledger.positions:
        return Distrusted(tag, "unmerged", "its commit is not on the default branch's own line")
    if older := known.get((name.model, tag.commit)):
        return Distrusted(tag, "repeated", f"{older} is a version of the same commit")
    if older := known.get((name.model, record.identity)):
        return Distrusted(tag, "repeated", f"{older} has the same manifest")
    return Version(name.model, name.number, tag, record, ledger.positions[tag.commit])


def _read_echoes(
    ledger: Ledger, tags: Mapping[StageTag, Tag], versions: _Versions, declarations: _Declarations
) -> tuple[Mapping[Slot, list[Echo]], list[Distrusted]]:
    echoes: dict[Slot, list[Echo]] = {}
    distrusted: list[Distrusted] = []
    for name, tag in sorted(tags.items()):
        before = echoes.get(name.slot, ())
        read = _read_echo(ledger, name, tag, versions, declarations, before[-1] if before else None)
        if isinstance(read, Distrusted):
            distrusted.append(read)
        else:
            echoes.setdefault(name.slot, []).append(read)
    return echoes, distrusted


def _read_echo(
    ledger: Ledger,
    name: StageTag,
    tag: Tag,
    versions: _Versions,
    declarations: _Declarations,
    before: Echo | None,
) -> Echo | Distrusted:
    """Return the echo that a tag is; `before` is the slot's trusted one before it."""
    if not tag.annotated:
        return Distrusted(tag, "lightweight", "it is no annotated tag")
    record = parse_echo_record(tag.message)
    if record is None or not _fits(name, record):
        return Distrusted(tag, "message", "its message is not one that headway reconcile writes")
    if tag.commit not in ledger.positions or record.declared_in not in ledger.positions:
        return Distrusted(tag, "unmerged", "its commit, or the declaring one, is not on the default branch's own line")
    declaration = declarations.get(name.slot, {}).get(record.declared_in)
    if declaration is None or declaration.change.blob != record.file:
        return Distrusted(tag, "no-declaration", f"commit {record.declared_in[:10]} did not declare what it says")
    version = _named_version(name, record, versions)
    if version is not None and version.commit != tag.commit:
        return Distrusted(tag, "wrong-commit", f"{version} is another commit")
    if before is not None and before.declaration.change.position >= declaration.change.position:
        same = before.declaration == declaration
        return Distrusted(
            tag,
            "repeated" if same else "overtaken",
            f"{before.tag.name} is of {'the same' if same else 'a later'} declaration",
        )
    return Echo(name.slot, name.n, tag, record, declaration)


def _fits(name: StageTag, record: EchoRecord) -> bool:
    """Return whether a record names a version and a file exactly where the tag's name does."""
    said = record.version, record.version_tag, record.identity, record.file
    if name.empty:
        return not any(said)
    return all(said) and parse_version(record.version or "") is not None


def _named_version(name: StageTag, record: EchoRecord, versions: _Versions) -> Version | None:
    """Return the version that an echo names; None for an empty stage, and where its tag is gone: a gap, for audit."""
    number = parse_version(record.version or "")
    return None if number is None else versions.get(name.slot.model, {}).get(number)
