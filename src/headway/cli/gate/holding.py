"""Does a committed verdict still count?"""

from __future__ import annotations

from pathlib import Path

from headway.cli.gate.champion import describe, find_champion, read_packaged
from headway.cli.gate.places import WorkingTree
from headway.cli.gate.policy import policy_at, policy_digest
from headway.contracts.canonical import sha256_file
from headway.contracts.layout import LOCK, PARAMS, ModelFiles
from headway.contracts.params.document import read_document
from headway.contracts.params.model import read_model
from headway.contracts.verdict import Contender, Verdict
from headway.errors import InputError
from headway.evaluation.gate import decision_of


def still_holds(root: Path, verdict: Verdict, base: str) -> str | None:
    """Return None if `verdict` counts for the working tree and `base`, else the reason why not.

    It counts only for the lock, model, policy and champion that it names, and only with the decision that its own
    findings come to. Who wrote it is another question.

    Raises:
        InputError: there is no such base, or its policy or champion cannot be read.
    """
    if decision_of(verdict.findings) != verdict.decision:
        return f"its findings do not come to {verdict.decision}"
    lock = root / LOCK
    if not lock.is_file() or sha256_file(lock) != verdict.lock_sha256:
        return f"{LOCK} is another than the one that was judged"
    other = _other_model(root, verdict)
    if other is not None:
        return other
    if policy_digest(policy_at(root, base)) != verdict.policy_sha256:
        return f"the policy of {base} is another than the one that it was judged by"
    champion = find_champion(root, base, verdict.model).contender
    judged = verdict.champion
    if _behaviour(champion) != _behaviour(judged):
        return f"the champion is another ({_named(champion)}) than the one that it was compared with ({_named(judged)})"
    return None


def _other_model(root: Path, verdict: Verdict) -> str | None:
    """Return why the verdict is not about the model that was packaged here; None where it is."""
    try:
        model = ModelFiles(read_model(read_document(root / PARAMS)))
        manifest = read_packaged(WorkingTree(root), model)
    except InputError as error:
        return error.message
    judged = verdict.candidate
    if verdict.model != model.name or describe(manifest, judged.source, judged.commit) != judged:
        return f"{model.manifest} is about another model than the one that was judged"
    return None


def _behaviour(contender: Contender | None) -> tuple[str, float] | None:
    return None if contender is None else (contender.model_sha256, contender.threshold)


def _named(contender: Contender | None) -> str:
    return "none" if contender is None else f"{contender.source}, {contender.model_sha256[:12]}"
