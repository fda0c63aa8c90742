"""What promotion and rollback share: their options, how a no is told, and how a declaration is put to people."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from headway.cli.progress import say
from headway.cli.project import find_project
from headway.cli.wrapping import wrapped
from headway.contracts.registry.desired import Desired, desired_path, desired_yaml
from headway.contracts.registry.tags import Slot
from headway.errors import NO, YES, InputError
from headway.registry.earned import Facts, Refusal
from headway.registry.proposal import Proposal, write_body, write_title

if TYPE_CHECKING:
    from headway.cli.registry.opening import Opened
    from headway.ports import Forge

_SKIP = "* may be skipped with --expedite REASON, which is recorded and shown"


@dataclass(frozen=True)
class Options:
    """How a declaration is put to people."""

    reason: str | None
    dry_run: bool
    no_pull_request: bool
    as_json: bool


def proposing_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that make `Options`."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Print what was done as JSON."),
        click.option("--no-pull-request", is_flag=True, help="Only push the branch, which needs no token."),
        click.option("--dry-run", is_flag=True, help="Print the change and the pull request's text; push nothing."),
        click.option("--reason", metavar="TEXT", help="Why; stands in the stage file and in its tag."),
    ):
        command = option(command)
    return command


def open_for_proposal() -> Opened:
    """Return the registry as the remote has it now.

    Raises:
        InputError: the clone is shallow.
        OutsideError: the remote cannot be reached.
    """
    from headway.cli.registry.opening import fresh

    opened = fresh(find_project(Path.cwd()))
    require_complete(opened)
    return opened


def require_complete(opened: Opened) -> None:
    """Raise `InputError` for a shallow clone, which does not show what was declared before."""
    if not opened.state.complete:
        raise InputError(
            "this is a shallow clone: what the stages held before is not in it", hint="git fetch --unshallow"
        )


def make_proposal(
    opened: Opened,
    kind: Literal["promotion", "rollback"],
    desired: Desired,
    facts: Facts,
    waived: Sequence[Refusal] = (),
) -> Proposal:
    """Return a declaration with all that people want to see beside it.

    Raises:
        InputError: the version's commit has no manifest, or another than its tag names.
    """
    from headway.cli.registry.gathering import find_held, find_scorecard

    assert facts.version is not None
    manifest = opened.manifest(facts.version)
    scorecard = find_scorecard(opened, facts.version, manifest)
    held = find_held(opened, facts.slot, facts.present)
    return Proposal(kind, desired, facts, manifest, scorecard, held, tuple(waived))


def put_forward(opened: Opened, proposal: Proposal, branch: str, options: Options) -> int:
    """Bring a proposal to the remote, or only show it, and return the exit code.

    Raises:
        InputError: a token is needed and there is none, or it or a rule of the repository does not allow it.
        OutsideError: the remote or the forge cannot be reached.
    """
    if options.dry_run:
        _show(opened, proposal, as_json=options.as_json)
        return YES
    from headway.cli.forge import find_account
    from headway.cli.registry.publishing import publish

    forge = None if options.no_pull_request else _open_forge(opened.root)
    done = publish(opened, proposal, branch, forge)
    url = f"{find_account(opened.root).repository_url}/pull/{done.pull_request}" if forge else None
    if options.as_json:
        how = "found" if done.found else "proposed"
        values = {**_subject(proposal.facts, how), **_proposed(proposal), **asdict(done), "url": url}
        click.echo(json.dumps(values, indent=2))
        return YES
    for one in proposal.waived:
        say(wrapped(f"expedited: {one.code}: {one.sentence}"))
    where = f"pull request {done.pull_request}" if done.pull_request else f"branch {done.branch}"
    click.echo(wrapped(f"{where} proposes {'it already' if done.found else f'it: {write_title(proposal)}'}"))
    if done.reason is not None:
        say(wrapped(f"the reason that stands there is another: {done.reason}"))
    if url is not None:
        click.echo(url)
    else:
        say(wrapped(f"open a pull request from {done.branch} to {opened.branch}: its merge is the declaration"))
    return YES


def _open_forge(root: Path) -> Forge:
    from headway.cli.forge import open_forge

    try:
        return open_forge(root)
    except InputError as error:
        raise InputError(error.message, hint=f"{error.hint}; or only push the branch: --no-pull-request") from error


def tell_refusals(facts: Facts, refusals: Sequence[Refusal], *, as_json: bool) -> int:
    """Print every reason with its way forward, and return the exit code of a no."""
    if as_json:
        click.echo(json.dumps({**_subject(facts, "refused"), "refusals": refusal_values(refusals)}, indent=2))
        return NO
    click.echo(f"{facts.name} may not go to {facts.slot.stage}:")
    for line in refusal_lines(refusals):
        click.echo(line)
    return NO


def tell_there(facts: Facts, *, as_json: bool) -> int:
    """Say that the stage is declared just this version, and return the exit code of a yes."""
    if as_json:
        click.echo(json.dumps(_subject(facts, "nothing"), indent=2))
    else:
        click.echo(f"{facts.slot.stage} is declared {facts.name} already: nothing to do")
    return YES


def refusal_lines(refusals: Sequence[Refusal]) -> Iterator[str]:
    """Yield reasons and ways forward for a terminal; a star marks what may be skipped."""
    for one in refusals:
        yield wrapped(f"{one.code}: {one.sentence}", first="* " if one.expeditable else "  ", rest="    ")
        yield wrapped(one.way, first="    -> ", rest="       ")
    if any(one.expeditable for one in refusals):
        yield _SKIP


def refusal_values(refusals: Sequence[Refusal]) -> list[dict[str, Any]]:
    """Return reasons as JSON values."""
    return [{**asdict(one), "expeditable": one.expeditable} for one in refusals]


def _present_content(opened: Opened, slot: Slot) -> bytes:
    """Return the stage file of the default branch as it is; empty where there is none."""
    declarations = opened.state.declarations.get(slot)
    blob = declarations[-1].change.blob if declarations else None
    return b"" if blob is None else opened.read(blob)


def _show(opened: Opened, proposal: Proposal, *, as_json: bool) -> None:
    path = desired_path(proposal.facts.slot)
    before = _present_content(opened, proposal.facts.slot).decode("utf-8", errors="replace")
    after = desired_yaml(proposal.desired)
    diff = difflib.unified_diff(before.splitlines(), after.splitlines(), f"a/{path}", f"b/{path}", lineterm="")
    if as_json:
        values = {"path": path, "content": after, "body": write_body(proposal)}
        click.echo(json.dumps({**_subject(proposal.facts, "nothing"), **_proposed(proposal), **values}, indent=2))
        return
    for line in (*diff, "", f"# {write_title(proposal)}", "", *write_body(proposal).splitlines()):
        click.echo("".join(one if one.isprintable() else "\ufffd" for one in line))


def _subject(facts: Facts, done: str) -> dict[str, Any]:
    return {"version": str(facts.name), "stage": facts.slot.stage, "done": done}


def _proposed(proposal: Proposal) -> dict[str, Any]:
    expedited = proposal.desired.expedited if proposal.waived else None
    return {
        "kind": proposal.kind,
        "title": write_title(proposal),
        "expedited": expedited,
        "skipped": refusal_values(proposal.waived),
    }
