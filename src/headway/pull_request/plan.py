"""What a pull request needs: nothing, its last verdict again, a new verdict, or training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from headway.contracts.verification import Verification
from headway.pull_request.lock_text import LockText, join_lock, split_lock

Do = Literal["nothing", "recall", "judge", "train"]
"""nothing: no stage is touched. recall: what is committed still holds; only report, comment and status are made again.
judge: the results are there, a verdict that counts is not. train: stages must run."""


@dataclass(frozen=True)
class Plan:
    """What to do, and one plain sentence that says why."""

    do: Do
    reason: str


def make_plan(
    verification: Verification, *, base_lock: bytes | None, lock: bytes | None, objection: str | None
) -> Plan:
    """Decide from what Git and the remote say; nothing is read here.

    Args:
        verification: of the merge result.
        base_lock, lock: bytes of dvc.lock on the base branch and in the merge result; None where there is none.
        objection: why the committed verdict does not count; None where it counts.
    """
    if not verification.agrees:
        return Plan("train", f"to run: {', '.join(verification.to_run)}")
    if lock == base_lock:
        return Plan("nothing", "dvc.lock is the base's, and all agrees with it")
    if objection is None:
        return Plan("recall", "the committed verdict still holds")
    return Plan("judge", objection)


def drop_unproven(lock: bytes, verification: Verification) -> bytes:
    """Return dvc.lock without the entries that DVC would keep as they are, though no known run made them."""
    kinds = {"orphan", "unproven"}
    stages = {stage.name for stage in verification.stages if kinds & {one.kind for one in stage.disagreements}}
    text = split_lock(lock)
    return join_lock(LockText(text.sections, {name: part for name, part in text.entries.items() if name not in stages}))
