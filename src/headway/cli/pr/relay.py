"""`headway pr relay`: comment and status for a fork, by code of this repository, from a file that a stranger wrote."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

import click

from headway.cli.actions import Event, read_event, run_url
from headway.cli.comment import default_title
from headway.cli.forge import open_forge
from headway.cli.pr.target import as_json, by_number, find_access
from headway.cli.progress import say
from headway.cli.verify import verify_revision
from headway.contracts.claim import LIMIT_BYTES, Claim, parse_claim
from headway.contracts.github import PROMOTION_CONTEXT, STATUS_CONTEXT, PullRequest, State, status_context
from headway.contracts.layout import LOCK, REGISTRY
from headway.contracts.lock import parse_lock
from headway.errors import HeadwayError, InputError
from headway.integrations.git.history import changed_below, changed_files
from headway.integrations.git.origin import default_branch
from headway.integrations.git.reading import file_at
from headway.integrations.git.remote import Access, fetch
from headway.integrations.git.writing import merge_objects
from headway.ports import Forge
from headway.pull_request.claim import render_claim
from headway.pull_request.comment import Report
from headway.pull_request.outcome import NOTHING
from headway.pull_request.posting import Posting
from headway.pull_request.touched import touches_pipeline

_REGISTRY = REGISTRY.as_posix()


@click.command()
@click.argument("path", metavar="CLAIM", type=click.Path(path_type=Path))
@by_number
@as_json
def relay(path: Path, number: int | None, as_json: bool) -> None:
    """Say on a fork's pull request what its run claims, and set the status: CLAIM is a file that a stranger wrote.

    Which pull request it is comes from GitHub, and whether anything must be retrained from Git's objects. Figures never
    pass the gate: what must be retrained gets a failing status until a maintainer adopts it.
    """
    root, forge, access = Path.cwd(), open_forge(Path.cwd()), find_access()
    event = read_event()
    default = (event and event.default_branch) or default_branch(root)
    pulls = [forge.pull_request(number)] if number is not None else find_pulls(forge, event)
    due = {
        pull.number: relay_to(root, forge, pull, access, path, status_context(pull.base_ref, default)) for pull in pulls
    }
    if as_json:
        click.echo(json.dumps({"retraining_due": due}))
    elif not pulls:
        say("no open pull request has this head any more: nothing is posted")


def find_pulls(forge: Forge, event: Event | None) -> Sequence[PullRequest]:
    """Return the open pull requests whose head is what the other workflow ran on, as GitHub tells."""
    if event is None or event.name != "workflow_run":
        raise InputError("it is not known which pull request is meant", hint="name it: --pr NUMBER")
    run = event.payload["workflow_run"]
    if not run.get("head_repository"):  # the fork is gone
        return ()
    found = forge.find_pull_requests(run["head_repository"]["full_name"], run["head_branch"])
    return [one for one in found if one.open and one.head_sha == run["head_sha"]]


def relay_to(root: Path, forge: Forge, pull: PullRequest, access: Access, path: Path, context: str) -> bool:
    """Post comment and status; return whether something must be retrained."""
    base, merged = f"refs/remotes/origin/{pull.base_ref}", find_merged(root, pull, access)
    due = merged is None or needs_retraining(root, base, merged)
    title = default_title()
    if due:
        report = Report(render_claim(read_claim(path, pull.head_sha), pull.number), title, pull.head_sha)
        sentence = f"To be retrained here before it can be merged: headway adopt {pull.number}"
    else:
        report = Report(NOTHING, title, pull.head_sha)
        sentence = NOTHING
    state: State = "failure" if due else "success"
    forge.set_status(pull.head_sha, state, sentence, context=context, url=run_url())
    if context == STATUS_CONTEXT:  # only what the default branch says is declared
        answer_promotion(forge, pull, declares=merged is None or bool(changed_below(root, base, merged, _REGISTRY)))
    Posting(forge, pull.number, report, only_existing=not due).settle()
    say(f"pull request {pull.number}: {sentence}")
    return due


def answer_promotion(forge: Forge, pull: PullRequest, *, declares: bool) -> None:
    """Set the status that promote.yml may not set for a fork, whose evidence it could not see."""
    sentence = f"To be judged here: headway adopt {pull.number}" if declares else "Nothing to promote."
    state: State = "failure" if declares else "success"
    forge.set_status(pull.head_sha, state, sentence, context=PROMOTION_CONTEXT, url=run_url())


def find_merged(root: Path, pull: PullRequest, access: Access) -> str | None:
    """Return what a merge would make, as Git's object alone; None where it conflicts, or the head has moved on."""
    head = fetch(root, f"refs/pull/{pull.number}/head", access)
    return merge_objects(root, f"refs/remotes/origin/{pull.base_ref}", head) if head == pull.head_sha else None


def needs_retraining(root: Path, base: str, merged: str) -> bool:
    """Decide by the names of the changed files, and only where none of them is the pipeline's by what they hold.

    So DVC never opens what a stranger wrote to lead it elsewhere: a dvc.yaml, a configuration, parameters.
    """
    try:
        lock = file_at(root, base, LOCK)
        entries = parse_lock(lock, LOCK.as_posix()) if lock else {}
        if touches_pipeline(changed_files(root, base, merged), entries):
            return True
        return not verify_revision(root, merged, remote=False).agrees
    except HeadwayError:  # what it says may be a stranger's words
        return True


def read_claim(path: Path, head_sha: str) -> Claim | None:
    """Return the claim; None where it is missing, no plain file, too large, malformed, or about another commit."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        try:
            claim = parse_claim(file.read(LIMIT_BYTES + 1))
        except (InputError, OSError) as error:
            say(f"warning: {error}")
            return None
    return claim if claim.head_sha == head_sha else None
