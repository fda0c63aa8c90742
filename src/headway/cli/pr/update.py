"""`headway pr update`: merges the base branch in, so that what is judged is what will be merged."""

from __future__ import annotations

import json
from pathlib import Path

import click

from headway.cli.actions import set_output
from headway.cli.pr.base import find_base
from headway.cli.pr.target import as_json, find_identity
from headway.cli.progress import say
from headway.contracts.layout import LOCK
from headway.errors import NO, YES
from headway.integrations.git.writing import Merged, Resolved, Sides, commit_at, merge
from headway.pull_request.generated import BASE_TRAILER, is_result
from headway.pull_request.lock_merge import merge_locks


@click.command()
@click.option("--base", metavar="REV", help="What to merge; the pull request's base branch otherwise.")
@as_json
def update(base: str | None, as_json: bool) -> int:
    """Merge the base branch into what is checked out, with one merge commit; nothing is pushed.

    dvc.lock is merged stage by stage. Of results that both sides made anew, the branch's own stay: they are made again
    where they do not fit. Exit code 1 where a person must merge; output `conflict` is "true" then.
    """
    base = base or find_base(Path.cwd())
    message = f"Merge {base.removeprefix('origin/')} for the pull request"
    message += f"\n\n{BASE_TRAILER}: {commit_at(Path.cwd(), base)}"
    merged = merge(Path.cwd(), base, resolve=resolve, message=message, identity=find_identity())
    set_output("conflict", json.dumps(bool(merged.conflicts)))
    if as_json:
        click.echo(json.dumps({"base": base, "commit": merged.commit, "conflicts": merged.conflicts}))
    say(_sentence(merged, base))
    return NO if merged.conflicts else YES


def resolve(sides: Sides) -> Resolved | None:
    """Decide on a file that both sides changed; None leaves it to Git."""
    if sides.path == LOCK.as_posix() and sides.ours is not None and sides.theirs is not None:
        return Resolved(merge_locks(sides.base, sides.ours, sides.theirs).content)
    return Resolved(sides.ours) if is_result(sides.path) else None


def _sentence(merged: Merged, base: str) -> str:
    if merged.conflicts:
        return f"conflicts with {base}, to be merged by hand: {', '.join(map(repr, merged.conflicts))}"
    return f"merged {base}" if merged.commit else f"{base} is merged already"
