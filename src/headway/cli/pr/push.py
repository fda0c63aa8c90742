"""`headway pr push`: one commit of the results, and a push that loses to every person's."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import click

from headway.cli.actions import run_url, set_output
from headway.cli.pr.reason import tell_finish
from headway.cli.pr.target import as_json, by_number, find_access, find_identity, find_target, from_head
from headway.cli.progress import say
from headway.cli.verify import verify_revision
from headway.contracts.layout import LOCK
from headway.errors import NO, YES
from headway.integrations.git.remote import push as push_commit
from headway.integrations.git.remote import remote_commit
from headway.integrations.git.writing import commit_at, commit_files
from headway.pull_request.generated import LOCK_TRAILER, RESULTS


@click.command()
@by_number
@from_head
@as_json
def push(number: int | None, head: str | None, as_json: bool) -> int:
    """Commit dvc.lock, reports/ and the manifests, and push the branch from the head that the run began with.

    What is pushed is verified first: exit code 1 where it does not agree, and nothing is pushed then.

    Outputs: `pushed`, whether the branch was moved; `head`, the commit that it is at now; `superseded`, "true" where
    somebody else moved it meanwhile: nothing is pushed then, and the run of the new head does the work.
    """
    target = find_target(number)
    branch, start = target.require_branch(), head or target.head_sha
    root, access = Path.cwd(), find_access()
    commit_files(root, RESULTS, message_of(root, run_url()), find_identity())
    commit = commit_at(root, "HEAD")
    if commit != start and (wrong := find_disagreement(root)):
        say(wrong)
        tell_finish(wrong)
        return NO
    if commit == start:
        superseded = remote_commit(root, f"refs/heads/{branch}", access) != commit
    else:
        superseded = not push_commit(root, commit, branch, expected=start, access=access)
    done = {"superseded": superseded, "pushed": not superseded and commit != start, "head": commit}
    for name, value in done.items():
        set_output(name, value if isinstance(value, str) else json.dumps(value))
    say("the branch has moved on: nothing was pushed" if superseded else f"the branch is at {commit}")
    if as_json:
        click.echo(json.dumps(done))
    return YES


def find_disagreement(root: Path) -> str | None:
    """Return why what is committed cannot be pushed as results: stages that still do not agree with dvc.lock."""
    stages = [stage.name for stage in verify_revision(root, "HEAD").stages if stage.disagreements]
    return f"dvc.lock still does not agree after the run, so nothing is pushed: {', '.join(stages)}" if stages else None


def message_of(root: Path, url: str | None) -> str:
    """Return the commit's message; its trailer names the lock that the results belong to."""
    trailers = []
    if (root / LOCK).exists():
        trailers.append(f"{LOCK_TRAILER}: {hashlib.sha256((root / LOCK).read_bytes()).hexdigest()}")
    if url:
        trailers.append(f"Headway-Run: {url}")
    return "\n\n".join(["Results of the pipeline", "\n".join(trailers)]).strip()
