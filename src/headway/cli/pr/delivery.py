"""`headway pr delivery`: what a job that was let in to an environment delivers, and the status that says it did."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import click

from headway.cli.actions import read_event, run_url, set_output
from headway.cli.forge import open_forge
from headway.cli.pr.target import as_json
from headway.cli.project import find_project
from headway.cli.registry.declared import declared_version
from headway.cli.registry.opening import Opened, open_local
from headway.contracts.github import released_context
from headway.contracts.registry.records import one_line
from headway.contracts.registry.tags import Slot, StageTag, parse_tag
from headway.errors import YES, InputError
from headway.registry.state import Version
from headway.registry.status import newest_echo


@dataclass(frozen=True)
class Delivery:
    """One declaration, to be delivered to its stage.

    Attributes:
        slot: the model and the stage.
        commit: that declares it.
        version: that it declares; None where it empties the stage.
        newer: the tag of a newer declaration, for which this one is delivered no more.
    """

    slot: Slot
    commit: str
    version: Version | None
    newer: str | None = None


@click.command()
@click.argument("target", envvar="HEADWAY_TARGET")
@click.option("--done", is_flag=True, help="Say on the declaring commit that it was delivered.")
@as_json
def delivery(target: str, done: bool, as_json: bool) -> int:
    """Say what TARGET delivers: NAME#STAGE#N, a declaration, or NAME#STAGE, what is declared there now.

    A declaration that is no longer the newest of its stage delivers nothing: who let it in has not let in the newer
    one. With --done, once the bundle is verified and kept, the declaring commit gets the status
    `released NAME#STAGE`, which counts when a workflow sets it. TARGET may be in HEADWAY_TARGET.

    Outputs: `deliver`, whether it is the newest; `version`, NAME@vX.Y.Z to pull, empty where there is nothing to pull.
    """
    root = find_project(Path.cwd())
    found = find_delivery(open_local(root), target)
    wanted = None if found.newer else found.version
    if done and not found.newer:
        said = str(found.version.number) if found.version else "nothing: the stage is empty"
        context = released_context(str(found.slot))
        open_forge(root).set_status(found.commit, "success", said, context=context, url=run_url())
    set_output("deliver", json.dumps(found.newer is None))
    set_output("version", str(wanted or ""))
    click.echo(json.dumps(_values(found, target), indent=2) if as_json else _sentence(found, target, done=done))
    return YES


def find_delivery(opened: Opened, target: str) -> Delivery:
    """Return what NAME#STAGE#N or NAME#STAGE delivers, as this clone knows it.

    Raises:
        InputError: it is neither; or nothing trusts the tag; or the stage is in no rules, or nothing is declared.
    """
    name, of_stage = parse_tag(target), parse_tag(f"{target}#1")
    if isinstance(name, StageTag):
        _require_stage(opened, name.slot)
        return _of_tag(opened, name.slot, target)
    if isinstance(of_stage, StageTag) and not of_stage.empty:
        _require_stage(opened, of_stage.slot)
        return _of_stage(opened, of_stage.slot)
    raise InputError(f"{one_line(target)!r} is neither NAME#STAGE#N nor NAME#STAGE", hint="see: headway status")


def _of_tag(opened: Opened, slot: Slot, target: str) -> Delivery:
    state = opened.state
    echo = next((one for one in state.echoes.get(slot, ()) if one.tag.name == target), None)
    newest = newest_echo(state, slot)
    if echo is None or newest is None:
        raise InputError(f"{target} is no tag that counts", hint="see why: headway audit")
    version = state.named(slot.model, echo.record.version)
    return Delivery(slot, echo.declaration.commit, version, None if echo == newest else newest.tag.name)


def _of_stage(opened: Opened, slot: Slot) -> Delivery:
    declarations = opened.state.declarations.get(slot)
    if not declarations:
        raise InputError(f"nothing was ever declared for {slot}", hint="see what is: headway status")
    return Delivery(slot, declarations[-1].commit, declared_version(opened, slot))


def _require_stage(opened: Opened, slot: Slot) -> None:
    stages = list(opened.stages().stages)
    if slot.stage not in stages:
        raise InputError(f"stages.yaml names no stage {slot.stage!r}", hint=f"stages: {', '.join(stages)}")


def _sentence(found: Delivery, target: str, *, done: bool) -> str:
    if found.newer:
        sentence = f"{target} is not delivered: {found.newer} is newer, and is let in by itself"
        return f"::notice::{sentence}" if read_event() else sentence
    what = str(found.version) if found.version else "nothing: the stage is empty"
    return f"{found.slot}: {what} ({'delivered' if done else 'to be delivered'})"


def _values(found: Delivery, target: str) -> dict[str, str | None]:
    version = found.version
    return {
        "target": target,
        "slot": str(found.slot),
        "declared_in": found.commit,
        "version": str(version) if version else None,
        "newer": found.newer,
    }
