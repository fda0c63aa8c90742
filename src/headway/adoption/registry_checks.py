"""What a repository's settings on GitHub lack for promotions, as functions from facts to answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from headway.adoption.facts import Check, ForgeFacts, LocalFacts
from headway.contracts.github import Ruleset
from headway.contracts.registry.stages import Stages
from headway.contracts.registry.tags import PATTERNS

FOLDER = ".github/rulesets"


def check_tags(facts: ForgeFacts, _local: LocalFacts) -> Check:
    """Answer whether registry tags stay as they are: nobody may move or delete one."""
    if facts.rulesets is None:
        return _unknown("registry-tags", "rulesets", "metadata")
    hint = _import("registry-tags.json")
    found = [one for one in _of_tags(facts.rulesets) if {"update", "deletion"} <= {*one.rules}]
    if not found:
        return Check("registry-tags", "missing", "registry tags may be moved and deleted", hint)
    if all(one.bypasses for one in found):
        detail = f"somebody may bypass the ruleset {found[0].name!r}"
        return Check("registry-tags", "missing", detail, "take every bypass out of it: nothing moves a registry tag")
    return Check("registry-tags", "ok", "registry tags may be neither moved nor deleted")


def check_tag_creation(facts: ForgeFacts, local: LocalFacts) -> Check:
    """Answer whether a registry tag is known to be Headway's: by who may make one, or by its signature.

    A well-formed tag on a commit of the default branch shows nothing else of who made it.
    """
    if isinstance(local.stages, Stages) and local.stages.signed_tags:
        return Check("tag-creation", "ok", "registry tags since signed_tags was set count only where they are signed")
    if facts.rulesets is None:
        return _unknown("tag-creation", "rulesets", "metadata")
    if any("creation" in one.rules for one in _of_tags(facts.rulesets)):
        return Check("tag-creation", "ok", "registry tags are made by whom the ruleset names")
    detail = "whoever may push can make a registry tag that looks like Headway's"
    create = _import("registry-tags-creation.json")
    hint = f"with an App: {create}, with its number in it; or sign them, and set signed_tags: true"
    return Check("tag-creation", "missing", detail, hint)


def check_environments(facts: ForgeFacts, local: LocalFacts) -> Check:
    if facts.environments is None:
        return _unknown("environments", "environments", "actions")
    if isinstance(local.stages, str):
        return Check("environments", "cannot tell", local.stages, "", optional=True)
    reviewed = {one.name for one in facts.environments if one.reviewed}
    bare = [name for name in local.stages.stages if name not in reviewed]
    if bare:
        hint = f"Settings > Environments: make {_named(bare)}, with required reviewers where a person shall let it in"
        detail = f"nobody has to let a delivery to {_named(bare)} in"
        return Check("environments", "missing", detail, hint, optional=True)
    return Check("environments", "ok", "each stage has an environment with reviewers")


def check_approvals(facts: ForgeFacts, local: LocalFacts) -> Check:
    if isinstance(local.stages, str):
        return Check("approvals", "cannot tell", local.stages, "", optional=True)
    stage, most = max(((name, rules.approvals) for name, rules in local.stages.stages.items()), key=lambda one: one[1])
    if facts.protection.approvals >= most:
        return Check("approvals", "ok", f"{facts.branch} demands {_counted(facts.protection.approvals)}")
    detail = f"{stage} demands {_counted(most)}, {facts.branch} {facts.protection.approvals}: only the status asks"
    hint = f"Settings > Rules > Rulesets > {facts.branch}: Required approvals: {most}"
    return Check("approvals", "missing" if facts.protection.complete else "cannot tell", detail, hint, optional=True)


REGISTRY: Mapping[str, Callable[[ForgeFacts, LocalFacts], Check]] = {
    "registry-tags": check_tags,
    "tag-creation": check_tag_creation,
    "environments": check_environments,
    "approvals": check_approvals,
}


def _of_tags(rulesets: Sequence[Ruleset]) -> list[Ruleset]:
    """Return the active rulesets that are about every registry tag."""
    return [
        one for one in rulesets if one.target == "tag" and one.enforced and not one.excluded and _covers(one.patterns)
    ]


def _covers(patterns: Iterable[str]) -> bool:
    return "~ALL" in patterns or {*PATTERNS} <= {*patterns}


def _import(name: str) -> str:
    return f"gh api --method POST repos/OWNER/REPO/rulesets --input {FOLDER}/{name}"


def _named(names: Sequence[str]) -> str:
    return ", ".join(names)


def _counted(count: int) -> str:
    return f"{count} approval{'' if count == 1 else 's'}"


def _unknown(name: str, what: str, permission: str) -> Check:
    hint = f"use a token that may read {permission}"
    return Check(name, "cannot tell", f"the token may not read {what}", hint, optional=True)
