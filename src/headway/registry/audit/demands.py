"""Declarations that break the rules of their time: gate, order, soak, holds, rollbacks, approvals."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from headway.contracts.registry.desired import Desired
from headway.contracts.registry.stages import StageRules
from headway.contracts.registry.tags import Slot, VersionTag
from headway.errors import InputError
from headway.registry.audit.attested import confirm_echoes
from headway.registry.audit.declared import Declared, subject_of
from headway.registry.audit.findings import Finding
from headway.registry.changes import StageChange, refuse_approvals, refuse_change
from headway.registry.earned import Code, Facts, Refusal
from headway.registry.state import Declaration, Echo
from headway.registry.tenure import Files, find_tenures, held_against
from headway.registry.timeline import Event, list_events

_FOUND: Mapping[Code, str] = {
    "hold": "hold-broken",
    "reason": "reason-missing",
    "never-held": "rollback-broken",
    "shunned": "rollback-broken",
    "gate": "gate-broken",
    "unaccepted": "gate-broken",
}
"""What a pull request is refused for -> the finding where it was merged all the same."""


@dataclass(frozen=True)
class _Past:
    """What declarations are judged by: echoes and times are the forge's where it was asked.

    Attributes:
        declared: everything.
        events: of each slot, in the line's order.
        files: every stage file that can be read.
        first: where on the line each slot was declared an identity first.
    """

    declared: Declared
    events: Mapping[Slot, Sequence[Event]]
    files: Files
    first: Mapping[tuple[Slot, str], int]

    def had(self, slot: Slot, said: Desired, position: int) -> bool:
        """Return whether a slot was declared the same before a position of the line."""
        return self.first.get((slot, said.identity), position) < position

    def until(self, slot: Slot, position: int) -> Sequence[Event]:
        """Return the declarations of a slot before a position of the line."""
        events = self.events.get(slot, ())
        return events[: bisect_left(events, position, key=lambda one: one.declaration.change.position)]

    def rules(self, declaration: Declaration) -> StageRules:
        """Return what a declaration's stage demanded; where there were no rules for it, nothing."""
        stages = self.declared.rules.before(declaration.change.position)
        return (stages.stages if stages else {}).get(declaration.slot.stage, StageRules())


def audit_demands(declared: Declared) -> Iterator[Finding]:
    """Yield the declarations that skipped what the rules before them demanded."""
    confirmed = confirm_echoes(declared.state, declared.merged)
    past = _read_past(declared, confirmed)
    for slot, declarations in declared.state.declarations.items():
        before: Desired | None = None
        for declaration in declarations:
            said = declared.said[declaration]
            if not isinstance(said, InputError):
                yield from _audit_change(past, declaration, StageChange(slot, before, said))
                before = said
        for echo in confirmed[slot]:
            yield from _find_approvals(echo, past.rules(echo.declaration))


def _read_past(declared: Declared, confirmed: Mapping[Slot, tuple[Echo, ...]]) -> _Past:
    events: dict[Slot, list[Event]] = {}
    for event in list_events(replace(declared.state, echoes=confirmed)):
        events.setdefault(event.slot, []).append(event)
    files: dict[str, Desired] = {}
    first: dict[tuple[Slot, str], int] = {}
    for declaration, said in declared.said.items():
        if isinstance(said, Desired) and declaration.change.blob:
            files[declaration.change.blob] = said
            place = declaration.slot, said.identity
            first[place] = min(first.get(place, declaration.change.position), declaration.change.position)
    return _Past(declared, events, files, first)


def _audit_change(past: _Past, declaration: Declaration, change: StageChange) -> Iterator[Finding]:
    """Yield what its pull request would have been refused for; order and soak are looked at by what is known now."""
    moves = change.kind in ("promotion", "rollback")
    facts = _gather(past, declaration, change) if moves else None
    refusals = refuse_change(change, facts, {})
    for one in refusals:
        if one.code in _FOUND and not (one.expeditable and change.expedited):
            yield Finding(_FOUND[one.code], subject_of(declaration.change), one.sentence)
    if change.kind == "promotion" and change.after and not change.expedited:
        yield from _audit_order(past, declaration, change.after, facts, refusals)


def _audit_order(
    past: _Past, declaration: Declaration, said: Desired, facts: Facts | None, refusals: Sequence[Refusal]
) -> Iterator[Finding]:
    rules = past.rules(declaration)
    if rules.after is None:
        return
    if not past.had(Slot(rules.after, declaration.slot.model), said, declaration.change.position):
        sentence = f"{rules.after} had not held {said.version}, which {declaration.slot.stage} demands"
        yield Finding("order-broken", subject_of(declaration.change), sentence)
    elif facts:
        yield from _audit_soak(past, declaration, facts, {one.code: one.sentence for one in refusals})


def _audit_soak(past: _Past, declaration: Declaration, facts: Facts, refused: Mapping[str, str]) -> Iterator[Finding]:
    """Yield that the stage before held a version too briefly; where no forge says when, only that nobody can say."""
    subject, soak = subject_of(declaration.change), facts.soak
    if any(one.rolled_back for one in facts.upstream) and "upstream" in refused:
        yield Finding("order-broken", subject, refused["upstream"])
    hours = facts.soak_hours(soak) if soak else 0.0
    if not soak or not hours:
        return
    if not (soak.attested and _event(past, declaration).attested):
        yield Finding("unattested", subject, f"no forge says whether {facts.rules.after} had held it for {hours:g} h")
    elif "soak" in refused:
        yield Finding("soak-broken", subject, refused["soak"])


def _gather(past: _Past, declaration: Declaration, change: StageChange) -> Facts | None:
    """Return what was known at a declaration; None where its version has no trusted tag.

    The gate is not asked again: what it said when the version was registered counts.
    """
    slot, said, rules = declaration.slot, change.after, past.rules(declaration)
    version = past.declared.state.named(slot.model, said.version if said else None)
    if said is None or version is None or version.record.identity != said.identity:
        return None
    position = declaration.change.position
    here = past.until(slot, position)
    upstream = past.until(Slot(rules.after, slot.model), position) if rules.after else ()
    return Facts(
        name=VersionTag(slot.model, version.number),
        version=version,
        distrusted="",
        slot=slot,
        rules=rules.model_copy(update={"gate": "registered"}),
        present=change.before,
        missing=(),
        verdict=None,
        unjudged="",
        here=find_tenures(here, past.files),
        upstream=find_tenures(upstream, past.files),
        now=_event(past, declaration).at,
        against=held_against(here, past.files),
        unaccepted=past.declared.unaccepted.get(version.tag.name, ""),
    )


def _event(past: _Past, declaration: Declaration) -> Event:
    return next(event for event in past.events[declaration.slot] if event.declaration == declaration)


def _find_approvals(echo: Echo, rules: StageRules) -> Iterator[Finding]:
    record = echo.record
    approved_by = sorted({_account(name) for name in record.approved_by})
    refusal = refuse_approvals(rules.approvals, echo.slot.stage, approved_by, _account(record.declared_by or ""))
    if refusal and record.attested == "unasked":
        yield Finding("unattested", echo.tag.name, f"no forge says who approved it: {refusal.sentence}")
    elif refusal:
        yield Finding("approvals-missing", echo.tag.name, refusal.sentence)


def _account(name: str) -> str:
    return name.strip().removeprefix("@").casefold()
