"""What a commit and its tags say against a version, whatever the registry's own tags claim."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from headway.contracts.layout import LOCK, VERDICT
from headway.errors import InputError

if TYPE_CHECKING:
    from headway.cli.registry.opening import Opened
    from headway.contracts.registry.ledger import Tag
    from headway.registry.state import Version


def find_committed_no(opened: Opened, commit: str, identity: str) -> str:
    """Return what the verdict in a commit says against just the model and the lock that are there.

    "" where it accepts, is about others, or is none: a good word in it counts for nothing, as anybody may write it.
    """
    from headway.contracts.verdict import parse_verdict

    lock, content = (opened.file(commit, path.as_posix()) for path in (LOCK, VERDICT))
    try:
        verdict = parse_verdict(content or b"", VERDICT.as_posix())
    except InputError:
        return ""
    about = verdict.candidate.identity, verdict.lock_sha256
    if verdict.decision == "accept" or about != (identity, hashlib.sha256(lock or b"").hexdigest()):
        return ""
    return verdict.summary


def find_unsigned(opened: Opened, tags: Sequence[Tag]) -> Mapping[str, str]:
    """Return tag object -> why its signature does not count, of those tags that must be signed.

    As for an audit, a stages.yaml that cannot be read leaves the one before it in force.
    """
    from headway.cli.registry.evidence import read_complaints, read_rules
    from headway.registry.signing import list_demanded

    rules = read_rules(opened)
    demanded = {tag.oid for tag in list_demanded(opened.state, zip(rules.positions, rules.stages, strict=True))}
    complaints = read_complaints(opened, [tag for tag in tags if tag.oid in demanded])
    return {oid: complaint.said for oid, complaint in complaints.items()}


def require_signed(opened: Opened, version: Version) -> None:
    """Raise `InputError` for a version whose tag is not signed well, where it must be."""
    complaint = find_unsigned(opened, [version.tag]).get(version.tag.oid)
    if complaint is not None:
        raise InputError(
            f"stages.yaml demands signed tags, and that of {version} does not count: {complaint}",
            hint="headway audit names every tag without a good signature",
        )
