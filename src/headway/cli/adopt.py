"""`headway adopt`: takes the branch of a fork into this repository, where it is retrained and judged."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import click

from headway.cli.forge import open_forge
from headway.cli.pr.target import find_access
from headway.contracts.github import PullRequest
from headway.contracts.markdown import code
from headway.errors import InputError
from headway.integrations.git.remote import Access, fetch, push, remote_commit
from headway.integrations.git.writing import is_ancestor
from headway.ports import Forge

DEPENDABOT = "dependabot[bot]"


@dataclass(frozen=True)
class Adoption:
    """What was, or would be, done.

    Attributes:
        branch: in this repository.
        commit: that it is at afterwards.
        moved: whether the branch is made or moved; False where it is there already.
        pull_request: number of the pull request of `branch`; None where it is to be opened.
    """

    branch: str
    commit: str
    moved: bool
    pull_request: int | None


@click.command()
@click.argument("number", metavar="PR", type=click.IntRange(min=1))
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print what was done as JSON.")
def adopt(number: int, dry_run: bool, as_json: bool) -> None:
    """Copy the branch of a fork's pull request to adopt/PR, and open a pull request that names the original.

    The copy runs with this repository's secrets: read the changes first.
    """
    root, forge, access = Path.cwd(), open_forge(Path.cwd()), find_access()
    original = forge.pull_request(number)
    require_foreign(original)
    planned = plan_adoption(root, forge, original, access)
    done = planned if dry_run else carry_out(root, forge, original, planned, access)
    if as_json:
        click.echo(json.dumps({**vars(done), "dry_run": dry_run}))
    else:
        click.echo(_sentence(done, dry_run=dry_run))


def require_foreign(pull: PullRequest) -> None:
    """Refuse what needs no adoption.

    Raises:
        InputError: the pull request is closed, or its branch lies in this repository and is retrained already.
    """
    if not pull.open:
        raise InputError(f"pull request {pull.number} is closed", hint="reopen it first")
    if not pull.from_fork and pull.author != DEPENDABOT:
        raise InputError(
            f"pull request {pull.number} is no fork's: its branch lies in this repository",
            hint="it is retrained by itself; push to it to start again",
        )


def plan_adoption(root: Path, forge: Forge, original: PullRequest, access: Access) -> Adoption:
    """Return what is to be done.

    Raises:
        InputError: adopt/PR holds commits that the original does not.
    """
    branch = f"adopt/{original.number}"
    commit = fetch(root, f"refs/pull/{original.number}/head", access)
    present = remote_commit(root, f"refs/heads/{branch}", access)
    if present is not None and not is_ancestor(root, fetch(root, f"refs/heads/{branch}", access), commit):
        raise InputError(
            f"{branch} has commits of its own, such as the bot's results",
            hint=f"merge there by hand: git fetch origin refs/pull/{original.number}/head && git merge FETCH_HEAD",
        )
    opened = [one.number for one in forge.find_pull_requests(forge.repository, branch) if one.open]
    return Adoption(branch, commit, present != commit, opened[0] if opened else None)


def carry_out(root: Path, forge: Forge, original: PullRequest, planned: Adoption, access: Access) -> Adoption:
    """Push the branch, never over commits of others, and open the pull request where there is none."""
    if planned.moved:
        ref = f"refs/heads/{planned.branch}"
        expected = remote_commit(root, ref, access)
        if not push(root, planned.commit, planned.branch, expected=expected, access=access):
            raise InputError(f"{planned.branch} was moved at the same time", hint="run this again")
    if planned.pull_request is not None:
        return planned
    opened = forge.open_pull_request(
        head_ref=planned.branch,
        base_ref=original.base_ref,
        title=f"Adopt pull request {original.number}",
        body=f"Adopts #{original.number} by {code(original.author)}, to be retrained and judged here.",
    )
    return Adoption(planned.branch, planned.commit, planned.moved, opened.number)


def _sentence(done: Adoption, *, dry_run: bool) -> str:
    opened = f"pull request {done.pull_request}" if done.pull_request else "a pull request to be opened"
    return f"{'would be: ' if dry_run else ''}{done.branch} at {done.commit}, {opened}"
