"""`headway pr status`: a job's result as exit code, and as a commit status where the run was dispatched."""

from __future__ import annotations

import json
from pathlib import Path

import click

from headway.cli.actions import read_event, run_url
from headway.cli.forge import open_forge
from headway.cli.pr.target import as_json
from headway.contracts.github import CHECK_CONTEXT, State
from headway.errors import NO, YES
from headway.integrations.git.writing import commit_at


@click.command()
@click.option("--context", default=CHECK_CONTEXT, show_default=True, help="Name of the commit status.")
@click.option("--outcome", envvar="HEADWAY_OUTCOME", required=True, help="Result of the jobs before.")
@click.option("--sha", "revision", default="HEAD", show_default=True, help="Commit that it is about.")
@click.option("--post/--no-post", default=None, help="Post it; by default in a dispatched run alone.")
@as_json
def status(context: str, outcome: str, revision: str, post: bool | None, as_json: bool) -> int:
    """End with 0 where the jobs before succeeded, with 1 otherwise.

    Branch protection on a pull request does not see the check runs of a dispatched workflow; it does see a status.
    """
    event = read_event()
    sha = commit_at(Path.cwd(), revision)
    state: State = "success" if outcome == "success" else "failure" if outcome == "failure" else "error"
    if post if post is not None else (event is not None and event.name == "workflow_dispatch"):
        sentence = "All checks passed." if state == "success" else "Checks did not pass; the log says why."
        open_forge(Path.cwd()).set_status(sha, state, sentence, context=context, url=run_url())
    if as_json:
        click.echo(json.dumps({"context": context, "sha": sha, "state": state}))
    return YES if state == "success" else NO
