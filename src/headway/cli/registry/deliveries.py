"""Deliveries: of each stage the newest declaration, until a status of its commit says that it was delivered."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from headway.cli.actions import set_output
from headway.cli.forge import find_forge
from headway.cli.progress import say
from headway.cli.registry.opening import Opened, open_local
from headway.contracts.github import APP_SUFFIX, CommitStatus, released_context
from headway.contracts.registry.tags import Slot
from headway.errors import HeadwayError
from headway.registry.status import newest_echo

if TYPE_CHECKING:
    from headway.ports import Forge

Told = Mapping[str, str | None]
"""Model, stage, tag and version of a declaration, as deliver.yml takes them."""


def was_delivered(statuses: Mapping[str, CommitStatus], slot: Slot) -> bool:
    """Return whether the statuses of a declaring commit say that it was delivered to `slot`.

    Only a workflow's word counts: a person with the right to write could set such a status as well.
    """
    status = statuses.get(released_context(str(slot)))
    return status is not None and status.state == "success" and status.creator.endswith(APP_SUFFIX)


def tell_deliveries(root: Path, made: Sequence[Told], environment: Mapping[str, str] = os.environ) -> None:
    """Give later steps what is to be delivered: the newest of what was `made`, and what got lost before."""
    newest = {(one["stage"], one["model"]): one for one in made}
    if environment.get("GITHUB_OUTPUT"):
        newest |= {(one["stage"], one["model"]): one for one in _find_lost(root, environment)}
    set_output("declared", json.dumps(list(newest.values())), environment)
    set_output("any", json.dumps(bool(newest)), environment)


def _find_lost(root: Path, environment: Mapping[str, str]) -> list[Told]:
    """Return the newest declarations that nothing says were delivered; none where GitHub does not tell."""
    try:
        forge = find_forge(root, environment)
        return list(_undelivered(open_local(root), forge)) if forge else []
    except HeadwayError as error:
        say(f"warning: deliveries that got lost are not looked for: {error.message}")
        return []


def _undelivered(opened: Opened, forge: Forge) -> Iterator[Told]:
    statuses = cache(forge.statuses)
    stages = opened.stages().stages
    for slot in opened.state.echoes:
        echo = newest_echo(opened.state, slot)
        if echo and slot.stage in stages and not was_delivered(statuses(echo.declaration.commit), slot):
            yield {"model": slot.model, "stage": slot.stage, "tag": echo.tag.name, "version": echo.record.version}
