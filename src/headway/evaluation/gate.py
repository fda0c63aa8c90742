"""What the policy decides of a comparison. Pure.

Any rule that fails rejects; otherwise any rule that is undecided makes the answer inconclusive.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from headway.contracts.params.gate import GateParams
from headway.contracts.verdict import Decision, Finding, Interval
from headway.evaluation.findings import RULES, RULES_FOR_THE_SAME, Facts, change


@dataclass(frozen=True)
class Judgement:
    """The decision, one sentence about it, and what every rule said."""

    decision: Decision
    summary: str
    findings: tuple[Finding, ...]


def decide(policy: GateParams, facts: Facts) -> Judgement:
    """Apply every rule of `policy`; a model that is the champion itself passes without being measured again."""
    rules = RULES_FOR_THE_SAME if facts.same_model else RULES
    findings = tuple(chain.from_iterable(rule(policy, facts) for rule in rules))
    decision = decision_of(findings)
    return Judgement(decision, _summary(decision, policy, facts, findings), findings)


def decision_of(findings: Sequence[Finding]) -> Decision:
    """Return what the findings of all rules come to."""
    outcomes = {finding.outcome for finding in findings}
    return "reject" if "fail" in outcomes else "inconclusive" if "undecided" in outcomes else "accept"


def _summary(decision: Decision, policy: GateParams, facts: Facts, findings: Sequence[Finding]) -> str:
    """Return what was decided, why, and what to do about it."""
    failed = [finding for finding in findings if finding.outcome == "fail"]
    open_ = [finding for finding in findings if finding.outcome == "undecided"]
    if decision == "reject":
        return f"Reject: {_first(failed)}."
    if decision == "inconclusive":
        return f"Inconclusive: {_first(open_)}. Nothing fails."
    if facts.same_model:
        return "Accept: the same model as the champion."
    if facts.champion is None:
        floors = sum(finding.rule == "floor" for finding in findings)
        held = "the policy sets no floor either" if not floors else f"floors held: {floors} of {floors}"
        return f"Accept: there is no champion to compare with, and {held}."
    difference = facts.measured(policy.metric).difference
    assert difference is not None  # otherwise non-inferiority is undecided
    return f"Accept: {_standing(policy, difference)}; {change(policy, difference)}."


def _standing(policy: GateParams, difference: Interval) -> str:
    if difference.low > 0:
        return "better than the champion"
    if difference.high < 0:
        return f"worse than the champion, but by less than the margin {policy.margin:g}"
    return f"not worse than the champion by the margin {policy.margin:g} or more"


def _first(findings: Sequence[Finding]) -> str:
    """Return the first finding's sentence, with its subject where it does not say it, and how many there are more."""
    first, rest = findings[0], len(findings) - 1
    named = first.sentence if first.sentence.startswith(first.subject) else f"{first.subject}: {first.sentence}"
    others = "" if not rest else f" (and {rest} more such finding{'s' if rest > 1 else ''})"
    return f"{named}{others}"
