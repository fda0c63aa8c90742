"""Registry tags that this clone had otherwise than the remote, kept as refs of its own."""

from __future__ import annotations

from pathlib import Path

from headway.contracts.registry.ledger import Ledger
from headway.integrations.git.command import tell

_LOST = "refs/headway/lost/"


def lost_ref(name: str, oid: str) -> str:
    """Return the ref that keeps a tag's object; it is never pushed."""
    return f"{_LOST}{name}/{oid}"


def find_lost(root: Path, ledger: Ledger) -> tuple[tuple[str, str, str | None], ...]:
    """Return the kept tags that the remote has otherwise.

    Returns:
        (name, object that was here, object now or None), by name; one that was put back is not among them.
    """
    kept = tell(root, "for-each-ref", "--format=%(refname)", _LOST).split("\n")
    names = [ref.removeprefix(_LOST).rpartition("/") for ref in kept if ref]
    found = [(name, oid, ledger.tags[name].oid if name in ledger.tags else None) for name, _, oid in names]
    return tuple(one for one in found if one[1] != one[2])
