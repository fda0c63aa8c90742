"""What a repository's settings on GitHub lack for the pull request loop, as functions from facts to answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from headway.adoption.facts import Check, ForgeFacts, LocalFacts
from headway.adoption.registry_checks import REGISTRY
from headway.contracts.github import CHECK_CONTEXT, PROMOTION_CONTEXT, STATUS_CONTEXT

CONTEXTS = (STATUS_CONTEXT, CHECK_CONTEXT, PROMOTION_CONTEXT)
"""What branch protection must wait for: what retrain.yml, check.yml and promote.yml say."""


def check_pull_requests(facts: ForgeFacts, _local: LocalFacts) -> Check:
    hint = "Require a pull request before merging"
    return _demand("pull-requests", facts, facts.protection.pull_request, "changes come by pull request only", hint)


def check_statuses(facts: ForgeFacts, _local: LocalFacts) -> Check:
    absent = [context for context in CONTEXTS if context not in facts.protection.contexts]
    hint = f"Require status checks to pass: add {', '.join(absent)}"
    return _demand("statuses", facts, not absent, f"{', '.join(CONTEXTS)} are required", hint)


def check_up_to_date(facts: ForgeFacts, _local: LocalFacts) -> Check:
    hint = (
        "Require branches to be up to date before merging, or Require merge queue;"
        " else Git may merge dvc.lock into what no run has produced"
    )
    holds = facts.protection.strict or facts.protection.merge_queue
    return _demand("up-to-date", facts, holds, "what is merged is what was judged", hint)


def check_dismissal(facts: ForgeFacts, _local: LocalFacts) -> Check:
    hint = (
        "Dismiss stale pull request approvals when new commits are pushed; else a commit after the approval is merged"
        " unseen. The bot's commit takes approvals back as well: approve after the report"
    )
    detail = "a push takes approvals back, the bot's as well: approve after the report"
    return _demand("dismissal", facts, facts.protection.dismiss_stale_reviews, detail, hint)


def check_owner_reviews(facts: ForgeFacts, _local: LocalFacts) -> Check:
    hint = "Require review from Code Owners"
    detail = "an owner of what is changed must approve"
    return _demand("owner-reviews", facts, facts.protection.code_owner_review, detail, hint)


def check_last_push(facts: ForgeFacts, _local: LocalFacts) -> Check:
    hint = "Require approval of the most recent reviewable push; else whoever pushes last approves it alone"
    detail = "somebody other than who pushed last must approve"
    return _demand("last-push", facts, facts.protection.last_push_approval, detail, hint)


def check_signatures(facts: ForgeFacts, _local: LocalFacts) -> Check:
    if facts.protection.signed_commits:
        hint = (
            f"{_settings(facts)}: take Require signed commits off: git makes the bot's commits, without a signature."
            " With the rule on, only the author of a pull request can merge it, by squashing, which GitHub signs"
        )
        return Check("signatures", "missing", f"{facts.branch} demands signed commits", hint)
    return _demand("signatures", facts, facts.protection.complete, "no signature is demanded of the bot's commits", "")


def check_ci_storage(facts: ForgeFacts, local: LocalFacts) -> Check:
    if facts.variables is None:
        return _unknown_variables("ci-storage")
    url = facts.variables.get("HEADWAY_DVC_REMOTE")
    if url:
        return Check("ci-storage", "ok", f"HEADWAY_DVC_REMOTE is {url}")
    if local.storage and not local.storage.on_this_machine:
        return Check("ci-storage", "ok", f"workflows use {local.storage.name} of .dvc/config")
    hint = "gh variable set HEADWAY_DVC_REMOTE --body s3://BUCKET/PATH, and name its secrets in retrain.yml"
    if local.storage and facts.variables.get("HEADWAY_RUNNER"):
        detail = f"{local.storage.url} must be a folder of the runner"
        return Check("ci-storage", "cannot tell", detail, f"mount it there, or: {hint}")
    return Check("ci-storage", "missing", "a hosted runner reaches no DVC remote", hint)


def check_runner(facts: ForgeFacts, _local: LocalFacts) -> Check:
    if facts.variables is None:
        return _unknown_variables("runner")
    label = facts.variables.get("HEADWAY_RUNNER")
    if not label:
        hint = "for a GPU: gh variable set HEADWAY_RUNNER --body LABEL"
        return Check(
            "runner", "missing", "HEADWAY_RUNNER is not set: training runs on a hosted CPU", hint, optional=True
        )
    return Check("runner", "ok", f"HEADWAY_RUNNER is {label}")


def check_app(facts: ForgeFacts, _local: LocalFacts) -> Check:
    if facts.variables is None:
        return _unknown_variables("app")
    if not facts.variables.get("HEADWAY_APP_ID"):
        detail = "no GitHub App: retrain.yml starts check.yml itself, and other workflows wait for an approval"
        hint = "gh variable set HEADWAY_APP_ID --body CLIENT_ID; gh secret set HEADWAY_APP_KEY < KEY.pem"
        return Check("app", "missing", detail, hint, optional=True)
    return Check("app", "ok", "HEADWAY_APP_ID is set (whether the secret HEADWAY_APP_KEY is cannot be read)")


FORGE: Mapping[str, Callable[[ForgeFacts, LocalFacts], Check]] = {
    "pull-requests": check_pull_requests,
    "statuses": check_statuses,
    "up-to-date": check_up_to_date,
    "dismissal": check_dismissal,
    "owner-reviews": check_owner_reviews,
    "last-push": check_last_push,
    "signatures": check_signatures,
    "ci-storage": check_ci_storage,
    "runner": check_runner,
    "app": check_app,
    **REGISTRY,
}


def _demand(name: str, facts: ForgeFacts, holds: bool, detail: str, hint: str) -> Check:
    """Answer for a rule; where the token may not see every rule, one that was not seen may still be there."""
    if holds:
        return Check(name, "ok", detail)
    if not facts.protection.complete:
        seen = f"the token does not show every rule of {facts.branch}"
        return Check(name, "cannot tell", seen, f"use a token that may read administration; the rule: {hint or name}")
    return Check(name, "missing", f"{facts.branch} does not demand it", f"{_settings(facts)}: {hint}")


def _settings(facts: ForgeFacts) -> str:
    return f"Settings > Rules > Rulesets > {facts.branch}"


def _unknown_variables(name: str) -> Check:
    return Check(
        name, "cannot tell", "the token may not read variables", "use a token that may read variables", optional=True
    )
