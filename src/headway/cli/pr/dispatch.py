"""`headway pr dispatch`: starts check.yml on the bot's commit, whose own runs would wait for an approval."""

from __future__ import annotations

import json
from pathlib import Path

import click

from headway.cli.forge import open_forge
from headway.cli.pr.target import as_json, by_number, find_target, from_head
from headway.cli.progress import say
from headway.contracts.github import CHECK_CONTEXT
from headway.integrations.git.history import follows_with_trailers
from headway.ports import Forge
from headway.pull_request.generated import TRAILERS


@click.command()
@by_number
@from_head
@click.option("--workflow", default="check.yml", show_default=True, help="File name of the workflow.")
@click.option("--if-missing", is_flag=True, help="Only on a commit of Headway's that has no status `check` yet.")
@as_json
def dispatch(number: int | None, head: str | None, workflow: str, if_missing: bool, as_json: bool) -> None:
    """Start a workflow on the branch of the pull request."""
    target, forge = find_target(number), open_forge(Path.cwd())
    branch = target.require_branch()
    due = not if_missing or is_missing(Path.cwd(), forge, head or target.head_sha)
    if due:
        forge.dispatch(workflow, branch, {})
    say(f"started {workflow}" if due else f"{workflow} need not be started")
    if as_json:
        click.echo(json.dumps({"workflow": workflow, "branch": branch, "started": due}))


def is_missing(root: Path, forge: Forge, commit: str) -> bool:
    """Say whether nothing has started the checks: a person's push does so by itself."""
    return follows_with_trailers(root, f"{commit}~1", commit, TRAILERS) and CHECK_CONTEXT not in forge.statuses(commit)
