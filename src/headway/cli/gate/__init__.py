"""`headway gate`, and what the other verbs of the pull request loop ask about verdicts."""

from headway.cli.gate.champion import Champion, find_champion
from headway.cli.gate.command import gate
from headway.cli.gate.holding import still_holds
from headway.cli.gate.policy import default_base, policy_at, policy_digest

__all__ = ["Champion", "default_base", "find_champion", "gate", "policy_at", "policy_digest", "still_holds"]
