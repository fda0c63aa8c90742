"""`headway pr claim`: what a fork's run found, as one small file for the run that may comment."""

from __future__ import annotations

from pathlib import Path

import click

from headway.cli.actions import read_event
from headway.cli.progress import say
from headway.contracts.atomic import write_text
from headway.contracts.claim import claim_json
from headway.contracts.layout import PARAMS, SCORECARD, VERDICT
from headway.contracts.params.document import read_document
from headway.contracts.params.model import read_model
from headway.contracts.scorecard import read_scorecard
from headway.contracts.verdict import read_verdict
from headway.integrations.git.writing import commit_at
from headway.pull_request.claim import make_claim


@click.command()
@click.option("--head", metavar="SHA", help="Head of the pull request; the event's, or what is checked out, otherwise.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="File to write instead of stdout.")
def claim(head: str | None, out: Path | None) -> None:
    """Write the figures of the last run here, and its verdict where there is one, as JSON."""
    root = Path.cwd()
    verdict = read_verdict(VERDICT) if VERDICT.exists() else None
    head = head or _head_of_event() or commit_at(root, "HEAD")
    text = claim_json(make_claim(head, read_model(read_document(PARAMS)), read_scorecard(SCORECARD), verdict))
    if out is None:
        click.echo(text, nl=False)
    else:
        write_text(out, text)
        say(f"written to {out}")


def _head_of_event() -> str | None:
    """What is checked out is the merge result, which has no name on GitHub."""
    event = read_event()
    return event.payload["pull_request"]["head"]["sha"] if event and event.pull_request else None
