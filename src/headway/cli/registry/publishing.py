"""Brings a declaration to the remote: a branch with one commit, and a pull request from it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from headway.cli.pr.target import find_access, find_identity
from headway.contracts.registry.desired import desired_path, desired_yaml
from headway.contracts.registry.records import one_line
from headway.errors import InputError, OutsideError
from headway.integrations.git.proposing import find_user, is_same_proposal, make_commit
from headway.integrations.git.remote import Access, fetch, push, remote_commit
from headway.integrations.git.writing import Identity
from headway.registry.proposal import Proposal, write_body, write_title

if TYPE_CHECKING:
    from headway.cli.registry.opening import Opened
    from headway.contracts.github import PullRequest
    from headway.ports import Forge

_NAMES = 50
_LOOKS = 3


@dataclass(frozen=True)
class Published:
    """Where a proposal is.

    Attributes:
        branch: on the remote.
        commit: its head.
        pull_request: number; None where none was asked for.
        found: whether all of it was there before.
    """

    branch: str
    commit: str
    pull_request: int | None
    found: bool


@dataclass(frozen=True)
class _Place:
    """A branch that is the proposal's: its head, the pull request from it, and whether it was there before."""

    tip: str
    pull: PullRequest | None
    found: bool


def publish(opened: Opened, proposal: Proposal, name: str, forge: Forge | None) -> Published:
    """Push the stage file to a branch that is not there yet, and open a pull request where there is a forge.

    What an earlier call brought is found again. A branch of that name from another commit of the default branch, whose
    pull request was merged or closed, stays as it is, and the next free name is taken.

    Raises:
        InputError: the token or a rule of the repository does not allow it.
        OutsideError: the remote or the forge cannot be reached.
    """
    root, access, title = opened.root, find_access(), write_title(proposal)
    files = {desired_path(proposal.facts.slot): desired_yaml(proposal.desired).encode()}
    message = f"{title}\n\n{one_line(proposal.desired.reason)}\n"
    commit = make_commit(root, opened.ledger.head, files, message, _find_committer(root))
    for number in range(1, _NAMES + 1):
        branch = name if number == 1 else f"{name}-{number}"
        place = _find_place(root, branch, commit, access, forge)
        if place is None:
            continue
        pull = place.pull
        if forge is not None and pull is None:
            pull = _open(forge, branch, opened.branch, title, write_body(proposal))
        found = place.found and (forge is None or place.pull is not None)
        return Published(branch, place.tip, pull.number if pull else None, found)
    raise OutsideError(f"{_NAMES} branches begin with {name}", hint="delete those whose pull requests are closed")


def find_asker(root: Path, environment: Mapping[str, str] = os.environ) -> str:
    """Return who asks: whoever started the workflow, else the user that Git knows.

    Raises:
        InputError: Git knows none.
    """
    actor = environment.get("GITHUB_ACTOR") if _is_workflow(environment) else None
    return one_line(actor or find_user(root).name)


def _find_committer(root: Path, environment: Mapping[str, str] = os.environ) -> Identity:
    return find_identity(environment) if _is_workflow(environment) else find_user(root)


def _is_workflow(environment: Mapping[str, str]) -> bool:
    return environment.get("GITHUB_ACTIONS") == "true"


def _find_place(root: Path, branch: str, commit: str, access: Access, forge: Forge | None) -> _Place | None:
    """Return the branch with the proposal on it, pushed where it is free; None where it is about something else."""
    ref = f"refs/heads/{branch}"
    for _ in range(_LOOKS):
        tip = remote_commit(root, ref, access)
        if tip is None:
            if push(root, commit, branch, expected=None, access=access):
                return _Place(commit, None, found=False)
            continue
        if pulls := forge.find_pull_requests(forge.repository, branch) if forge else ():
            return _Place(tip, pulls[0], found=True)
        same = is_same_proposal(root, fetch(root, ref, access), commit)
        return _Place(tip, None, found=True) if same else None
    raise OutsideError(f"{branch} is being pushed by others", hint="run this again")


def _open(forge: Forge, branch: str, base: str, title: str, body: str) -> PullRequest:
    try:
        return forge.open_pull_request(head_ref=branch, base_ref=base, title=title, body=body)
    except InputError:  # somebody else may have been quicker
        if pulls := forge.find_pull_requests(forge.repository, branch):
            return pulls[0]
        raise
