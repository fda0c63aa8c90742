"""`headway gate`: is the candidate good enough to take the champion's place?"""

from __future__ import annotations

from pathlib import Path

import click

from headway.cli.gate.policy import default_base
from headway.cli.progress import say
from headway.contracts.canonical import readable_json
from headway.contracts.layout import VERDICT
from headway.contracts.verdict import write_verdict
from headway.errors import YES


@click.command()
@click.option("--base", metavar="REV", help="Branch that it would be merged into; its policy holds.")
@click.option("--candidate", metavar="REV", help="Commit that holds the candidate, instead of the working tree.")
@click.option("--champion", metavar="REV|BUNDLE|none", help="Model to compare with, instead of the one in production.")
@click.option("--rescore", is_flag=True, help="Run the candidate's ONNX file anew; do not believe its scorecard.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), default=VERDICT, help="File of the verdict.")
@click.option("--no-fail", is_flag=True, help="Exit 0 whatever the verdict; it is in the file.")
@click.option("--json", "as_json", is_flag=True, help="Print the verdict as JSON.")
def gate(
    base: str | None,
    candidate: str | None,
    champion: str | None,
    rescore: bool,
    out: Path,
    no_fail: bool,
    as_json: bool,
) -> int:
    """Judge the candidate against the model in production, on the same test images.

    Exits 0 when it is accepted, 1 when it is rejected, 4 when that cannot be told.
    """
    from headway.cli.gate.judging import judge_candidate
    from headway.cli.gate.shown import render

    root = Path.cwd()
    base = base or default_base(root)
    verdict = judge_candidate(root, base=base, candidate=candidate, champion=champion, rescore=rescore)
    write_verdict(out, verdict)
    click.echo(readable_json(verdict.model_dump(mode="json")) if as_json else render(verdict), nl=not as_json)
    say(f"written to {out}")
    return YES if no_fail else verdict.exit_code
