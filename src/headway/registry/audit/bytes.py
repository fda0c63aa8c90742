"""Versions whose tag, commit and bytes on the remote do not say the same."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from headway.contracts.layout import LOCK, ModelFiles
from headway.contracts.lock import output_digests, parse_lock
from headway.contracts.manifest import MODEL, FileDigest, Manifest, identity_of, parse_manifest
from headway.errors import InputError
from headway.registry.audit.findings import Finding
from headway.registry.state import Version

_NAMED = 3


@dataclass(frozen=True)
class Committed:
    """What Git holds at a version's commit; None for a file that is not there."""

    manifest: bytes | None
    lock: bytes | None


@dataclass(frozen=True)
class Stored:
    """What the remote holds of a version's bundle.

    Attributes:
        fault: why it cannot be said; "" where it can.
        members: path in the bundle -> MD5, as DVC lists them; None where the list is not there.
        missing: MD5s that are not there.
        digests: path in the bundle -> what was read; only of those that were read through.
        old: whether DVC 2 named the objects, by an MD5 that is not that of a text's bytes.
    """

    fault: str = ""
    members: Mapping[str, str] | None = None
    missing: frozenset[str] = frozenset()
    digests: Mapping[str, FileDigest] | None = None
    old: bool = False


def audit_record(version: Version, committed: Committed) -> Iterator[Finding]:
    """Yield where a version's tag says other than the manifest and dvc.lock at its commit."""
    if faults := list(_find_disagreements(version, committed)):
        yield Finding("record-disagrees", version.tag.name, "; ".join(faults))


def audit_bytes(version: Version, committed: Committed, stored: Stored) -> Iterator[Finding]:
    """Yield what of a version's bundle the remote lacks, or has otherwise."""
    if stored.fault:
        yield Finding("bytes-missing", version.tag.name, stored.fault)
        return
    if stored.members is None:
        yield Finding("bytes-missing", version.tag.name, "the remote lacks the list of the bundle's files")
        return
    named = _read_files(version, committed)
    lacking = {path for path, md5 in stored.members.items() if md5 in stored.missing} | (named.keys() - stored.members)
    if lacking:
        yield Finding("bytes-missing", version.tag.name, f"the remote lacks {_names(lacking)}")
    other = {path for path, found in (stored.digests or {}).items() if _differs(path, found, stored, named)}
    if other:
        yield Finding("bytes-differ", version.tag.name, f"other bytes than the commit vouches for: {_names(other)}")


def _find_disagreements(version: Version, committed: Committed) -> Iterator[str]:
    record, files = version.record, ModelFiles(version.model)
    if committed.lock is None or committed.manifest is None:
        yield f"its commit has no {LOCK if committed.lock is None else files.manifest}"
        return
    try:
        manifest = parse_manifest(committed.manifest, files.manifest.as_posix())
        outputs = output_digests(parse_lock(committed.lock, LOCK.as_posix()))
    except InputError as error:
        yield error.message
        return
    if not record.identity == manifest.identity == identity_of(manifest):
        yield f"{files.manifest} is not the manifest that the tag names"
    if hashlib.sha256(committed.lock).hexdigest() != record.lock_sha256:
        yield f"{LOCK} is not the one that the tag names"
    model = manifest.files.get(MODEL)
    if model is None or model.sha256 != record.model_sha256:
        yield f"the manifest's {MODEL} is not the one that the tag names"
    if model and outputs.get(files.onnx.as_posix()) != model.md5:
        yield f"{LOCK} and the manifest are about different models"


def _read_files(version: Version, committed: Committed) -> Mapping[str, FileDigest]:
    """Return the files that the manifest vouches for; none where it cannot be read, which `audit_record` says."""
    try:
        manifest: Manifest = parse_manifest(committed.manifest or b"", version.tag.name)
    except InputError:
        return {}
    return manifest.files


def _differs(path: str, found: FileDigest, stored: Stored, named: Mapping[str, FileDigest]) -> bool:
    by_dvc = stored.old or (stored.members or {})[path] == found.md5
    return not by_dvc or (path in named and named[path] != found)


def _names(paths: set[str]) -> str:
    rest = len(paths) - _NAMED
    return ", ".join(sorted(paths)[:_NAMED]) + (f" and {rest} more" if rest > 0 else "")
