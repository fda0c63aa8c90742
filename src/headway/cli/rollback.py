"""`headway rollback`: proposes that a stage goes back to what it held, with a hold against what it holds."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from headway.cli.registry.proposing import (
    Options,
    make_proposal,
    open_for_proposal,
    proposing_options,
    put_forward,
    tell_refusals,
    tell_there,
)
from headway.contracts.registry.desired import Desired, Hold
from headway.contracts.registry.records import one_line
from headway.contracts.registry.tags import Slot, VersionTag, parse_version
from headway.errors import InputError
from headway.registry.earned import find_rollback, refuse_rollback
from headway.registry.tenure import held_before, taken_back

if TYPE_CHECKING:
    from headway.cli.registry.gathering import SlotHistory
    from headway.cli.registry.opening import Opened
    from headway.registry.earned import Facts


@click.command()
@click.argument("stage")
@click.option("--model", metavar="NAME", help="Which of the stage's models; needed where there are several.")
@click.option("--to", "version", metavar="VERSION", help="Version to go back to; the last good one otherwise.")
@proposing_options
def rollback(
    stage: str,
    model: str | None,
    version: str | None,
    reason: str | None,
    dry_run: bool,
    no_pull_request: bool,
    as_json: bool,
) -> int:
    """Open a pull request that takes STAGE back to a version that it held before.

    Without --to that is the last one before the present version that no rollback was ever against, here or in the stage
    before. A hold is set: no promotion puts another version there until a person lifts it. No soak is asked for.
    """
    from headway.cli.promote import find_rules
    from headway.cli.registry.gathering import SlotHistory, gather_facts
    from headway.cli.registry.publishing import find_asker

    options = Options(reason, dry_run, no_pull_request, as_json)
    opened = open_for_proposal()
    rules = find_rules(opened.stages(), stage)
    asker = find_asker(opened.root)
    slot = Slot(stage, model or find_model(opened, stage))
    history = SlotHistory(opened, slot)
    present = history.present
    if present is None:
        raise InputError(f"{stage} holds no {slot.model}: there is nothing to take back", hint="headway status")
    upstream = SlotHistory(opened, Slot(rules.after, slot.model)).tenures if rules.after else ()
    name = find_target(slot, history, version, shunned=history.against | taken_back(upstream))
    facts = gather_facts(opened, name, stage, rules, now=datetime.now(UTC), judge=False)
    if facts.is_there:
        return tell_there(facts, as_json=as_json)
    if refusals := refuse_rollback(facts):
        return tell_refusals(facts, refusals, as_json=as_json)
    desired = declare_back(facts, present, reason, asker)
    branch = f"rollback/{stage}-{slot.model}-{name.number}"
    return put_forward(opened, make_proposal(opened, "rollback", desired, facts), branch, options)


def find_model(opened: Opened, stage: str) -> str:
    """Return the one model that a stage has.

    Raises:
        InputError: it has none, or several.
    """
    slots = [slot for slot, declared in opened.state.declarations.items() if declared[-1].change.blob is not None]
    models = sorted(slot.model for slot in slots if slot.stage == stage)
    if not models:
        raise InputError(f"{stage} holds nothing: there is nothing to take back", hint="headway status")
    if len(models) > 1:
        raise InputError(f"{stage} has several models: {', '.join(models)}", hint="name one: --model NAME")
    return models[0]


def find_target(slot: Slot, history: SlotHistory, version: str | None, *, shunned: frozenset[str]) -> VersionTag:
    """Return the version to go back to: the one that was asked for, else the last that is not `shunned`.

    Raises:
        InputError: what was asked for is no version, or there is none to go back to.
    """
    present = history.present.version if history.present else None
    text = version or find_rollback(history.tenures, present, shunned)
    if text is None:
        before = sorted({one.version for one in held_before(history.tenures)} - {present})
        raise InputError(
            f"all that {slot.stage} held before {present} was taken back: {', '.join(before)}"
            if before
            else f"{slot.stage} held no other version before {present}",
            hint=f"go elsewhere: headway promote {slot.model}@VERSION {slot.stage} --expedite REASON",
        )
    number = parse_version(text)
    if number is None:
        raise InputError(f"--to: {text!r} is no version", hint="write it as v1.2.0")
    return VersionTag(slot.model, number)


def declare_back(facts: Facts, present: Desired, reason: str | None, asker: str) -> Desired:
    """Return the stage file of a rollback."""
    assert facts.version is not None
    why = one_line(reason or "") or f"rollback from {present.version} to {facts.name.number}"
    return Desired(
        model=facts.name.model,
        version=str(facts.name.number),
        identity=facts.version.record.identity,
        reason=why,
        asked_by=asker,
        soak_hours=present.soak_hours,
        hold=Hold(reason=why, against=present.version, set_by=asker),
        rollout=facts.rules.rollout,
    )
