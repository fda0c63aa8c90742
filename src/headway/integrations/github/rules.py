"""What a branch demands, by rulesets and classic protection as GitHub's API words them, and what a ruleset says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from headway.contracts.github import Protection, Ruleset


def read_protection(rules: Sequence[Mapping[str, Any]], classic: Mapping[str, Any], *, complete: bool) -> Protection:
    """Put both kinds together: a branch demands what either of them demands.

    Args:
        rules: active rules of the branch, as GET /rules/branches/{branch} lists them.
        classic: classic protection, as GET /branches/{branch}/protection answers; empty where there is none.
        complete: whether the classic protection is known.
    """
    status = [*_parameters(rules, "required_status_checks"), _part(classic, "required_status_checks")]
    review = _parameters(rules, "pull_request")
    classic_review = _part(classic, "required_pull_request_reviews")
    return Protection(
        contexts=tuple(sorted({context for part in status for context in _contexts(part)})),
        strict=any(part.get("strict_required_status_checks_policy") or part.get("strict") for part in status),
        merge_queue=any(rule["type"] == "merge_queue" for rule in rules),
        signed_commits=any(rule["type"] == "required_signatures" for rule in rules)
        or bool(_part(classic, "required_signatures").get("enabled")),
        pull_request=bool(review) or "required_pull_request_reviews" in classic,
        dismiss_stale_reviews=any(part.get("dismiss_stale_reviews_on_push") for part in review)
        or bool(classic_review.get("dismiss_stale_reviews")),
        code_owner_review=any(part.get("require_code_owner_review") for part in review)
        or bool(classic_review.get("require_code_owner_reviews")),
        last_push_approval=any(part.get("require_last_push_approval") for part in [*review, classic_review]),
        approvals=max(part.get("required_approving_review_count") or 0 for part in [*review, classic_review]),
        complete=complete,
    )


def read_ruleset(answer: Mapping[str, Any]) -> Ruleset:
    """Put one ruleset into values, as GET /rulesets/{id} answers; who may bypass it, only writers are told."""
    refs = (answer.get("conditions") or {}).get("ref_name") or {}
    return Ruleset(
        name=answer["name"],
        target=answer["target"],
        enforced=answer["enforcement"] == "active",
        patterns=tuple(refs.get("include", ())),
        excluded=tuple(refs.get("exclude", ())),
        rules=tuple(rule["type"] for rule in answer.get("rules") or ()),
        bypasses=bool(answer["bypass_actors"]) if "bypass_actors" in answer else None,
    )


def _parameters(rules: Sequence[Mapping[str, Any]], kind: str) -> list[Mapping[str, Any]]:
    return [rule.get("parameters") or {} for rule in rules if rule["type"] == kind]


def _part(classic: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = classic.get(name)
    return part if isinstance(part, dict) else {}


def _contexts(part: Mapping[str, Any]) -> list[str]:
    entries = [*part.get("required_status_checks", ()), *part.get("checks", ())]
    return [*part.get("contexts", ()), *(entry["context"] for entry in entries)]
