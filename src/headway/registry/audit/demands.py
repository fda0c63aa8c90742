"""Declarations that break the rules of their time: order, soak, holds, approvals."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from headway.contracts.registry.desired import Desired
from headway.contracts.registry.records import one_line
from headway.contracts.registry.stages import StageRules
from headway.contracts.registry.tags import Slot, VersionTag, parse_version
from headway.errors import InputError
from headway.registry.audit.attested import confirm_echoes
from headway.registry.audit.declared import Declared, subject_of
from headway.registry.audit.findings import Finding
from headway.registry.changes import StageChange, refuse_approvals, refuse_change
from headway.registry.earned import Facts, refuse_promotion
from headway.registry.state import Declaration, Echo
from headway.registry.tenure import Files, find_tenures
from headway.registry.timeline import Event, list_events


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

    def rules(self, declaration: Declaration) -> StageRules | None:
        stages = self.declared.rules.before(declaration.change.position)
        return stages.stages.get(declaration.slot.stage) if stages else None


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
    """Yield what a change skipped: a rollback to what was here needs neither order nor soak."""
    slot, subject, said = change.slot, subject_of(declaration), change.after
    back = change.kind == "rollback" and said is not None and past.had(slot, said, declaration.change.position)
    if sentence := _breaks_hold(change, back=back):
        yield Finding("hold-broken", subject, sentence)
    rules = past.rules(declaration)
    if said is None or rules is None or rules.after is None:
        return
    if back or change.kind == "edit" or change.expedited:
        return
    above = Slot(rules.after, slot.model)
    if past.had(above, said, declaration.change.position):
        yield from _audit_soak(past, declaration, said, rules, above)
    else:
        sentence = f"{above.stage} had not held {said.version}, which {slot.stage} demands"
        yield Finding("order-broken", subject, sentence)


def _breaks_hold(change: StageChange, *, back: bool) -> str | None:
    """Return how a change disregards the hold of the declaration before it, None where it does not."""
    hold = change.before.hold if change.before else None
    if hold is None:
        return None
    if change.kind in ("edit", "removal"):
        return next((one.sentence for one in refuse_change(change, None, {}) if one.code == "hold"), None)
    further_back = back and change.after is not None and change.after.version != hold.against
    if further_back or change.expedited:
        return None
    return f"it was on hold against {hold.against}, set by {one_line(hold.set_by)}: {one_line(hold.reason)}"


def _audit_soak(
    past: _Past, declaration: Declaration, said: Desired, rules: StageRules, above: Slot
) -> Iterator[Finding]:
    """Yield that the stage before held a version too briefly; where no forge says when, only that nobody can say."""
    facts = _gather(past, declaration, said, rules, above)
    if facts is None:
        return
    subject = subject_of(declaration)
    found = {refusal.code: refusal.sentence for refusal in refuse_promotion(facts)}
    if any(one.rolled_back for one in facts.upstream) and "upstream" in found:
        yield Finding("order-broken", subject, found["upstream"])
    soak = facts.soak
    hours = facts.soak_hours(soak) if soak else 0.0
    if not soak or not hours:
        return
    if not (soak.attested and _event(past, declaration).attested):
        yield Finding("unattested", subject, f"no forge says whether {above.stage} had held it for {hours:g} h")
    elif "soak" in found:
        yield Finding("soak-broken", subject, found["soak"])


def _gather(past: _Past, declaration: Declaration, said: Desired, rules: StageRules, above: Slot) -> Facts | None:
    """Return what was known at a declaration, of soak and rollbacks; None where its version has no trusted tag."""
    slot, number = declaration.slot, parse_version(said.version)
    version = past.declared.state.version(slot.model, number) if number else None
    if number is None or version is None or version.record.identity != said.identity:
        return None
    events = past.events.get(above, ())
    until = bisect_left(events, declaration.change.position, key=lambda one: one.declaration.change.position)
    return Facts(
        name=VersionTag(slot.model, number),
        version=version,
        distrusted="",
        slot=slot,
        rules=rules,
        present=None,
        missing=(),
        verdict=None,
        unjudged="",
        here=(),
        upstream=find_tenures(events[:until], past.files),
        now=_event(past, declaration).at,
    )


def _event(past: _Past, declaration: Declaration) -> Event:
    return next(event for event in past.events[declaration.slot] if event.declaration == declaration)


def _find_approvals(echo: Echo, rules: StageRules | None) -> Iterator[Finding]:
    demanded, record = rules.approvals if rules else 0, echo.record
    approved_by = sorted({_account(name) for name in record.approved_by})
    refusal = refuse_approvals(demanded, echo.slot.stage, approved_by, _account(record.declared_by or ""))
    if refusal and record.attested == "unasked":
        yield Finding("unattested", echo.tag.name, f"no forge says who approved it: {refusal.sentence}")
    elif refusal:
        yield Finding("approvals-missing", echo.tag.name, refusal.sentence)


def _account(name: str) -> str:
    return name.strip().removeprefix("@").casefold()
