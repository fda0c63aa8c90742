"""What the gate refused at registration: a status of the commit keeps it, so that no later run scores it again."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from headway.cli.actions import run_url
from headway.cli.forge import find_forge
from headway.cli.progress import say
from headway.contracts.canonical import sha256_of
from headway.contracts.github import APP_SUFFIX
from headway.contracts.registry.records import one_line
from headway.errors import HeadwayError

if TYPE_CHECKING:
    from headway.ports import Forge

_DIGITS = 12


@dataclass(frozen=True)
class Refusals:
    """The gate's refusals that workflows have found; where there is no forge, nothing is kept.

    A refusal holds for the champion and the policy that it was found with. Whatever else may come to another answer, a
    mended gate for example, asks for `headway register --again`.
    """

    forge: Forge | None
    recalls: bool
    keeps: bool

    def recall(self, model: str, commit: str, rests_on: str) -> str | None:
        """Return the gate's sentence of an earlier run; None where there is none, or GitHub does not tell.

        Only a workflow's word counts: a person with the right to write could set such a status as well.
        """
        if self.forge is None or not self.recalls:
            return None
        try:
            status = self.forge.statuses(commit).get(_context(model))
        except HeadwayError as error:
            say(f"warning: what was refused before is not known: {error.message}")
            return None
        if status is None or status.state != "failure" or not status.creator.endswith(APP_SUFFIX):
            return None
        mark, _, sentence = status.description.partition(": ")
        return sentence if mark == rests_on else None

    def keep(self, model: str, commit: str, rests_on: str, sentence: str) -> None:
        """Let later runs know."""
        if self.forge is None or not self.keeps:
            return
        try:
            text = f"{rests_on}: {one_line(sentence)}"
            self.forge.set_status(commit, "failure", text, context=_context(model), url=run_url())
        except HeadwayError as error:
            say(f"warning: the next run scores {model} of {commit[:10]} again: {error.message}")


def rest_on(champion: str | None, policy_sha256: str) -> str:
    """Return what a refusal rests on, short: the champion's identity, and the gate's policy."""
    return sha256_of([champion, policy_sha256])[:_DIGITS]


def open_refusals(root: Path, *, again: bool, dry_run: bool, environment: Mapping[str, str] = os.environ) -> Refusals:
    """Return what the repository's forge keeps; nothing by hand, or without a token.

    `again` forgets what was found before, and `dry_run` writes nothing.

    Raises:
        InputError: a token and a repository are named, but cannot be used.
    """
    forge = find_forge(root, environment) if environment.get("GITHUB_ACTIONS") == "true" else None
    return Refusals(forge, recalls=not again, keeps=not dry_run)


def _context(model: str) -> str:
    return f"register {model}"
