"""`headway pr store`: what was trained goes to the DVC remote, so that no later run trains it again."""

from __future__ import annotations

import json
from pathlib import Path

import click

from headway.cli.pr.target import as_json
from headway.cli.progress import say
from headway.integrations.dvc.storage import store_results


@click.command()
@as_json
def store(as_json: bool) -> None:
    """Push the results to the default DVC remote, with all that another machine needs to restore every stage.

    That is `dvc push --run-cache`, and the metrics that the records of runs name.
    """
    pushed = store_results(Path.cwd())
    say(f"files pushed: {pushed}")
    if as_json:
        click.echo(json.dumps({"pushed": pushed}))
