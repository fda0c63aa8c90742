"""`headway history`: who declared which version for which stage, when and why, and what was declared at a moment."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from headway.cli.progress import say
from headway.cli.project import find_project
from headway.cli.registry.opening import Opened, open_local
from headway.cli.registry.statement import Story, Told
from headway.cli.wrapping import fill
from headway.contracts.registry.records import one_line
from headway.contracts.registry.tags import Slot
from headway.errors import INCONCLUSIVE, YES, InputError
from headway.registry.state import State
from headway.registry.timeline import (
    Event,
    Standing,
    Statement,
    find_standings,
    is_step_back,
    list_events,
    parse_moment,
)

_DIGITS = 12
_DECLARED = "Declared, which is not running: that is what the default branch said."
_UNATTESTED = "~ no forge attests this time: it is the committer's clock"
_SHALLOW = "warning: this is a shallow clone: what is older than it is missing here (git fetch --unshallow)"


@click.command()
@click.argument("name", required=False)
@click.option("--stage", metavar="S", help="Only this stage.")
@click.option("--at", "date", metavar="DATE", help="What was declared then; ISO 8601. A date alone means its end, UTC.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def history(name: str | None, stage: str | None, date: str | None, as_json: bool) -> int:
    """Say who declared which version for which stage, when, why, and by which pull request.

    NAME is a model; without it, all are shown. Order comes from the default branch, never from dates. Exit code 4: at
    DATE the times contradict that order, and each candidate is named.
    """
    now = datetime.now(UTC)
    moment = None if date is None else parse_moment(date, now=now)
    opened = open_local(find_project(Path.cwd()))
    if not opened.state.complete:
        say(_SHALLOW)
    _require_known(opened, name, stage)
    events = list_events(opened.state, model=name, stage=stage)
    story = Story(opened, events)
    if moment is None:
        _show_events(opened.state, story, events, as_json=as_json)
        return YES
    standings = find_standings(events, moment, now=now)
    _show_standings(opened.state, story, standings, moment, as_json=as_json)
    return INCONCLUSIVE if any(one.contradictory for one in standings) else YES


def event_values(event: Event, told: Told) -> dict[str, Any]:
    """Return one declaration as JSON values; `kept` is the version that the stage kept where nothing follows it."""
    echo, said = event.echo, told.said
    return {
        "model": event.slot.model,
        "stage": event.slot.stage,
        "n": echo.n if echo else None,
        "tag": echo.tag.name if echo else None,
        "commit": event.declaration.commit,
        "version": said.version,
        "identity": said.identity,
        "at": _iso(event.at),
        "attested": event.attested,
        "declared_by": said.declared_by,
        "approved_by": list(echo.record.approved_by) if echo else [],
        "pull_request": echo.record.pull_request if echo else None,
        "reason": said.reason,
        "expedited": said.expedited,
        "hold": said.hold.model_dump(mode="json") if said.hold else None,
        "fault": said.fault,
        "doubt": told.doubt,
        "kept": told.kept.version if told.kept else None,
    }


def _require_known(opened: Opened, name: str | None, stage: str | None) -> None:
    state = opened.state
    models = {slot.model for slot in state.declarations} | set(state.versions)
    stages = {slot.stage for slot in state.declarations}
    with suppress(InputError):  # without a stages.yaml that can be read, the stages of declarations are all there are
        stages |= set(opened.stage_names())
    for what, asked, known in (("model", name, models), ("stage", stage, stages)):
        if asked is not None and asked not in known:
            listed = ", ".join(sorted(known)) or "none"
            raise InputError(f"nothing was ever declared of {what} {asked!r}", hint=f"known here: {listed}")


def _show_events(state: State, story: Story, events: Sequence[Event], *, as_json: bool) -> None:
    if as_json:
        values = [event_values(event, story.tell(event)) for event in events]
        click.echo(json.dumps({"complete": state.complete, "declarations": values}, indent=2))
        return
    if not events:
        click.echo("nothing was declared yet")
        return
    before: dict[Slot, Statement] = {}
    for event in events:
        told = story.tell(event)
        click.echo("\n".join(_entry(event, told, before.get(event.slot))))
        before[event.slot] = told.stands
    _show_notes(events)


def _show_standings(
    state: State, story: Story, standings: Sequence[Standing], moment: datetime, *, as_json: bool
) -> None:
    if as_json:
        click.echo(json.dumps(_standings_values(state, story, standings, moment), indent=2))
        return
    click.echo(f"at {_iso(moment)}")
    for standing in standings:
        if standing.contradictory:
            click.echo(fill(f"{standing.slot}: times contradict the order; it may have been any of:"))
        for event in standing.candidates:
            if event is None:
                click.echo(fill(f"{standing.slot}  nothing was declared yet"))
            else:
                click.echo("\n".join(_entry(event, story.tell(event), None)))
    if not standings:
        click.echo("nothing was declared yet")
    _show_notes([event for standing in standings for event in standing.candidates if event is not None])


def _standings_values(state: State, story: Story, standings: Iterable[Standing], moment: datetime) -> dict[str, Any]:
    slots = [
        {
            "model": standing.slot.model,
            "stage": standing.slot.stage,
            "contradictory": standing.contradictory,
            "candidates": [event_values(event, story.tell(event)) if event else None for event in standing.candidates],
        }
        for standing in standings
    ]
    return {"complete": state.complete, "at": _iso(moment), "declared": slots}


def _entry(event: Event, told: Told, before: Statement | None) -> Iterator[str]:
    said = told.said
    tag = event.echo.tag.name if event.echo else f"{event.slot} (not tagged)"
    time = event.at.strftime("%Y-%m-%d %H:%M UTC") + (" " if event.attested else "~")
    yield fill(f"{time} {tag}  {_version(said, before)}")
    if told.doubt:
        yield fill(f"    nothing follows it: {one_line(told.doubt)}")
    if told.kept:
        yield fill(f"    the stage kept {told.kept.version or 'nothing: it stayed empty'}")
    yield fill(f"    {_people(event, said)}")
    if said.reason:
        yield fill(f"    {one_line(said.reason)}")
    if said.hold:
        hold = said.hold
        yield fill(f"    HOLD against {hold.against}, set by {one_line(hold.set_by)}: {one_line(hold.reason)}")
    if said.expedited:
        yield fill(f"    EXPEDITED: {one_line(said.expedited)}")


def _version(said: Statement, before: Statement | None) -> str:
    if said.fault:
        return f"unreadable: {one_line(said.fault)}"
    if said.version is None:
        return "nothing: the stage is empty"
    back = f"  BACK from {before.version}" if before and is_step_back(before, said) else ""
    return f"{said.version} {(said.identity or '')[:_DIGITS]}{back}"


def _people(event: Event, said: Statement) -> str:
    record = event.echo.record if event.echo else None
    asked = [f"asked by {one_line(said.declared_by)}"] if said.declared_by else []
    approved = [f"approved by {', '.join(map(one_line, record.approved_by))}"] if record and record.approved_by else []
    pull = [f"pull request {record.pull_request}"] if record and record.pull_request else []
    return ", ".join([*asked, *approved, *pull, f"commit {event.declaration.commit[:_DIGITS]}"])


def _show_notes(events: Iterable[Event]) -> None:
    click.echo("")
    click.echo(_DECLARED)
    if not all(event.attested for event in events):
        click.echo(_UNATTESTED)


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
