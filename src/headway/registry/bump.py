"""Which number a new version gets: semantic versions for models, by what a consumer notices."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from headway.contracts.manifest import Manifest
from headway.contracts.registry.tags import VersionNumber

Kind = Literal["major", "minor", "patch"]
KINDS: tuple[Kind, ...] = ("major", "minor", "patch")
_BEFORE_ALL = VersionNumber(0, 0, 0)


@dataclass(frozen=True)
class Bump:
    """A number, and a sentence that says why it is this one."""

    number: VersionNumber
    reason: str


def choose_number(
    manifest: Manifest,
    last: tuple[VersionNumber, Manifest] | None,
    taken: Collection[VersionNumber],
    asked: Kind | None = None,
) -> Bump:
    """Return the number of the version after `last`.

    Args:
        manifest: of the new version.
        last: the model's highest version that is trusted; None for its first.
        taken: numbers that have a tag, trusted or not; they are passed over.
        asked: what to raise, whatever the rule says.
    """
    start, before = last or (_BEFORE_ALL, None)
    by_rule, why = rule(before, manifest)
    kind = asked or by_rule
    reason = f"{by_rule}: {why}" if kind == by_rule else f"{kind}: asked for; by the rule {by_rule}: {why}"
    number = raised(start, kind)
    while number in taken:
        reason += f"; {number} is taken"
        number = raised(number, kind)
    return Bump(number, reason)


def rule(before: Manifest | None, after: Manifest) -> tuple[Kind, str]:
    """Return what must be raised between two versions, and what changed; `before` is None for a model's first.

    Major: whoever feeds the model or reads its answers has to change. Minor: it was made from something else. Patch:
    the same data and params gave another model, for example by other code or libraries.
    """
    if before is None:
        return "major", "the first version"
    if changed := _changed(classes=before.classes != after.classes, input=before.input != after.input):
        return "major", changed
    data, params = before.dataset_digest != after.dataset_digest, before.params_digest != after.params_digest
    if changed := _changed(data=data, params=params):
        return "minor", changed
    return "patch", "neither classes, input, data nor params changed"


def _changed(**parts: bool) -> str:
    names = [f"the {name}" for name, differs in parts.items() if differs]
    return f"{' and '.join(names)} changed" if names else ""


def raised(number: VersionNumber, kind: Kind) -> VersionNumber:
    """Return the next number of a kind; what stands behind it begins at 0."""
    if kind == "major":
        return VersionNumber(number.major + 1, 0, 0)
    if kind == "minor":
        return VersionNumber(number.major, number.minor + 1, 0)
    return VersionNumber(number.major, number.minor, number.patch + 1)
