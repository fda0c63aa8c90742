"""`headway pr plan`: whether stages must run, a verdict is missing, or neither."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Literal

import click

from headway.cli.actions import read_event, set_output
from headway.cli.forge import open_forge
from headway.cli.gate import still_holds
from headway.cli.pr.base import find_base
from headway.cli.pr.target import as_json
from headway.cli.progress import say
from headway.cli.verify import verify_revision
from headway.contracts.atomic import write_bytes
from headway.contracts.github import STATUS_CONTEXT
from headway.contracts.layout import LOCK, VERDICT
from headway.contracts.lock import parse_lock
from headway.contracts.verdict import Verdict, parse_verdict
from headway.contracts.verification import Verification
from headway.errors import InputError
from headway.integrations.dvc.pipeline import CommittedPipeline
from headway.integrations.git.history import changed_files
from headway.integrations.git.objects import Commit
from headway.integrations.git.reading import file_at
from headway.integrations.git.revisions import commit_of, commits_that_brought
from headway.pull_request.outcome import conclude
from headway.pull_request.plan import Plan, drop_unproven, find_frozen, make_plan, needs_base
from headway.pull_request.touched import results_among, touches_pipeline


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
    made = plan_merge(root, base, False if no_remote else remote, drop=drop)
    _tell(made, as_json=as_json)


def plan_merge(root: Path, base: str, remote: str | Literal[False] | None, *, drop: bool) -> Plan:
    """Decide what HEAD needs before it is merged into `base`.

    Raises:
        InputError: there is no such base, or a frozen stage would have to run.
    """
    verification = verify_revision(root, "HEAD", remote=remote, base=base)
    before = _verify_base(root, base, remote) if needs_base(verification) else None
    changed = changed_files(root, _required_commit(root, base), "HEAD")
    replaced = results_among(changed)
    made = make_plan(
        verification,
        base=before,
        touched=before is not None and _is_touched(root, base, changed),
        replaced=replaced,
        objection=find_objection(root, base) if verification.agrees and replaced else None,
    )
    frozen = find_frozen(verification) if made.do == "train" else ()
    if frozen:
        raise InputError(
            f"stage {frozen[0]} is frozen and would have to run", hint=f"dvc unfreeze {frozen[0]}, and commit dvc.yaml"
        )
    lock = file_at(root, "HEAD", LOCK)
    if drop and made.do == "train" and lock is not None:
        write_bytes(root / LOCK, drop_unproven(lock, verification))
    return made


def find_objection(root: Path, base: str) -> str | None:
    """Return why the verdict committed at HEAD does not count; None where it counts."""
    content = file_at(root, "HEAD", VERDICT)
    if content is None:
        return "there is no verdict yet"
    try:
        verdict = parse_verdict(content, VERDICT.as_posix())
    except InputError as error:
        return error.message
    return still_holds(root, verdict, base) or find_doubt(root, verdict)


def find_doubt(root: Path, verdict: Verdict) -> str | None:
    """Return None where GitHub shows that a run posted the verdict that is committed at HEAD, else why it is doubted.

    That is a final status with the verdict's own words, by the account that this run posts as, on a commit that
    brought the file as it is: on this branch, or, for what a merge queue squashed, on another.
    """
    try:
        forge = open_forge(root)
    except InputError:
        if read_event() is not None:  # a fork's run has no token, and nobody's word for a committed verdict
            return f"without a token for GitHub it is not known whether a run posted {VERDICT}"
        say(f"warning: without a token for GitHub it is not known whether a run posted {VERDICT}")
        return None
    account, due = forge.login(), conclude("recall", job="success", verdict=verdict)
    for commit in commits_that_brought(root, VERDICT, "HEAD"):
        for context, status in forge.statuses(commit, final=True).items():
            posted = context.startswith(STATUS_CONTEXT) and status.creator == account
            if posted and (status.state, status.description) == (due.state, due.sentence):
                return None
    return f"{account} has posted no such verdict on a commit that brought {VERDICT}"


def _verify_base(root: Path, base: str, remote: str | Literal[False] | None) -> Verification | None:
    """Return None for a base that is no DVC project yet, or a broken one."""
    try:
        return verify_revision(root, base, remote=remote)
    except InputError as error:
        say(f"warning: {base} is not compared with: {error.message}")
        return None


def _is_touched(root: Path, base: str, changed: Sequence[str]) -> bool:
    lock = file_at(root, base, LOCK)
    with Commit(root, base) as commit:
        stages = CommittedPipeline(root, commit.commit, commit.kinds("")).stages
        return touches_pipeline(changed, parse_lock(lock, LOCK.as_posix()) if lock else {}, stages)


def _required_commit(root: Path, revision: str) -> str:
    commit = commit_of(root, revision)
    if commit is None:
        raise InputError(f"{revision!r} names no commit", hint="fetch it, or name another: --base REV")
    return commit


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
