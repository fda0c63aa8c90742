"""`headway pr begin`: a pending status on the head, unless the branch has moved on already."""

from __future__ import annotations

import json
from pathlib import Path

import click

from headway.cli.actions import run_url, set_output
from headway.cli.forge import open_forge
from headway.cli.pr.target import as_json, by_number, find_access, find_target
from headway.cli.progress import say
from headway.contracts.github import STATUS_CONTEXT
from headway.integrations.git.remote import remote_commit


@click.command()
@by_number
@as_json
def begin(number: int | None, as_json: bool) -> None:
    """Set the commit status to pending on the head of the pull request.

    Output `superseded`: "true" where the branch is at another commit by now; nothing is set then.
    """
    target = find_target(number)
    superseded = False
    if target.branch is not None:
        superseded = remote_commit(Path.cwd(), f"refs/heads/{target.branch}", find_access()) != target.head_sha
    set_output("superseded", json.dumps(superseded))
    if superseded:
        say("the branch has moved on: the run of its new head does the work")
    else:
        open_forge(Path.cwd()).set_status(
            target.head_sha, "pending", "Looking at what changed.", context=STATUS_CONTEXT, url=run_url()
        )
    if as_json:
        click.echo(json.dumps({"head": target.head_sha, "superseded": superseded}))
