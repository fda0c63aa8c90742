"""`headway status`: what each stage shall have, what is tagged, what is released, and where they differ."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from textwrap import wrap

import click

from headway.cli.progress import say
from headway.cli.project import find_project
from headway.cli.registry.opening import Opened, fresh, open_local
from headway.cli.registry.statement import read_statement
from headway.cli.wrapping import WIDTH
from headway.contracts.registry.records import one_line
from headway.contracts.registry.tags import Slot
from headway.errors import NO, YES
from headway.registry.state import Declaration
from headway.registry.status import Reading, SlotStatus, Status, describe_status, find_slots
from headway.registry.timeline import Statement

_NARROWEST = 6
_LOOKED_AT = 20
"""Of a slot's declarations, how many are looked at for one that was delivered: each is a request."""
_HEAD = "stage", "model", "desired", "tagged", "released", "running", ""

_Ask = Callable[[Slot], Statement | None]


@click.command()
@click.option("--online", is_flag=True, help="Ask the remote for its tags, and GitHub for what was released.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def status(online: bool, as_json: bool) -> int:
    """Show what each stage shall have, what is tagged, and what is released.

    Without --online nothing is asked: the answer is as old as this clone's last fetch. Exit code 0: tags (and, with
    --online, releases) are what the stage files say. 1: something differs, and the way forward is named.
    """
    root = find_project(Path.cwd())
    opened = fresh(root) if online else open_local(root)
    if not opened.state.complete:
        say("warning: this clone is shallow, so it does not know all of the history: git fetch --unshallow")
    ask = _ask_forge(opened) if online else None
    found = read_status(opened, ask or (lambda _: None))
    lines = [json.dumps(_values(found), indent=2)] if as_json else render(found, online=online, asked=ask is not None)
    click.echo("\n".join(lines))
    return YES if found.settled else NO


def read_status(opened: Opened, ask_released: _Ask) -> Status:
    """Return the status of the whole registry; `ask_released` says what was released of a slot.

    Raises:
        InputError: stages.yaml is not there, or cannot be read.
        OutsideError: what is asked cannot be reached.
    """
    stages = opened.stage_names()
    readings = {slot: _read_slot(opened, slot, ask_released) for slot in find_slots(stages, opened.state)}
    return describe_status(opened.branch, opened.state, stages, readings)


def _read_slot(opened: Opened, slot: Slot, ask_released: _Ask) -> Reading:
    declarations = opened.state.declarations.get(slot)
    desired = _read(opened, declarations[-1]) if declarations else Statement()
    version = opened.state.named(slot.model, desired.version)
    return Reading(desired, vouched=version is None or opened.vouches(version), released=ask_released(slot))


def _read(opened: Opened, declaration: Declaration) -> Statement:
    return read_statement(opened, declaration, opened.state.echo_of(declaration))


def _ask_forge(opened: Opened) -> _Ask | None:
    """Return what asks GitHub for the newest declaration of a slot that was delivered, once a commit.

    None where GitHub is not configured.
    """
    from functools import cache

    from headway.cli.forge import find_forge
    from headway.cli.registry.deliveries import was_delivered

    forge = find_forge(opened.root)
    if forge is None:
        return None
    statuses = cache(forge.statuses)

    def ask(slot: Slot) -> Statement:
        declarations = opened.state.declarations.get(slot, ())
        for declaration in declarations[: -_LOOKED_AT - 1 : -1]:
            if was_delivered(statuses(declaration.commit), slot):
                return _read(opened, declaration)
        fault = f"none of the newest {_LOOKED_AT} was delivered" if declarations[_LOOKED_AT:] else None
        return Statement(fault=fault)

    return ask


def render(found: Status, *, online: bool, asked: bool) -> Iterator[str]:
    """Yield the lines for a terminal of 80 columns; `online`: the remote was asked, `asked`: GitHub was as well."""
    yield from table([_HEAD, *map(_cells, found.slots)], WIDTH)
    yield ""
    for sentence in _sentences(found, online=online, asked=asked):
        yield from wrap(one_line(sentence), WIDTH, subsequent_indent="  ")


def _sentences(found: Status, *, online: bool, asked: bool) -> Iterator[str]:
    how = "asked just now" if online else "as this clone knows it"
    yield f"read from commit {found.commit[:10]} of {found.branch}, {how}"
    for model in found.registered:
        more = model.count - len(model.newest)
        yield f"registered: {model.name}: {', '.join(model.newest)}{f' and {more} older' if more else ''}"
    if online and not asked:
        yield "released is not known: no token and repository of GitHub (GITHUB_TOKEN is not set)"
    elif not online:
        yield "released is not asked for: headway status --online"
    yield "running is not known: nothing delivers yet"
    for slot in found.slots:
        if slot.hold:
            yield f"hold: {_name(slot)}: {slot.hold}"
        if slot.expedited:
            yield f"expedited: {_name(slot)}: {slot.expedited}"
    for slot in found.slots:
        yield from (f"differs: {_name(slot)}: {sentence}" for sentence in slot.differences)
    if found.distrusted:
        yield f"tags that count for nothing: {found.distrusted}; which, and why: headway audit"


def table(rows: Sequence[Sequence[str]], width: int) -> Iterator[str]:
    """Yield aligned rows of at most `width` columns; the widest columns are cut first."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    while sum(widths) + 2 * (len(widths) - 1) > width and max(widths) > _NARROWEST:
        widths[widths.index(max(widths))] -= 1
    for row in rows:
        yield "  ".join(_cut(cell, room).ljust(room) for cell, room in zip(row, widths, strict=True)).rstrip()


def _cells(slot: SlotStatus) -> Sequence[str]:
    marks = [name for name, text in (("hold", slot.hold), ("expedited", slot.expedited)) if text]
    return slot.stage, slot.model, slot.desired, slot.tagged, slot.released, slot.running, ", ".join(marks)


def _cut(text: str, room: int) -> str:
    line = one_line(text)
    return line if len(line) <= room else f"{line[: room - 1]}…"


def _name(slot: SlotStatus) -> str:
    return f"{slot.stage}/{slot.model}"


def _values(found: Status) -> Mapping[str, object]:
    return {"schema_version": 1, **asdict(found), "settled": found.settled}
