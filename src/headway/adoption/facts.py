"""What `headway doctor` looks at and what it answers, as plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from headway.contracts.github import Environment, Protection, Ruleset
from headway.contracts.registry.stages import Stages

Outcome = Literal["ok", "missing", "cannot tell"]

DRIVER = "headway-lock"
TRACKED = ("dvc.yaml", "dvc.lock", "params.yaml", ".headway.yaml")


@dataclass(frozen=True)
class Check:
    """One answer.

    Attributes:
        name: stable, for scripts and for the how-to.
        outcome: of the check.
        detail: one sentence with what was seen.
        hint: the exact command or setting that mends it; empty where nothing is to be done.
        optional: whether the loop also works without it.
    """

    name: str
    outcome: Outcome
    detail: str
    hint: str = ""
    optional: bool = False


@dataclass(frozen=True)
class Storage:
    """The default DVC remote.

    Attributes:
        name, url: as DVC's settings have them.
        fault: why it cannot be reached; None where it can, or where nobody asked.
        asked: whether it was.
    """

    name: str
    url: str
    fault: str | None = None
    asked: bool = False

    @property
    def on_this_machine(self) -> bool:
        """Whether it is a folder."""
        return "://" not in self.url


@dataclass(frozen=True)
class LocalFacts:
    """What a clone shows.

    Attributes:
        git_version: of the program, for example (2, 39, 5).
        origin: URL of the remote of that name.
        committed: which of `TRACKED` Git tracks.
        storage: None where DVC has no default remote.
        merge_attribute: Git's `merge` attribute of dvc.lock.
        merge_driver: the command that Git runs for it.
        params_fault: why params.yaml cannot be used.
        gate: whether params.yaml has a `gate` section.
        requirement: the line of requirements.txt that names Headway.
        stale: rendered file -> what `headway init` would do with it, where that is something.
        owners: text of CODEOWNERS.
        stages: of models/registry/stages.yaml; in place of what cannot be used, why.
        cml: whether that program is on the PATH.
    """

    git_version: tuple[int, ...]
    origin: str | None
    committed: frozenset[str]
    storage: Storage | None
    merge_attribute: str | None
    merge_driver: str | None
    params_fault: str | None
    gate: bool
    requirement: str | None
    stale: Mapping[str, str]
    owners: str | None
    stages: Stages | str
    cml: bool


@dataclass(frozen=True)
class ForgeFacts:
    """What GitHub shows.

    Attributes:
        branch: the one that pull requests go to.
        protection: what it demands.
        variables: of Actions; None where the token may not read them.
        rulesets: of the repository; None where the token may not read them.
        environments: of the repository; None where the token may not read them.
    """

    branch: str
    protection: Protection
    variables: Mapping[str, str] | None
    rulesets: Sequence[Ruleset] | None
    environments: Sequence[Environment] | None


@dataclass(frozen=True)
class Silence:
    """Why GitHub shows nothing, and what to do about it."""

    reason: str
    hint: str
