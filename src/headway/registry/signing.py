"""Which tags must be signed: none that were there before stages.yaml began to demand it."""

from __future__ import annotations

from collections.abc import Iterable

from headway.contracts.registry.ledger import Tag
from headway.contracts.registry.stages import Stages
from headway.registry.state import State


def find_demand(rules: Iterable[tuple[int, Stages]]) -> int | None:
    """Return the position on the line from which tags must be signed; None where none need be now.

    That is where `signed_tags` last became true: a tag is never made anew, so that what was registered or declared
    before could not be mended.

    Args:
        rules: each readable stages.yaml of the line with the position of its commit, oldest first.
    """
    since: int | None = None
    for position, stages in rules:
        since = (position if since is None else since) if stages.signed_tags else None
    return since


def list_demanded(state: State, rules: Iterable[tuple[int, Stages]]) -> tuple[Tag, ...]:
    """Return the trusted tags that must be signed; `rules` as for `find_demand`.

    A version counts from its own commit on, an echo from the commit that declared.
    """
    since = find_demand(rules)
    if since is None:
        return ()
    versions = (one.tag for found in state.versions.values() for one in found if one.position >= since)
    echoes = (one.tag for found in state.echoes.values() for one in found if one.declaration.change.position >= since)
    return (*versions, *echoes)
