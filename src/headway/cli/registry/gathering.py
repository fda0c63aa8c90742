"""Brings together what is known about a version and the stage that it is to go to."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from headway.cli.progress import say
from headway.cli.registry.bytes import bundle_missing
from headway.cli.registry.doubts import find_committed_no, find_unsigned
from headway.contracts.layout import SCORECARD
from headway.contracts.registry.desired import Desired
from headway.contracts.registry.stages import StageRules
from headway.contracts.registry.tags import Slot, VersionTag
from headway.errors import InputError
from headway.registry.earned import Facts
from headway.registry.proposal import Held
from headway.registry.tenure import Tenure, find_tenures, held_against, last_file
from headway.registry.timeline import Event, list_events

if TYPE_CHECKING:
    from headway.cli.registry.opening import Opened
    from headway.contracts.manifest import Manifest
    from headway.contracts.scorecard import Scorecard
    from headway.contracts.verdict import Verdict
    from headway.ports import Forge
    from headway.registry.state import Version


class SlotHistory:
    """What a slot was declared, and when.

    Attributes:
        events: its declarations, in the line's order.
        files: those of their stage files that can be read, by Git's object.
    """

    def __init__(self, opened: Opened, slot: Slot) -> None:
        events = list_events(opened.state, model=slot.model, stage=slot.stage)
        unsigned = find_unsigned(opened, [event.echo.tag for event in events if event.echo])
        self.events: tuple[Event, ...] = tuple(_without_echo(event, unsigned) for event in events)
        self.files: Mapping[str, Desired] = _read_files(opened, self.events)

    @property
    def tenures(self) -> tuple[Tenure, ...]:
        return find_tenures(self.events, self.files)

    @property
    def against(self) -> frozenset[str]:
        """The versions that a hold was ever set against."""
        return held_against(self.events, self.files)

    def tenures_by(self, forge: Forge, version: str) -> tuple[Tenure, ...]:
        """Return the tenures, those of one version with the times that a forge says.

        Raises:
            InputError, OutsideError: the forge does not answer.
        """

        readable = [one for one in self.events if (blob := one.declaration.change.blob) is None or blob in self.files]
        own = [place for place, one in enumerate(readable) if self._version_in(one) == version]
        asked = {one.declaration.commit for place in own for one in readable[place : place + 2]}

        def ask(event: Event) -> datetime | None:
            if event.declaration.commit not in asked:
                return event.at
            merged = forge.merged_pull_request(event.declaration.commit)
            return merged.merged_at if merged else None

        return find_tenures(self.events, self.files, ask)

    def _version_in(self, event: Event) -> str | None:
        said = self.files.get(event.declaration.change.blob or "")
        return said.version if said else None

    @property
    def present(self) -> Desired | None:
        """The stage file as it is, or as it last could be read; None where the stage is empty."""
        return last_file(self.events, self.files)


def gather_facts(
    opened: Opened,
    name: VersionTag,
    stage: str,
    rules: StageRules,
    *,
    now: datetime,
    judge: bool,
    forge: Forge | None = None,
) -> Facts:
    """Return what is known.

    Args:
        opened, name, stage, rules: what is to go where, and what that demands.
        now: the time.
        judge: whether the gate is asked again where the stage's rules want it.
        forge: whose word alone counts for when the upstream stage got the version; without one, the tags' does.

    Raises:
        InputError: the project has no DVC remote to ask for the version's bytes.
        OutsideError: that remote, or the forge, cannot be reached.
    """
    slot = Slot(stage, name.model)
    version = opened.state.version(name.model, name.number)
    here = SlotHistory(opened, slot)
    upstream = _find_upstream(opened, name, rules, forge)
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
        against=here.against,
        unaccepted=find_committed_no(opened, version.commit, version.record.identity) if version else "",
        signature=find_unsigned(opened, [version.tag]).get(version.tag.oid, "") if version else "",
    )


def find_held(opened: Opened, slot: Slot, present: Desired | None) -> Held | None:
    """Return what a stage holds now; None where that is nothing, or no version that is trusted."""
    version = opened.state.named(slot.model, present.version if present else None)
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


def _find_upstream(opened: Opened, name: VersionTag, rules: StageRules, forge: Forge | None) -> tuple[Tenure, ...]:
    if rules.after is None:
        return ()
    history = SlotHistory(opened, Slot(rules.after, name.model))
    return history.tenures_by(forge, str(name.number)) if forge else history.tenures


def _without_echo(event: Event, unsigned: Mapping[str, str]) -> Event:
    """Return a declaration without its tag where that is not signed as it must be."""
    return replace(event, echo=None) if event.echo and event.echo.tag.oid in unsigned else event


def _read_files(opened: Opened, events: tuple[Event, ...]) -> Mapping[str, Desired]:
    files = {}
    for event in events:
        with suppress(InputError):
            said = opened.declared(event.declaration)
            if said is not None:
                files[event.declaration.change.blob or ""] = said
    return files


def _judge(opened: Opened, version: Version, present: Desired | None) -> tuple[Verdict | None, str]:
    """Return the gate's verdict by the default branch's policy; or nothing, and the reason."""
    from headway.cli.gate.judging import judge_candidate

    held = opened.state.named(version.model, present.version if present else None)
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
