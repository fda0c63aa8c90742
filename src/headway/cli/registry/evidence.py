"""Gathers what an audit is about: every declaration, what Git and the remote hold of each version, signatures."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial

from headway.cli.progress import show_progress
from headway.cli.registry.bytes import Bundle, BundleStore
from headway.cli.registry.doubts import find_committed_no
from headway.cli.registry.opening import Opened
from headway.contracts.layout import ACKNOWLEDGED, LOCK, STAGES, ModelFiles
from headway.contracts.manifest import FileDigest
from headway.contracts.registry.acknowledged import Acknowledgement, parse_acknowledged
from headway.contracts.registry.desired import Desired
from headway.contracts.registry.ledger import Tag
from headway.contracts.registry.stages import Stages, parse_stages
from headway.errors import InputError
from headway.integrations.git.signatures import find_bad_signatures
from headway.registry.attestation import Attest
from headway.registry.audit.attested import list_reviewed
from headway.registry.audit.bytes import Committed, Stored
from headway.registry.audit.declared import Declared, Merged, Rules, Said
from headway.registry.audit.tags import Complaint
from headway.registry.state import Declaration, Version

_ASKED = 100
"""The forge is asked about so many commits at most: each takes it several requests."""
_FOLDER = ".dir"
_SIGNED = "\n-----BEGIN "
_UNSIGNED = "it has no signature"


def read_declared(opened: Opened, merged: Merged) -> Declared:
    """Return what every declaration says, and by which rules; `merged` is what a forge says."""
    declarations = [one for found in opened.state.declarations.values() for one in found]
    said = {one: _read_said(opened, one) for one in show_progress(declarations, label="declarations")}
    return Declared(opened.ledger, opened.state, said, read_rules(opened), merged, _read_unaccepted(opened, said))


def read_rules(opened: Opened) -> Rules:
    """Return stages.yaml over time."""
    positions: list[int] = []
    stages: list[Stages] = []
    fault = f"{opened.branch} has none" if opened.state.declarations else None
    for change in opened.ledger.changes:
        if change.path != STAGES.as_posix():
            continue
        if change.blob is None:
            fault = f"commit {change.commit[:10]} took it away"
            continue
        try:
            stages.append(parse_stages(opened.read(change.blob), change.path))
        except InputError as error:
            fault = error.message
            continue
        positions.append(change.position)
        fault = None
    return Rules(positions, stages, fault)


def read_acknowledged(opened: Opened) -> Sequence[Acknowledgement]:
    """Return the findings that people acknowledged, as the default branch has them now.

    Raises:
        InputError: the file does not follow its schema; file and line are named.
    """
    path = ACKNOWLEDGED.as_posix()
    blob = opened.ledger.blob_of(path)
    return () if blob is None else parse_acknowledged(opened.read(blob), path).findings


def ask_forge(opened: Opened, attest: Attest) -> tuple[Merged, int]:
    """Return what a forge says of the newest changes of the registry, and how many older ones it was not asked about.

    Raises:
        OutsideError: the forge fails.
        InputError: the token may not read it.
    """
    commits = list(dict.fromkeys(change.commit for change in list_reviewed(opened.ledger, opened.state)))
    newest = commits[-_ASKED:]
    merged = {commit: attest(commit) for commit in show_progress(newest, label="merges at the forge")}
    return merged, len(commits) - len(newest)


def read_committed(opened: Opened, version: Version) -> Committed:
    """Return what Git holds at a version's commit."""
    manifest = ModelFiles(version.model).manifest.as_posix()
    return Committed(opened.file(version.commit, manifest), opened.file(version.commit, LOCK.as_posix()))


def find_declared_versions(declared: Declared) -> frozenset[str]:
    """Return the tags of the versions that a stage declares now."""
    return frozenset(version.tag.name for version in _find_declared(declared))


def read_stored(opened: Opened, versions: Sequence[Version], through: Collection[str]) -> Mapping[str, Stored]:
    """Return version's tag -> what the remote holds of its bundle; that of those in `through` is read byte by byte.

    Raises:
        OutsideError: the remote cannot be reached.
    """
    store = BundleStore(opened.root)
    bundles: dict[str, Bundle] = {}
    stored: dict[str, Stored] = {}
    for version in show_progress(versions, label="versions on the remote"):
        try:
            bundles[version.tag.name] = store.find(version.commit, version.model)
        except InputError as error:
            stored[version.tag.name] = Stored(fault=error.message)
    missing = frozenset(store.find_missing(bundles.values()))
    for name, bundle in bundles.items():
        stored[name] = _stored(store, bundle, missing, name if name in through else None)
    return stored


def read_complaints(opened: Opened, tags: Sequence[Tag]) -> Mapping[str, Complaint]:
    """Return tag object -> why its signature does not count."""
    complaints = {tag.oid: Complaint("unsigned", _UNSIGNED) for tag in tags if _SIGNED not in f"\n{tag.message}"}
    signed = [tag.oid for tag in tags if tag.oid not in complaints]
    progress = partial(show_progress, label="signatures, 50 at a time")
    for oid, bad in find_bad_signatures(opened.root, signed, progress).items() if signed else ():
        complaints[oid] = Complaint("signature" if bad.checked else "unverified", bad.said)
    return complaints


def _read_said(opened: Opened, declaration: Declaration) -> Said:
    try:
        return opened.declared(declaration)
    except InputError as error:
        return error


def _read_unaccepted(opened: Opened, said: Mapping[Declaration, Said]) -> Mapping[str, str]:
    """Return version's tag -> what its own commit's verdict says against it, of versions that stages ever named."""
    named = {(one.model, one.version) for one in said.values() if isinstance(one, Desired)}
    versions = [one for found in opened.state.versions.values() for one in found]
    answers = {
        one.tag.name: find_committed_no(opened, one.commit, one.record.identity)
        for one in versions
        if (one.model, str(one.number)) in named
    }
    return {name: answer for name, answer in answers.items() if answer}


def _find_declared(declared: Declared) -> Iterator[Version]:
    for declarations in declared.state.declarations.values():
        said = declared.said[declarations[-1]]
        version = said.version if isinstance(said, Desired) else None
        if found := declared.state.named(declarations[-1].slot.model, version):
            yield found


def _stored(store: BundleStore, bundle: Bundle, missing: frozenset[str], read_through: str | None) -> Stored:
    """Return what the remote holds; where `read_through` names the version, its objects are read and the list as well.

    The list of a folder is an object, too: it counts as one more member, under the folder's name.
    """
    name, md5 = bundle.output.name, bundle.output.md5 or ""
    if bundle.members is None:
        return Stored(missing=missing)
    objects = {**bundle.members, name: md5}
    digests: dict[str, FileDigest] = {}
    gone: set[str] = set()
    for path in show_progress(objects, label=f"files of {read_through}") if read_through else ():
        if objects[path] not in missing:
            found = store.digest(bundle, objects[path])
            if found is None:
                gone.add(objects[path])
            else:
                digests[path] = found
    members = {**bundle.members, name: md5.removesuffix(_FOLDER)}
    return Stored(members=members, missing=missing | gone, digests=digests, old=bundle.output.old)
