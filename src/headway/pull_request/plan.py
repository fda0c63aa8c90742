"""What a pull request needs: nothing, its last verdict again, a new verdict, or training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from headway.contracts.verification import Verification
from headway.pull_request.lock_text import LockText, join_lock, split_lock

Do = Literal["nothing", "recall", "judge", "train"]
"""nothing: no stage is touched, or what must run must run on the base too. recall: what is committed still holds;
only report, comment and status are made again. judge: the results are there, a verdict that counts is not.
train: stages must run."""


@dataclass(frozen=True)
class Plan:
    """What to do, and one plain sentence that says why."""

    do: Do
    reason: str


def make_plan(
    verification: Verification,
    *,
    base: Verification | None,
    touched: bool,
    replaced: Sequence[str],
    objection: str | None,
) -> Plan:
    """Decide from what Git and the remote say; nothing is read here.

    Args:
        verification: of the merge result.
        base: of the base branch; None where it is no DVC project, or was not needed.
        touched: whether a changed file touches the pipeline.
        replaced: lock, verdict and manifests that are not the base's own.
        objection: why the committed verdict does not count; None where it counts.
    """
    if not verification.agrees:
        if not touched and base is not None and _disagreements(verification) == _disagreements(base):
            return Plan("nothing", "no stage is touched; what disagrees does so on the base branch too")
        return Plan("train", f"to run: {', '.join(verification.to_run)}")
    unverifiable = find_new_unverifiable(verification, base)
    if unverifiable:
        # DVC looks at the files themselves, and runs what they ask for.
        return Plan("train", f"Git cannot show whether all agrees: {unverifiable[0]}")
    if not replaced:
        return Plan("nothing", "results and verdict are the base's, and all agrees with them")
    if objection is None:
        return Plan("recall", "the committed verdict still holds")
    return Plan("judge", objection)


def find_new_unverifiable(verification: Verification, base: Verification | None) -> tuple[str, ...]:
    """Return the sentences about what Git cannot show that the base does not have, each with its stage."""
    known = _unverifiable(base) if base is not None else ()
    return tuple(sentence for sentence in _unverifiable(verification) if sentence not in known)


def needs_base(verification: Verification) -> bool:
    """Return whether the answer for the base makes a difference."""
    return not verification.agrees or bool(_unverifiable(verification))


def find_frozen(verification: Verification) -> tuple[str, ...]:
    """Return the stages that would have to run, though DVC runs no frozen stage: it would record them as they are."""
    return tuple(stage.name for stage in verification.stages if stage.frozen and stage.is_to_run)


def _unverifiable(verification: Verification) -> tuple[str, ...]:
    return tuple(f"{stage.name}: {sentence}" for stage in verification.stages for sentence in stage.unverifiable)


def _disagreements(verification: Verification) -> set[tuple[str, str, str]]:
    return {(stage.name, one.kind, one.subject) for stage in verification.stages for one in stage.disagreements}


def drop_unproven(lock: bytes, verification: Verification) -> bytes:
    """Return dvc.lock without the entries that DVC would keep as they are, though they are not true."""
    stages = {stage.name for stage in verification.stages if stage.is_to_drop}
    text = split_lock(lock)
    return join_lock(LockText(text.sections, {name: part for name, part in text.entries.items() if name not in stages}))
