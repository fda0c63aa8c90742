"""What a pull request changes in a stage file, and whether it may."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Literal

from headway.contracts.registry.desired import Desired, desired_path
from headway.contracts.registry.records import one_line
from headway.contracts.registry.stages import Stages
from headway.contracts.registry.tags import Slot
from headway.registry.earned import Facts, Refusal, refuse_promotion, refuse_rollback

Kind = Literal["promotion", "rollback", "edit", "removal"]
_NOTHING = "nothing"


@dataclass(frozen=True)
class StageChange:
    """One stage file before and after; None where there is none."""

    slot: Slot
    before: Desired | None
    after: Desired | None

    @property
    def kind(self) -> Kind:
        """What it comes to: a rollback sets a hold against the version that it takes away."""
        if self.after is None:
            return "removal"
        if self.before is None:
            return "promotion"
        if (self.before.version, self.before.identity) == (self.after.version, self.after.identity):
            return "edit"
        hold = self.after.hold
        back = hold is not None and hold.against == self.before.version and self.expedited is None
        return "rollback" if back else "promotion"

    @property
    def expedited(self) -> str | None:
        """Why it may skip what it had not earned; what the declaration before it said counts for that one alone."""
        said = self.after.expedited if self.after else None
        return said if self.before is None or said != self.before.expedited else None


def refuse_change(change: StageChange, facts: Facts | None, beside: Mapping[Slot, StageChange]) -> tuple[Refusal, ...]:
    """Return every reason against a change, those that a person may skip included.

    Args:
        change: of one stage file.
        facts: about the version that it names; None where it names none, or no other than before.
        beside: all changes of stage files that would be merged with it.
    """
    if facts is None or change.after is None:
        return tuple(one for one in (_hold_lifted(change), _soak_loosened(change)) if one)
    if facts.version is not None and change.after.identity != facts.version.record.identity:
        return (_identity(change, facts),)
    loosened = _soak_loosened(change)
    if change.kind == "rollback":
        return (*refuse_rollback(facts), *([loosened] if loosened else []))
    also = (_out_of_order(facts, beside), loosened)
    return (*refuse_promotion(facts), *(one for one in also if one))


def refuse_contents(path: str, contents: AbstractSet[str | None]) -> Refusal | None:
    """Return the reason against a file of which the commits of a pull request have several contents."""
    if len(contents) < 2:
        return None
    return Refusal(
        "several-commits",
        f"the commits have {len(contents)} contents of {path}; a rebase would declare each, and one alone is judged",
        "squash them into one commit upon the newest default branch, and push it",
    )


def refuse_approvals(needed: int, what: str, approved_by: Sequence[str], asked_by: str) -> Refusal | None:
    """Return the reason against a merge that too few others than who asked have approved; `what` demands it."""
    counted = [login for login in approved_by if login.casefold() != asked_by.casefold()]
    if len(counted) >= needed:
        return None
    others = f" by others than who asked ({asked_by})" if asked_by else ""
    return Refusal(
        "approvals",
        f"{what} demands {needed} approval{'s' if needed > 1 else ''} of this commit{others}; there "
        f"{'is' if len(counted) == 1 else 'are'} {len(counted)}",
        "ask somebody with write access, who wrote none of it, to approve the newest commit",
    )


def describe_change(before: Desired | None, after: Desired | None) -> tuple[str, ...]:
    """Return what a stage file's change is, a sentence for each key, in plain text; none for a new or gone file."""
    if before is None or after is None:
        return ()
    old, new = dict(_values(before)), dict(_values(after))
    keys = [*new, *(key for key in old if key not in new)]
    return tuple(
        f"{key}: {old.get(key, _NOTHING)} becomes {new.get(key, _NOTHING)}"
        for key in keys
        if old.get(key) != new.get(key)
    )


def describe_rules(before: Stages | None, after: Stages) -> tuple[str, ...]:
    """Return what another stages.yaml changes, a sentence each, in plain text."""
    old, new = (stages.stages if stages else {} for stages in (before, after))
    said = [f"{name} is a new stage" for name in new if name not in old]
    said += [f"{name} is no stage any more" for name in old if name not in new]
    for name in (name for name in new if name in old):
        sides = old[name].model_dump(mode="json"), new[name].model_dump(mode="json")
        for key in (key for key in sides[1] if sides[0][key] != sides[1][key]):
            what = "" if key == "rollout" else f": {sides[0][key]} becomes {sides[1][key]}"
            said.append(f"{name}: {key}{what or ' changes'}")
    if [name for name in old if name in new] != [name for name in new if name in old]:
        said.append("the order of the stages changes")
    if before is not None and before.signed_tags != after.signed_tags:
        said.append(f"signed_tags: {before.signed_tags} becomes {after.signed_tags}")
    return tuple(said)


def refuse_rules(after: Stages, held: Iterable[Slot]) -> Refusal | None:
    """Return the reason against another stages.yaml: `held` are the slots that would still have a stage file."""
    orphans = sorted({slot.stage for slot in held} - set(after.stages))
    if not orphans:
        return None
    return Refusal(
        "rules",
        f"{', '.join(orphans)} would be no stage any more, and still has stage files",
        "take its stage files away first, or with it",
    )


def _hold_lifted(change: StageChange) -> Refusal | None:
    before, after = change.before, change.after
    if before is None or before.hold is None or (after is not None and after.hold == before.hold):
        return None
    if after is not None and not _same_words(after.reason, before.reason):
        return None
    return Refusal(
        "hold",
        f"the hold against {before.hold.against} is {'changed' if after and after.hold else 'lifted'} without a reason "
        "of its own",
        f"say in `reason` of {desired_path(change.slot)} why"
        if after
        else "lift the hold first, in a pull request of its own, and say in `reason` why",
    )


def _soak_loosened(change: StageChange) -> Refusal | None:
    before, after = change.before, change.after
    if before is None or after is None or after.soak_hours >= before.soak_hours:
        return None
    if not _same_words(after.reason, before.reason):
        return None
    return Refusal(
        "reason",
        f"soak_hours goes from {before.soak_hours:g} to {after.soak_hours:g} without a reason of its own",
        f"say in `reason` of {desired_path(change.slot)} why",
    )


def _same_words(one: str, other: str) -> bool:
    return one_line(one).casefold() == one_line(other).casefold()


def _values(desired: Desired) -> Iterator[tuple[str, str]]:
    """Yield dotted key -> value of all that a stage file says."""
    for key, value in desired.model_dump(mode="json").items():
        if isinstance(value, dict):
            yield from ((f"{key}.{below}", json.dumps(one, ensure_ascii=False)) for below, one in value.items())
        else:
            yield key, _NOTHING if value is None else str(value)


def _identity(change: StageChange, facts: Facts) -> Refusal:
    return Refusal(
        "identity",
        f"{desired_path(change.slot)} names another identity than {facts.name} has",
        f"let Headway write it: headway promote {facts.name} {change.slot.stage}",
    )


def _out_of_order(facts: Facts, beside: Mapping[Slot, StageChange]) -> Refusal | None:
    """Refuse to declare a stage and the one before it at once, where the earlier one is what the later rests on."""
    after, version = facts.rules.after, str(facts.name.number)
    other = beside.get(Slot(after, facts.slot.model)) if after else None
    said = other.after if other else None
    if other is None or said is None or other.kind == "edit":
        return None
    if said.version != version and (said.hold is None or said.hold.against != version):
        return None
    return Refusal(
        "upstream",
        f"{after} would be declared with it, and {facts.slot.stage} comes after {after}",
        f"a pull request each: first {after}, then {facts.slot.stage}",
    )
