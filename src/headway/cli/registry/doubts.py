"""What a commit and its tags say against a version, whatever the registry's own tags claim."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from headway.contracts.layout import LOCK, STAGES, VERDICT
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
    """Return tag object -> why its signature does not count; none where stages.yaml does not demand signed tags.

    Raises:
        InputError: stages.yaml cannot be read.
    """
    from headway.cli.registry.evidence import read_complaints

    if not tags or opened.file(opened.ledger.head, STAGES.as_posix()) is None or not opened.stages().signed_tags:
        return {}
    return {oid: complaint.said for oid, complaint in read_complaints(opened, tags).items()}


def require_signed(opened: Opened, version: Version) -> None:
    """Raise `InputError` for a version whose tag is not signed well, where stages.yaml demands it."""
    complaint = find_unsigned(opened, [version.tag]).get(version.tag.oid)
    if complaint is not None:
        raise InputError(
            f"stages.yaml demands signed tags, and that of {version} does not count: {complaint}",
            hint="headway audit names every tag without a good signature",
        )
