"""`headway pr begin`: a pending status on the head, unless the branch has moved on already."""

from __future__ import annotations

import json
from pathlib import Path

import click

from headway.cli.actions import run_url, set_output
from headway.cli.forge import open_forge
from headway.cli.pr.target import Target, as_json, by_number, find_access, find_target
from headway.cli.progress import say
from headway.integrations.git.history import follows_with_trailers
from headway.integrations.git.remote import fetch, remote_commit
from headway.integrations.git.writing import check_out
from headway.ports import Forge
from headway.pull_request.generated import TRAILERS


@click.command()
@by_number
@as_json
def begin(number: int | None, as_json: bool) -> None:
    """Set the commit status to pending on the head of the pull request.

    A run that is started again goes on from what Headway has pushed since: that is checked out. Outputs: `head`, the
    commit that the run begins with; `superseded`, "true" where the branch is at somebody's newer commit, or the pull
    request is closed: nothing is set then.
    """
    target, forge = find_target(number), open_forge(Path.cwd())
    head = find_head(Path.cwd(), target, forge)
    set_output("head", head or "")
    set_output("superseded", json.dumps(head is None))
    if head is not None:
        forge.set_status(head, "pending", "Looking at what changed.", context=target.context, url=run_url())
    if as_json:
        click.echo(json.dumps({"head": head or target.head_sha, "superseded": head is None}))


def find_head(root: Path, target: Target, forge: Forge) -> str | None:
    """Return the commit to work on, checked out; None where there is nothing to do."""
    if target.number is None or target.branch is None:
        return target.head_sha
    if not forge.pull_request(target.number).open:
        say(f"pull request {target.number} is closed: nothing is done")
        return None
    ref, access = f"refs/heads/{target.branch}", find_access()
    tip = remote_commit(root, ref, access)
    if tip == target.head_sha:
        return tip
    if tip is None or not follows_with_trailers(root, target.head_sha, tip := fetch(root, ref, access), TRAILERS):
        say("the branch has moved on: the run of its new head does the work")
        return None
    check_out(root, tip)
    say(f"going on from {tip}, which Headway has pushed since")
    return tip
