"""`headway pr plan`: whether stages must run, a verdict is missing, or neither."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Literal

import click

from headway.cli.actions import set_output
from headway.cli.gate import still_holds
from headway.cli.pr.base import find_base
from headway.cli.pr.target import as_json
from headway.cli.verify import verify_revision
from headway.contracts.atomic import write_bytes
from headway.contracts.layout import LOCK, VERDICT
from headway.contracts.verdict import parse_verdict
from headway.errors import InputError
from headway.integrations.git.reading import file_at
from headway.pull_request.plan import Plan, drop_unproven, make_plan


@click.command()
@click.option("--base", metavar="REV", help="What to compare with; the pull request's base branch otherwise.")
@click.option("--remote", metavar="NAME", help="DVC remote to ask; the default one otherwise.")
@click.option("--no-remote", is_flag=True, help="Ask no DVC remote.")
@click.option(
    "--drop", is_flag=True, help="Take out of dvc.lock what no known run made, so that training makes it anew."
)
@as_json
def plan(base: str | None, remote: str | None, no_remote: bool, drop: bool, as_json: bool) -> None:
    """Decide what the commit that is checked out needs.

    Output `do`: nothing, recall (report the committed verdict again), judge, or train. Outputs `train`, `judge` and
    `report`: "true" where that step is due.
    """
    root = Path.cwd()
    base = base or find_base(root)
    verification = verify_revision(root, "HEAD", remote=False if no_remote else remote)
    base_lock, lock = file_at(root, base, LOCK), file_at(root, "HEAD", LOCK)
    judged = verification.agrees and lock != base_lock
    objection = find_objection(root, base) if judged else None
    made = make_plan(verification, base_lock=base_lock, lock=lock, objection=objection)
    if drop and made.do == "train" and lock is not None:
        write_bytes(root / LOCK, drop_unproven(lock, verification))
    _tell(made, as_json=as_json)


def find_objection(root: Path, base: str) -> str | None:
    """Return why the verdict committed at HEAD does not count; None where it counts."""
    content = file_at(root, "HEAD", VERDICT)
    if content is None:
        return "there is no verdict yet"
    try:
        verdict = parse_verdict(content, VERDICT.as_posix())
    except InputError as error:
        return error.message
    return still_holds(root, verdict, base)


def _tell(made: Plan, *, as_json: bool) -> None:
    due: dict[Literal["train", "judge", "report"], bool] = {
        "train": made.do == "train",
        "judge": made.do in ("judge", "train"),
        "report": made.do != "nothing",
    }
    set_output("do", made.do)
    for name, value in due.items():
        set_output(name, json.dumps(value))
    click.echo(json.dumps(asdict(made)) if as_json else f"{made.do}: {made.reason}")
