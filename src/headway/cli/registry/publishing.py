"""Brings a declaration to the remote: a branch with one commit, and a pull request from it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from headway.cli.pr.target import find_access, find_committer
from headway.contracts.registry.desired import Desired, desired_path, desired_yaml, parse_stage_file
from headway.contracts.registry.records import one_line
from headway.errors import InputError, OutsideError
from headway.integrations.git.proposing import find_user, is_same_proposal, make_commit
from headway.integrations.git.remote import Access, fetch, push, remote_commit
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
        reason: that stands there, where it is another than was given; None otherwise.
    """

    branch: str
    commit: str
    pull_request: int | None
    found: bool
    reason: str | None = None


@dataclass(frozen=True)
class _Place:
    """A branch that is the proposal's: its head, the pull request from it, whether and why it was there before."""

    tip: str
    pull: PullRequest | None
    found: bool
    reason: str | None = None


def publish(opened: Opened, proposal: Proposal, name: str, forge: Forge | None) -> Published:
    """Push the stage file to a branch that is not there yet, and open a pull request where there is a forge.

    What an earlier call brought is found again, where it says the same but for the reason. A branch of that name that
    says something else, or whose pull request was merged or closed, stays as it is, and the next free name is taken.

    Raises:
        InputError: the token or a rule of the repository does not allow it.
        OutsideError: the remote or the forge cannot be reached.
    """
    root, access, title = opened.root, find_access(), write_title(proposal)
    files = {desired_path(proposal.facts.slot): desired_yaml(proposal.desired).encode()}
    message = f"{title}\n\n{one_line(proposal.desired.reason)}\n"
    commit = make_commit(root, opened.ledger.head, files, message, find_committer(root))
    for number in range(1, _NAMES + 1):
        branch = name if number == 1 else f"{name}-{number}"
        place = _find_place(opened, proposal, branch, commit, access, forge)
        if place is None:
            continue
        pull = place.pull
        if forge is not None and pull is None:
            pull = _open(forge, branch, opened.branch, title, write_body(proposal))
        found = place.found and (forge is None or place.pull is not None)
        return Published(branch, place.tip, pull.number if pull else None, found, place.reason)
    raise OutsideError(f"{_NAMES} branches begin with {name}", hint="delete those whose pull requests are closed")


def find_asker(root: Path, environment: Mapping[str, str] = os.environ) -> str:
    """Return who asks: whoever started the workflow, else the user that Git knows.

    Raises:
        InputError: Git knows none.
    """
    actor = environment.get("GITHUB_ACTOR") if environment.get("GITHUB_ACTIONS") == "true" else None
    return one_line(actor or find_user(root).name)


def _find_place(
    opened: Opened, proposal: Proposal, branch: str, commit: str, access: Access, forge: Forge | None
) -> _Place | None:
    """Return the branch with the proposal on it, pushed where it is free; None where it is about something else."""
    root, ref = opened.root, f"refs/heads/{branch}"
    for _ in range(_LOOKS):
        tip = remote_commit(root, ref, access)
        if tip is None:
            if push(root, commit, branch, expected=None, access=access):
                return _Place(commit, None, found=False)
            continue
        tip = fetch(root, ref, access)
        if pulls := forge.find_pull_requests(forge.repository, branch) if forge else ():
            return _find_same(opened, proposal, tip, pulls[0])
        return _Place(tip, None, found=True) if is_same_proposal(root, tip, commit) else None
    raise OutsideError(f"{branch} is being pushed by others", hint="run this again")


def _find_same(opened: Opened, proposal: Proposal, tip: str, pull: PullRequest) -> _Place | None:
    """Return the place of an open pull request that says the same but for the reason; None where it does not."""
    slot, wanted = proposal.facts.slot, proposal.desired
    content = opened.file(tip, desired_path(slot))
    try:
        said = None if content is None else parse_stage_file(content, slot)
    except InputError:
        said = None
    if said is None or _without_reason(said) != _without_reason(wanted):
        return None
    return _Place(tip, pull, found=True, reason=said.reason if said.reason != wanted.reason else None)


def _without_reason(desired: Desired) -> Desired:
    """Return a stage file as it is whoever asks for it, and why."""
    hold = desired.hold and desired.hold.model_copy(update={"reason": "-", "set_by": "-"})
    return desired.model_copy(update={"reason": "-", "asked_by": "-", "hold": hold})


def _open(forge: Forge, branch: str, base: str, title: str, body: str) -> PullRequest:
    try:
        return forge.open_pull_request(head_ref=branch, base_ref=base, title=title, body=body)
    except InputError:  # somebody else may have been quicker
        if pulls := forge.find_pull_requests(forge.repository, branch):
            return pulls[0]
        raise
