"""`headway pr promotion`: whether what a pull request declares may be merged, and the evidence."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from headway.cli.actions import add_summary, read_event, run_url
from headway.cli.forge import find_forge, open_forge
from headway.cli.pr.reviewing import Question, review_changes
from headway.cli.pr.target import Target, as_json, by_number, find_access, find_target
from headway.cli.project import find_project
from headway.cli.registry.opening import Opened, fresh
from headway.cli.registry.proposing import refusal_lines, refusal_values, require_complete
from headway.cli.wrapping import wrapped
from headway.contracts.github import PROMOTION_CONTEXT, State
from headway.errors import NO, YES
from headway.integrations.git.ledger import read_ledger
from headway.integrations.git.remote import fetch
from headway.integrations.git.revisions import commit_of
from headway.integrations.git.writing import commit_at
from headway.registry.reading import read_state
from headway.registry.review import ReviewedFile, may_merge, write_review, write_verdict

if TYPE_CHECKING:
    from headway.ports import Forge

_TITLE = "headway-promotion"


@click.command()
@by_number
@click.option("--base", metavar="REV", help="By hand: what to judge by, instead of the remote's default branch.")
@click.option("--head", metavar="REV", help="By hand: what would be merged, instead of a pull request.")
@click.option(
    "--pushed", metavar="SHA", envvar="HEADWAY_HEAD", help="Head of the pull request, where it is newer than the event."
)
@click.option("--comment", is_flag=True, help="Keep the evidence in one comment on the pull request.")
@click.option("--no-fail", is_flag=True, help="Exit code 0 for every answer: the status says which.")
@as_json
def promotion(
    number: int | None,
    base: str | None,
    head: str | None,
    pushed: str | None,
    comment: bool,
    no_fail: bool,
    as_json: bool,
) -> int:
    """Say whether the changes below models/registry/ may be merged into the default branch.

    The rules are those of the base, so that a pull request cannot loosen them for itself. Exit code 0: it may be
    merged, or changes nothing there. 1: it may not; each reason is named with the way forward. In GitHub Actions the
    answer becomes the commit status `promotion`.
    """
    root = find_project(Path.cwd())
    target = None if base or head else find_target(number)
    if target and pushed:
        target = replace(target, head_sha=pushed)
    opened = fresh(root) if base is None else _open_at(root, base)
    if target is not None and target.base != opened.branch:
        click.echo(f"nothing to promote: only what {opened.branch} says is declared")
        return YES
    require_complete(opened)
    forge = open_forge(root) if target else find_forge(root)
    commit = _find_head(root, target) if target else commit_at(root, head or "HEAD")
    files = review_changes(Question(opened, commit, target.number if target else None, forge))
    if target and forge:
        _post(forge, target, files, comment=comment)
    _tell(files, as_json=as_json)
    return YES if no_fail or may_merge(files) else NO


def _open_at(root: Path, revision: str) -> Opened:
    ledger = read_ledger(root, commit_at(root, revision))
    return Opened(root, revision, ledger, read_state(ledger))


def _find_head(root: Path, target: Target) -> str:
    """Return what would be merged, fetched where this clone lacks it."""
    if target.number is not None and commit_of(root, target.head_sha) is None:
        fetch(root, f"refs/pull/{target.number}/head", find_access())
    return commit_at(root, target.head_sha)


def _post(forge: Forge, target: Target, files: Sequence[ReviewedFile], *, comment: bool) -> None:
    """Leave the answer on GitHub: a status from a workflow, and a comment where it was asked for."""
    if read_event() is not None:
        state: State = "success" if may_merge(files) else "failure"
        forge.set_status(target.head_sha, state, write_verdict(files), context=PROMOTION_CONTEXT, url=run_url())
    if comment and target.number is not None:
        from headway.pull_request.comment import Report
        from headway.pull_request.posting import Posting

        text = write_review(files) if files else write_verdict(files)
        Posting(forge, target.number, Report(text, _TITLE, target.head_sha), only_existing=not files).settle()


def _tell(files: Sequence[ReviewedFile], *, as_json: bool) -> None:
    if files:
        add_summary(write_review(files))
    if as_json:
        values = {"may_merge": may_merge(files), "files": [_values(one) for one in files]}
        click.echo(json.dumps(values, indent=2))
        return
    for one in files:
        click.echo(wrapped(f"{one.path}: {one.what}"))
        for line in refusal_lines(one.refusals):
            click.echo(line)
        if one.waived:
            skipped = ", ".join(refusal.code for refusal in one.waived)
            click.echo(wrapped(f"expedited ({skipped}): {one.expedited}", first="  ", rest="    "))
        for note in (*one.notes, *one.changes):
            click.echo(wrapped(note, first="  ", rest="    "))
    click.echo(write_verdict(files))


def _values(one: ReviewedFile) -> dict[str, Any]:
    return {
        "path": one.path,
        "what": one.what,
        "refusals": refusal_values(one.refusals),
        "skipped": refusal_values(one.waived),
        "expedited": one.expedited if one.waived else None,
        "notes": list(one.notes),
        "changes": list(one.changes),
    }
