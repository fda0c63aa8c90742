"""`headway reconcile`: makes the registry's tags follow the stage files of the default branch."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import click

from headway.cli.forge import find_forge
from headway.cli.progress import say
from headway.cli.project import find_project
from headway.cli.registry.deliveries import tell_deliveries
from headway.cli.registry.mirror import mirror_if_set
from headway.cli.registry.opening import open_remote
from headway.cli.registry.races import now_s, wait, wait_for_forge
from headway.cli.wrapping import fill
from headway.contracts.registry.desired import desired_path
from headway.contracts.registry.records import one_line
from headway.errors import NO, YES
from headway.registry.attestation import Attest
from headway.registry.reconcile import NewEcho, Outcome, Problem, read_plan
from headway.registry.reconcile import reconcile as reconcile_registry

_DIGITS = 12
_UNATTESTED = "no forge is configured: the new tags say no merge time and no approvals (GITHUB_TOKEN is not set)"


@click.command()
@click.option("--dry-run", is_flag=True, help="Say what is missing; make and push nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def reconcile(dry_run: bool, as_json: bool) -> int:
    """Make the registry's tags follow the stage files of the default branch, as the remote has them now.

    Each change of a stage file that was not tagged yet gets its tag, all in one push; nothing to do is exit code 0.
    Exit code 1: a declaration cannot be tagged as it is.

    Outputs: `declared`, a JSON list of model, stage, tag and version of what is to be delivered: a stage's newest new
    tag, and one whose delivery got lost; `any`, whether there are some.
    """
    root = find_project(Path.cwd())
    if dry_run:
        planned = read_plan(open_remote(root), now_s())
        _show(planned.echoes, planned.problems, as_json=as_json, dry_run=True)
        return NO if planned.problems else YES
    outcome = _reconcile(root)
    made = [one.echo for one in outcome.made]
    tell_deliveries(root, [_declared(echo) for echo in made])
    _show(made, outcome.problems, as_json=as_json)
    mirror_if_set(root)
    return NO if outcome.problems else YES


def _reconcile(root: Path) -> Outcome:
    attest = find_attest(root)
    outcome = reconcile_registry(
        open_remote(root),
        attest=attest,
        now_s=now_s,
        new_run=partial(secrets.token_hex, 16),
        wait=wait,
        wait_for_forge=wait_for_forge,
    )
    if attest is None and outcome.made:
        say(_UNATTESTED)
    return outcome


def find_attest(root: Path, environment: Mapping[str, str] = os.environ) -> Attest | None:
    """Return what attests declarations; None where no forge is configured, that is, no token or no repository.

    Raises:
        InputError: a token and a repository are named, but cannot be used.
    """
    forge = find_forge(root, environment)
    return forge.merged_pull_request if forge else None


def _show(echoes: Sequence[NewEcho], problems: Sequence[Problem], *, as_json: bool, dry_run: bool = False) -> None:
    if as_json:
        values = {
            "dry_run": dry_run,
            "declared": [_echo_values(echo) for echo in echoes],
            "problems": [_problem_values(problem) for problem in problems],
        }
        click.echo(json.dumps(values, indent=2))
        return
    done = "would be made" if dry_run else "made"
    for echo in echoes:
        what = str(echo.version.number) if echo.version else "nothing: the stage is empty"
        click.echo(fill(f"{echo.name}  {what}  declared in {echo.declaration.commit[:_DIGITS]} ({done})"))
    for problem in problems:
        click.echo("\n".join(_problem_lines(problem)))
    if not echoes and not problems:
        click.echo("nothing to do: no tag is missing")


def _problem_lines(problem: Problem) -> Iterator[str]:
    change = problem.declaration.change
    yield fill(f"not tagged: {change.path} of {change.commit[:_DIGITS]}")
    yield from (fill(f"    {one_line(line)}") for line in problem.sentence.splitlines())


def _declared(echo: NewEcho) -> dict[str, str | None]:
    slot, version = echo.name.slot, echo.version
    return {
        "model": slot.model,
        "stage": slot.stage,
        "tag": str(echo.name),
        "version": str(version.number) if version else None,
    }


def _echo_values(echo: NewEcho) -> dict[str, Any]:
    at = datetime.fromtimestamp(echo.tagged_at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {**_declared(echo), "declared_in": echo.declaration.commit, "commit": echo.commit, "tagged_at": at}


def _problem_values(problem: Problem) -> dict[str, str]:
    slot, commit = problem.declaration.slot, problem.declaration.commit
    return {"file": desired_path(slot), "commit": commit, "problem": problem.sentence}
