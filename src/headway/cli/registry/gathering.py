"""Brings together what is known about a version and the stage that it is to go to."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING

from headway.cli.progress import say
from headway.cli.registry.bytes import bundle_missing
from headway.contracts.layout import SCORECARD
from headway.contracts.registry.desired import Desired
from headway.contracts.registry.stages import StageRules
from headway.contracts.registry.tags import Slot, VersionTag, parse_version
from headway.errors import InputError
from headway.registry.earned import Facts
from headway.registry.proposal import Held
from headway.registry.tenure import Tenure, find_tenures, last_file
from headway.registry.timeline import Event, list_events

if TYPE_CHECKING:
    from headway.cli.registry.opening import Opened
    from headway.contracts.manifest import Manifest
    from headway.contracts.scorecard import Scorecard
    from headway.contracts.verdict import Verdict
    from headway.registry.state import Version


class SlotHistory:
    """What a slot was declared, and when.

    Attributes:
        events: its declarations, in the line's order.
        files: those of their stage files that can be read, by Git's object.
    """

    def __init__(self, opened: Opened, slot: Slot) -> None:
        self.events: tuple[Event, ...] = list_events(opened.state, model=slot.model, stage=slot.stage)
        self.files: Mapping[str, Desired] = _read_files(opened, self.events)

    @property
    def tenures(self) -> tuple[Tenure, ...]:
        return find_tenures(self.events, self.files)

    @property
    def present(self) -> Desired | None:
        """The stage file as it is, or as it last could be read; None where the stage is empty."""
        return last_file(self.events, self.files)


def gather_facts(
    opened: Opened, name: VersionTag, stage: str, rules: StageRules, *, now: datetime, judge: bool
) -> Facts:
    """Return what is known; `judge` says whether the gate is asked again where the stage's rules want it.

    Raises:
        InputError: the project has no DVC remote to ask for the version's bytes.
        OutsideError: that remote cannot be reached.
    """
    slot = Slot(stage, name.model)
    version = opened.state.version(name.model, name.number)
    here = SlotHistory(opened, slot)
    upstream = SlotHistory(opened, Slot(rules.after, name.model)).tenures if rules.after else ()
    missing = bundle_missing(opened.root, version.commit, name.model) if version else ()
    verdict, unjudged = None, ""
    if judge and version is not None and rules.gate == "current":
        verdict, unjudged = (None, "the remote lacks its files") if missing else _judge(opened, version, here.present)
    distrusted = next((one.sentence for one in opened.state.distrusted if one.tag.name == str(name)), "")
    return Facts(
        name=name,
        version=version,
        distrusted=distrusted,
        slot=slot,
        rules=rules,
        present=here.present,
        missing=missing,
        verdict=verdict,
        unjudged=unjudged,
        here=here.tenures,
        upstream=upstream,
        now=now,
    )


def find_held(opened: Opened, slot: Slot, present: Desired | None) -> Held | None:
    """Return what a stage holds now; None where that is nothing, or no version that is trusted."""
    version = _version_of(opened, slot.model, present)
    if version is None:
        return None
    with suppress(InputError):
        return Held(version, opened.manifest(version))
    return None


def find_scorecard(opened: Opened, version: Version, manifest: Manifest) -> Scorecard | None:
    """Return the scorecard that a manifest names; None where its commit has another, or none of this schema."""
    from headway.contracts.scorecard import Scorecard

    content = opened.file(version.commit, SCORECARD.as_posix())
    if content is None or hashlib.sha256(content).hexdigest() != manifest.scorecard.sha256:
        return None
    with suppress(ValueError, RecursionError):
        return Scorecard.model_validate(json.loads(content))
    return None


def _read_files(opened: Opened, events: tuple[Event, ...]) -> Mapping[str, Desired]:
    files = {}
    for event in events:
        with suppress(InputError):
            said = opened.declared(event.declaration)
            if said is not None:
                files[event.declaration.change.blob or ""] = said
    return files


def _version_of(opened: Opened, model: str, present: Desired | None) -> Version | None:
    number = parse_version(present.version) if present else None
    return opened.state.version(model, number) if number else None


def _judge(opened: Opened, version: Version, present: Desired | None) -> tuple[Verdict | None, str]:
    """Return the gate's verdict by the default branch's policy; or nothing, and the reason."""
    from headway.cli.gate.judging import judge_candidate

    held = _version_of(opened, version.model, present)
    if present is not None and held is None:
        return None, f"{version.model}@{present.version} is no trusted version"
    say(f"judging {version} against {held or 'no model: the stage is empty'}")
    champion = held.commit if held else "none"
    try:
        return judge_candidate(
            opened.root, base=opened.ledger.head, candidate=version.commit, champion=champion, rescore=True
        ), ""
    except InputError as error:
        return None, error.message
