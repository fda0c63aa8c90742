"""The answer of `headway verify`: whether code, params, data pointers, dvc.lock and remote agree at one commit."""

from __future__ import annotations

from typing import Literal

from headway.contracts.document import Document

SCHEMA_VERSION: Literal[1] = 1

DisagreementKind = Literal[
    "not-run",
    "command",
    "params",
    "dependency",
    "output",
    "chain",
    "orphan",
    "missing-on-remote",
    "unproven",
]
"""not-run: dvc.lock has no entry. command, params, dependency: dvc.yaml or Git holds another than the lock says, or one
of them names none. output: as these, of a result that lies in Git. chain: two entries name different hashes for one
path. orphan: an entry without a stage. missing-on-remote: an object, or a member of a directory, is not there.
unproven: no run is known to have made this entry."""


class Disagreement(Document):
    """One thing that does not agree."""

    kind: DisagreementKind
    subject: str
    """Path, parameter or object that it is about."""
    expected: str | None
    """What dvc.lock says."""
    found: str | None
    """What Git, or the remote, says."""


class StageAnswer(Document):
    """One stage of dvc.yaml at the commit."""

    name: str
    disagreements: tuple[Disagreement, ...]
    unverifiable: tuple[str, ...]
    """Sentences about what Git cannot show: symbolic links, filters, imports."""
    proof: Literal["run", "parent", "none", "unknown"]
    """A run record of exactly this entry; a parent commit with the same entry; neither; not looked for."""
    frozen: bool = False
    """Whether dvc.yaml keeps `dvc repro` from running it, whatever changed."""

    @property
    def is_to_run(self) -> bool:
        """Whether it is a stage that has to run again."""
        pointer = self.name.endswith(".dvc")
        return not pointer and any(one.kind != "orphan" for one in self.disagreements)

    @property
    def is_to_drop(self) -> bool:
        """Whether `dvc repro` may take an entry for up to date that is not, so that it must first be dropped.

        It does not see that a run is unknown, nor what only the entry names. The entry of a frozen stage stays:
        `dvc repro` would write one for it that no run has made.
        """
        return not self.frozen and any(
            one.kind in _UNSEEN or (one.kind in _NAMED and one.found is None and one.expected is not None)
            for one in self.disagreements
        )


_UNSEEN = ("orphan", "unproven")
_NAMED = ("params", "dependency", "output")


class Verification(Document):
    """The whole answer."""

    schema_version: Literal[1] = SCHEMA_VERSION
    commit: str
    lock_sha256: str | None
    """None where the commit has no dvc.lock."""
    remote: str | None
    """Name of the remote that was asked; None where none was."""
    stages: tuple[StageAnswer, ...]

    @property
    def agrees(self) -> bool:
        """Whether nothing disagrees; what is unverifiable does not count against it."""
        return not any(stage.disagreements for stage in self.stages)

    @property
    def to_run(self) -> tuple[str, ...]:
        """Stages that must run again, upstream first: not a .dvc file, nor an entry without a stage."""
        return tuple(stage.name for stage in self.stages if stage.is_to_run)
