"""What a step works on: a pull request, by number or from the event, or the merge result of a queue."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from headway.cli.actions import Event, read_event
from headway.cli.forge import find_account, open_forge
from headway.contracts.github import PullRequest, status_context
from headway.errors import InputError
from headway.integrations.git.origin import default_branch
from headway.integrations.git.proposing import find_user
from headway.integrations.git.remote import Access
from headway.integrations.git.writing import Identity

BOT = Identity("github-actions[bot]", "41898282+github-actions[bot]@users.noreply.github.com")

by_number: Callable[[Callable[..., Any]], Callable[..., Any]] = click.option(
    "--pr", "number", type=click.IntRange(min=1), help="Pull request; the event's otherwise."
)
from_head: Callable[[Callable[..., Any]], Callable[..., Any]] = click.option(
    "--head", metavar="SHA", envvar="HEADWAY_HEAD",
    help="Commit that headway pr begin found; the pull request's head otherwise.",
)  # fmt: skip
as_json: Callable[[Callable[..., Any]], Callable[..., Any]] = click.option(
    "--json", "as_json", is_flag=True, help="Print what was done as JSON."
)


@dataclass(frozen=True)
class Target:
    """What is judged.

    Attributes:
        number: of the pull request; None for what a merge queue made.
        head_sha: commit that gets the status.
        branch: that results are pushed to; None in a merge queue.
        base: branch that it goes to.
        default_branch: of the repository; None where only this clone may know it.
    """

    number: int | None
    head_sha: str
    branch: str | None
    base: str
    default_branch: str | None = None

    @property
    def context(self) -> str:
        """Name of the commit status.

        Raises:
            InputError: it is not known which branch is the default one.
        """
        return status_context(self.base, self.default_branch or default_branch(Path.cwd()))

    @property
    def in_queue(self) -> bool:
        return self.number is None

    def require_branch(self) -> str:
        """Return the branch.

        Raises:
            InputError: nothing can be pushed to a merge queue.
        """
        if self.branch is None:
            raise InputError("a merge queue has no branch to push to", hint="name a pull request: --pr NUMBER")
        return self.branch


def find_target(number: int | None, environment: Mapping[str, str] = os.environ) -> Target:
    """Return what `--pr` names, or what the event is about.

    Raises:
        InputError: neither is there, or the pull request's branch lies in a fork.
    """
    if number is not None:
        return _of_pull_request(open_forge(Path.cwd(), environment).pull_request(number))
    event = read_event(environment)
    if event is None:
        raise InputError("it is not known which pull request is meant", hint="name it: --pr NUMBER")
    try:
        return _of_event(event)
    except (KeyError, TypeError) as error:
        raise InputError(
            f"the event {event.name} is about no pull request",
            hint="run this on pull_request or merge_group, or name --pr",
        ) from error


def find_access(environment: Mapping[str, str] = os.environ) -> Access:
    """Return how to be let in to `origin`: with the token of the environment, where it has one."""
    try:
        account = find_account(Path.cwd(), environment)
    except InputError:
        return Access()
    return Access(account.server_url, account.token)


def find_identity(environment: Mapping[str, str] = os.environ) -> Identity:
    """Return who commits: HEADWAY_BOT_NAME and HEADWAY_BOT_EMAIL, or the bot of GitHub Actions."""
    return Identity(environment.get("HEADWAY_BOT_NAME") or BOT.name, environment.get("HEADWAY_BOT_EMAIL") or BOT.email)


def find_committer(root: Path, environment: Mapping[str, str] = os.environ) -> Identity:
    """Return who commits and tags for people: in a workflow its bot, else the user that Git knows.

    Raises:
        InputError: Git knows none.
    """
    return find_identity(environment) if environment.get("GITHUB_ACTIONS") == "true" else find_user(root)


def _of_pull_request(found: PullRequest) -> Target:
    if found.from_fork:
        raise InputError(
            f"pull request {found.number} comes from a fork, whose branch is not ours to push to",
            hint=f"take it in: headway adopt {found.number}",
        )
    return Target(found.number, found.head_sha, found.head_ref, found.base_ref)


def _of_event(event: Event) -> Target:
    if event.name == "merge_group":
        group = event.payload["merge_group"]
        base = str(group["base_ref"]).removeprefix("refs/heads/")
        return Target(None, str(group["head_sha"]), None, base, event.default_branch)
    found = event.payload["pull_request"]
    head, base = found["head"], str(found["base"]["ref"])
    return Target(int(found["number"]), str(head["sha"]), str(head["ref"]), base, event.default_branch)
