"""`headway pr finish`: the final status on the head, and the verdict's exit code."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import cast, get_args

import click

from headway.cli.actions import run_url
from headway.cli.comment import default_title
from headway.cli.forge import open_forge
from headway.cli.pr.target import Target, as_json, by_number, find_target, from_head
from headway.cli.progress import say
from headway.contracts.layout import VERDICT
from headway.contracts.verdict import Verdict, read_verdict
from headway.errors import YES, InputError
from headway.ports import Forge
from headway.pull_request.comment import Report
from headway.pull_request.outcome import conclude
from headway.pull_request.plan import Do
from headway.pull_request.posting import Posting

_NOTHING = "Nothing to retrain: this pull request touches no stage of the pipeline any more."


@click.command()
@by_number
@click.option("--outcome", envvar="HEADWAY_OUTCOME", default="success", show_default=True,
              type=click.Choice(["success", "failure", "cancelled"]), help="How the steps before ended.")  # fmt: skip
@click.option("--plan", "do", envvar="HEADWAY_PLAN", type=click.Choice(["", *get_args(Do)]), default="",
              help="What headway pr plan said.")  # fmt: skip
@from_head
@click.option("--reason", envvar="HEADWAY_REASON", default="", help="Sentence of the step that failed.")
@click.option("--conflict", envvar="HEADWAY_CONFLICT", default="", help="true where the base branch conflicts.")
@click.option("--superseded", envvar="HEADWAY_SUPERSEDED", default="", help="true where nothing is to be done.")
@as_json
def finish(
    number: int | None,
    outcome: str,
    do: str,
    head: str | None,
    reason: str,
    conflict: str,
    superseded: str,
    as_json: bool,
) -> int:
    """Set the commit status that branch protection asks for, with one sentence of the verdict."""
    if superseded == "true":
        say("this run has nothing to say about the branch as it is now: no status is set")
        return YES
    target = find_target(number)
    found = conclude(
        cast(Do, do) if do else None,
        job=outcome,
        reason=reason,
        conflict=conflict == "true",
        verdict=_read_verdict(Path.cwd()) if outcome == "success" and do not in ("", "nothing") else None,
        in_queue=target.in_queue,
    )
    sha, forge = head or target.head_sha, open_forge(Path.cwd())
    forge.set_status(sha, found.state, found.sentence, context=target.context, url=run_url())
    if do == "nothing" and found.state == "success":
        renew_report(forge, target)
    click.echo(json.dumps({"head": sha, **asdict(found)}) if as_json else f"{found.state}: {found.sentence}")
    return found.exit_code


def renew_report(forge: Forge, target: Target) -> None:
    """Let an earlier report say that there is nothing to retrain now; none is made where there is none."""
    if target.number is not None:
        report = Report(_NOTHING, default_title(), target.head_sha)
        Posting(forge, target.number, report, only_existing=True).settle()


def _read_verdict(root: Path) -> Verdict | None:
    """Return the verdict; None where none can be read, for the status must be set all the same."""
    try:
        return read_verdict(root / VERDICT)
    except InputError as error:
        say(f"warning: {error.message}")
        return None
