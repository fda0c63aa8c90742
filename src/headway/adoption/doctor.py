"""All that `headway doctor` says."""

from __future__ import annotations

from collections.abc import Sequence

from headway.adoption.facts import Check, ForgeFacts, LocalFacts, Silence
from headway.adoption.forge_checks import FORGE
from headway.adoption.local_checks import LOCAL


def diagnose(local: LocalFacts, forge: ForgeFacts | Silence) -> Sequence[Check]:
    """Return all checks; those that need GitHub cannot tell without it."""
    answers = [check(local) for check in LOCAL]
    if isinstance(forge, Silence):
        return [*answers, *(Check(name, "cannot tell", forge.reason, forge.hint) for name in FORGE)]
    return [*answers, *(check(forge, local) for check in FORGE.values())]


def is_healthy(checks: Sequence[Check]) -> bool:
    """Return whether nothing is missing that the loop needs."""
    return not any(check.outcome == "missing" and not check.optional for check in checks)
