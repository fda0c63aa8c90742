"""`headway register`: versions for what the default branch ships."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import click

from headway.cli.actions import add_summary, set_output
from headway.cli.project import find_project
from headway.cli.registry.mirror import mirror_if_set
from headway.cli.registry.opening import find_branch, open_remote
from headway.cli.registry.races import now_s, wait
from headway.cli.wrapping import fill
from headway.contracts.manifest import Manifest
from headway.contracts.markdown import code, prose
from headway.contracts.registry.ledger import Ledger
from headway.contracts.registry.records import one_line
from headway.contracts.verdict import Verdict
from headway.errors import NO, YES
from headway.registry.bump import KINDS, Kind
from headway.registry.candidates import Candidate
from headway.registry.register import Judge, Outcome, Refusal, Registered, Registration
from headway.registry.rehearsal import Rehearsal
from headway.registry.state import State

_DIGITS = 10


@click.command()
@click.option("--bump", type=click.Choice(KINDS), envvar="HEADWAY_BUMP", help="What to raise, whatever the rule says.")
@click.option("--all", "everything", is_flag=True, help="Begin a model without versions with its oldest commit.")
@click.option("--again", is_flag=True, help="Score also what an earlier run of the workflow has refused.")
@click.option("--dry-run", is_flag=True, help="Say what would be done; make and push nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def register(bump: Kind | None, everything: bool, again: bool, dry_run: bool, as_json: bool) -> int:
    """Make a version of each model that the default branch got since the last one, where it may be one.

    It must agree (headway verify), be on the DVC remote, and be accepted: its file is scored again, here. Exit code 1:
    something was refused, and not by an earlier run; the reason and the way forward are named. Nothing to do is exit
    code 0.

    Outputs: `versions`, a JSON list of model, version, tag and commit; `any`, whether there are some.
    """
    root = find_project(Path.cwd())
    outcome = _register(root, bump, everything=everything, again=again, dry_run=dry_run)
    if not dry_run:
        set_output("versions", json.dumps([_values(one) for one in outcome.registered]))
        set_output("any", json.dumps(bool(outcome.registered)))
        add_summary(summary(outcome))
    shown = json.dumps(_json(outcome, dry_run=dry_run), indent=2) if as_json else None
    click.echo(shown or "\n".join(render(outcome, dry_run=dry_run)))
    if outcome.registered and not dry_run:
        mirror_if_set(root)
    return NO if any(not refusal.told for _, refusal in outcome.refused) else YES


def _register(root: Path, bump: Kind | None, *, everything: bool, again: bool, dry_run: bool) -> Outcome:
    branch = find_branch(root)
    repository = open_remote(root, branch=branch)
    return Registration(
        Rehearsal(repository) if dry_run else repository,
        judge=_JudgeWhenAsked(root, branch, again, dry_run),
        now_s=now_s,
        new_run=partial(secrets.token_hex, 16),
        wait=wait,
        asked=bump,
        everything=everything,
    ).run()


@dataclass
class _JudgeWhenAsked:
    """Imports the gate for the first candidate only: without one this verb is quick. Implements `Judge`."""

    root: Path
    branch: str
    again: bool
    dry_run: bool

    def __call__(self, candidate: Candidate, manifest: Manifest, ledger: Ledger, state: State) -> Verdict | Refusal:
        return self._judge(candidate, manifest, ledger, state)

    @cached_property
    def _judge(self) -> Judge:
        from headway.cli.registry.acceptance import Acceptance
        from headway.cli.registry.refusals import open_refusals

        refusals = open_refusals(self.root, again=self.again, dry_run=self.dry_run)
        return Acceptance(self.root, self.branch, refusals)


def render(outcome: Outcome, *, dry_run: bool = False) -> Iterator[str]:
    """Yield the lines for a terminal."""
    for one in outcome.registered:
        done = "would be made" if dry_run else "made"
        yield fill(f"{one.name}  {_commit(one.candidate)}  {one.record.reason} ({done})")
    for candidate, version in outcome.known:
        yield fill(f"{candidate.model} of {_commit(candidate)} is known as {version}")
    for candidate, refusal in outcome.refused:
        yield fill(f"refused: {candidate.model} of {_commit(candidate)}: {one_line(refusal.sentence)}")
        yield fill(f"    {one_line(refusal.way)}")
    if not (outcome.registered or outcome.known or outcome.refused):
        yield "nothing to do: no model came since the last version"


def summary(outcome: Outcome) -> str:
    """Return Markdown for the page of the workflow run."""
    lines = [f"Registered {code(str(one.name))}: {prose(one.record.reason)}." for one in outcome.registered]
    lines += [
        f"Refused {code(candidate.model)} of {code(_commit(candidate))}: {prose(one_line(refusal.sentence))}"
        for candidate, refusal in outcome.refused
    ]
    return "\n\n".join(lines or ["No new version."])


def _json(outcome: Outcome, *, dry_run: bool) -> dict[str, Any]:
    return {
        "dry_run": dry_run,
        "registered": [{**_values(one), **asdict(one.record)} for one in outcome.registered],
        "known": [
            {"model": candidate.model, "commit": candidate.commit, "tag": str(version)}
            for candidate, version in outcome.known
        ],
        "refused": [
            {"model": candidate.model, "commit": candidate.commit, "reason": refusal.sentence, "way": refusal.way}
            for candidate, refusal in outcome.refused
        ],
    }


def _values(one: Registered) -> dict[str, str]:
    model, number = one.name.model, str(one.name.number)
    return {"model": model, "version": number, "tag": str(one.name), "commit": one.candidate.commit}


def _commit(candidate: Candidate) -> str:
    return candidate.commit[:_DIGITS]
