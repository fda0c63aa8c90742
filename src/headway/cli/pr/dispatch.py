"""`headway pr dispatch`: starts check.yml on the bot's commit, whose own runs would wait for an approval."""

from __future__ import annotations

import json
from pathlib import Path

import click

from headway.cli.forge import open_forge
from headway.cli.pr.target import as_json, by_number, find_target
from headway.cli.progress import say


@click.command()
@by_number
@click.option("--workflow", default="check.yml", show_default=True, help="File name of the workflow.")
@as_json
def dispatch(number: int | None, workflow: str, as_json: bool) -> None:
    """Start a workflow on the branch of the pull request."""
    branch = find_target(number).require_branch()
    open_forge(Path.cwd()).dispatch(workflow, branch, {})
    say(f"started {workflow}")
    if as_json:
        click.echo(json.dumps({"workflow": workflow, "branch": branch}))
