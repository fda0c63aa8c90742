"""Does a committed verdict still count?"""

from __future__ import annotations

from pathlib import Path

from headway.cli.gate.champion import find_champion
from headway.cli.gate.policy import policy_at, policy_digest
from headway.contracts.canonical import sha256_file
from headway.contracts.layout import LOCK
from headway.contracts.verdict import Contender, Verdict


def still_holds(root: Path, verdict: Verdict, base: str) -> str | None:
    """Return None if `verdict` counts for the working tree and `base`, else the reason why not.

    It counts only for the lock, policy and champion that it names.

    Raises:
        InputError: there is no such base, or its policy or champion cannot be read.
    """
    lock = root / LOCK
    if not lock.is_file() or sha256_file(lock) != verdict.lock_sha256:
        return f"{LOCK} is another than the one that was judged"
    if policy_digest(policy_at(root, base)) != verdict.policy_sha256:
        return f"the policy of {base} is another than the one that it was judged by"
    champion = find_champion(root, base, verdict.model).contender
    judged = verdict.champion
    if _behaviour(champion) != _behaviour(judged):
        return f"the champion is another ({_named(champion)}) than the one that it was compared with ({_named(judged)})"
    return None


def _behaviour(contender: Contender | None) -> tuple[str, float] | None:
    return None if contender is None else (contender.model_sha256, contender.threshold)


def _named(contender: Contender | None) -> str:
    return "none" if contender is None else f"{contender.source}, {contender.model_sha256[:12]}"
