"""`headway promote`: proposes that a stage shall have a version; the merge of that proposal is the promotion."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from headway.cli.progress import say
from headway.cli.registry.proposing import (
    Options,
    make_proposal,
    open_for_proposal,
    proposing_options,
    put_forward,
    tell_refusals,
    tell_there,
)
from headway.contracts.registry.desired import Desired
from headway.contracts.registry.records import one_line
from headway.contracts.registry.tags import VersionTag, parse_tag
from headway.errors import InputError
from headway.registry.earned import Facts, refuse_promotion

if TYPE_CHECKING:
    from headway.contracts.registry.stages import StageRules, Stages


@click.command()
@click.argument("version", metavar="NAME@VERSION")
@click.argument("stage")
@proposing_options
@click.option("--expedite", metavar="REASON", help="Skip what it has not earned; the reason is recorded and shown.")
def promote(
    version: str,
    stage: str,
    reason: str | None,
    dry_run: bool,
    no_pull_request: bool,
    as_json: bool,
    expedite: str | None,
) -> int:
    """Open a pull request that declares NAME@VERSION for STAGE.

    It is refused, with exit code 1, what has not earned it: every reason is named with the way forward. The branch is
    made from Git's objects: neither the working tree nor the branch that is checked out is touched.
    """
    from headway.cli.forge import find_forge
    from headway.cli.registry.gathering import gather_facts
    from headway.cli.registry.publishing import find_asker

    name, options = parse_version_name(version), Options(reason, dry_run, no_pull_request, as_json)
    if expedite is not None and not one_line(expedite):
        raise InputError("--expedite is empty", hint="say why it may skip what it has not earned")
    opened = open_for_proposal()
    rules = find_rules(opened.stages(), stage)
    asker = find_asker(opened.root)
    forge = find_forge(opened.root)
    facts = gather_facts(opened, name, stage, rules, now=datetime.now(UTC), judge=True, forge=forge)
    if facts.is_there:
        return tell_there(facts, as_json=as_json)
    refusals = refuse_promotion(facts)
    waived = tuple(one for one in refusals if one.expeditable and expedite)
    if len(waived) < len(refusals):
        return tell_refusals(facts, [one for one in refusals if one not in waived], as_json=as_json)
    if expedite and not waived:
        say("nothing has to be skipped: --expedite is not written down")
    desired = declare(facts, reason, asker, one_line(expedite) if expedite and waived else None)
    branch = f"promote/{name.model}-{name.number}-{stage}"
    return put_forward(opened, make_proposal(opened, "promotion", desired, facts, waived), branch, options)


def parse_version_name(text: str) -> VersionTag:
    """Return the version that NAME@VERSION means.

    Raises:
        InputError: it means none.
    """
    name = parse_tag(text)
    if not isinstance(name, VersionTag):
        raise InputError(f"{text!r} is no NAME@VERSION", hint="for example: headway promote detector@v1.2.0 staging")
    return name


def find_rules(stages: Stages, stage: str) -> StageRules:
    """Return what a stage demands.

    Raises:
        InputError: there is no such stage.
    """
    if stage not in stages.stages:
        raise InputError(f"there is no stage {stage!r}", hint=f"stages.yaml names: {', '.join(stages.stages)}")
    return stages.stages[stage]


def declare(facts: Facts, reason: str | None, asker: str, expedited: str | None) -> Desired:
    """Return the stage file of a promotion; what a person set as the stage's own soak stays."""
    assert facts.version is not None
    return Desired(
        model=facts.name.model,
        version=str(facts.name.number),
        identity=facts.version.record.identity,
        reason=one_line(reason or "") or f"promotion of {facts.name} to {facts.slot.stage}",
        asked_by=asker,
        soak_hours=facts.present.soak_hours if facts.present else 0.0,
        expedited=expedited,
        rollout=facts.rules.rollout,
    )
