"""Reviews what a pull request changes below models/registry/, by the rules of what it would be merged into."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from headway.cli.registry.gathering import SlotHistory, gather_facts
from headway.cli.registry.proposing import make_proposal
from headway.contracts.layout import ACKNOWLEDGED, REGISTRY, STAGES
from headway.contracts.registry.acknowledged import parse_acknowledged
from headway.contracts.registry.desired import Desired, desired_path, parse_stage_file, slot_of
from headway.contracts.registry.stages import StageRules, Stages, parse_stages
from headway.contracts.registry.tags import Slot, StageTag, VersionTag, parse_tag, parse_version
from headway.errors import InputError
from headway.integrations.git.history import changed_below, contents_below
from headway.integrations.git.writing import merge_objects
from headway.registry.changes import (
    StageChange,
    describe_change,
    describe_rules,
    refuse_approvals,
    refuse_change,
    refuse_contents,
    refuse_rules,
)
from headway.registry.earned import Facts, Refusal
from headway.registry.review import ReviewedFile

if TYPE_CHECKING:
    from headway.cli.registry.opening import Opened
    from headway.ports import Forge

_REGISTRY = REGISTRY.as_posix()
_YAML = (".yaml", ".yml")
_OLD_REASON = "`expedited` is what the declaration before said, and counts for that one alone"
_UNASKED = "approvals are not looked at: no pull request is named"


@dataclass(frozen=True)
class Question:
    """What would be merged, and into what.

    Attributes:
        opened: the registry of the base.
        head: commit that would be merged.
        number: of the pull request; None where it is not known, or a merge queue's.
        forge: that knows its approvals.
    """

    opened: Opened
    head: str
    number: int | None
    forge: Forge | None

    @cached_property
    def approved_by(self) -> tuple[str, ...] | None:
        """Who approved; None where nobody can be asked."""
        return self.forge.approvals(self.number) if self.forge and self.number is not None else None


def review_changes(question: Question) -> tuple[ReviewedFile, ...]:
    """Return what is to be said of each file that a merge would change; none where it changes nothing there.

    Raises:
        InputError, OutsideError: the remote, DVC's or GitHub, cannot tell what is asked of it.
    """
    opened = question.opened
    result = merge_objects(opened.root, opened.ledger.head, question.head)
    if result is None:
        conflict = f"it conflicts with {opened.branch}, or has no history in common with it"
        way = f"merge {opened.branch} into the branch, or let Headway propose it anew"
        return (ReviewedFile(_REGISTRY, "cannot be merged", (Refusal("conflict", conflict, way),)),)
    changed = changed_below(opened.root, opened.ledger.head, result, _REGISTRY)
    several = _find_several(question)
    paths = tuple(sorted({*changed, *several}))
    reviewed = _Review(question, result, paths).files() if paths else ()
    return tuple(
        replace(one, refusals=(several[one.path], *one.refusals)) if one.path in several else one for one in reviewed
    )


def _find_several(question: Question) -> Mapping[str, Refusal]:
    """Return file -> the reason against it, of those that the commits have several contents of."""
    opened = question.opened
    contents = contents_below(opened.root, opened.ledger.head, question.head, _REGISTRY)
    refusals = {path: refuse_contents(path, blobs) for path, blobs in contents.items() if path.endswith(_YAML)}
    return {path: refusal for path, refusal in refusals.items() if refusal}


class _Review:
    """The review of one merge result."""

    def __init__(self, question: Question, result: str, paths: tuple[str, ...]) -> None:
        self._question = question
        self._opened = question.opened
        self._result = result
        self._paths = paths
        self._now = datetime.now(UTC)

    def files(self) -> Iterator[ReviewedFile]:
        for path in self._paths:
            slot = _find_slot(path)
            if path == STAGES.as_posix():
                yield self._review_rules()
            elif path == ACKNOWLEDGED.as_posix():
                yield self._review_acknowledged()
            elif slot is not None:
                yield self._review_stage_file(path, slot)
            elif path.endswith(_YAML):
                way = "name it models/registry/<stage>/<model>.yaml"
                yield ReviewedFile(path, "no stage file", (Refusal("file", "nothing reads a file of this name", way),))
            else:
                yield ReviewedFile(path, "no stage file")

    @cached_property
    def _stages(self) -> Stages | None:
        """The rules of the base; None where it has none, or none that can be read."""
        try:
            return self._opened.stages()
        except InputError:
            return None

    @cached_property
    def _parsed(self) -> Mapping[Slot, Desired | InputError | None]:
        """Slot -> its stage file after the merge, or what is wrong with it; None where it is taken away."""
        found: dict[Slot, Desired | InputError | None] = {}
        for slot in filter(None, map(_find_slot, self._paths)):
            content = self._opened.file(self._result, desired_path(slot))
            try:
                found[slot] = None if content is None else parse_stage_file(content, slot)
            except InputError as error:
                found[slot] = error
        return found

    @cached_property
    def _changes(self) -> Mapping[Slot, StageChange]:
        return {
            slot: StageChange(slot, SlotHistory(self._opened, slot).present, after)
            for slot, after in self._parsed.items()
            if not isinstance(after, InputError)
        }

    def _review_rules(self) -> ReviewedFile:
        path, what = STAGES.as_posix(), "another set of rules; this pull request is judged by those of its base"
        content = self._opened.file(self._result, path)
        if content is None:
            return ReviewedFile(path, what, (Refusal("rules", "no stage would have rules", "leave the file there"),))
        try:
            after = parse_stages(content, path)
        except InputError as error:
            return ReviewedFile(path, what, (Refusal("file", error.message, error.hint),))
        declared = self._opened.state.declarations
        removed = {slot for slot, said in self._parsed.items() if said is None}
        kept = {slot for slot, said in declared.items() if said[-1].change.blob} - removed
        refusal = refuse_rules(after, kept)
        approvals, notes = self._approvals(self._most_approvals, "a change of the rules", "")
        refusals = (*((refusal,) if refusal else ()), *approvals)
        return ReviewedFile(path, what, refusals, notes=(*describe_rules(self._stages, after), *notes))

    def _review_acknowledged(self) -> ReviewedFile:
        path, what = ACKNOWLEDGED.as_posix(), "findings that headway audit shall not fail for"
        content = self._opened.file(self._result, path)
        try:
            if content is not None:
                parse_acknowledged(content, path)
        except InputError as error:
            return ReviewedFile(path, what, (Refusal("file", error.message, error.hint),))
        approvals, notes = self._approvals(self._most_approvals, "a change of what is acknowledged", "")
        return ReviewedFile(path, what, tuple(approvals), notes=tuple(notes))

    @property
    def _most_approvals(self) -> int:
        """The most approvals that a stage of the base demands."""
        return max((rules.approvals for rules in self._stages.stages.values()), default=0) if self._stages else 0

    def _review_stage_file(self, path: str, slot: Slot) -> ReviewedFile:
        after = self._parsed[slot]
        if isinstance(after, InputError):
            return ReviewedFile(path, "cannot be read", (Refusal("file", after.message, after.hint),))
        if self._stages is None:
            way = f"merge {STAGES.as_posix()} first, in a pull request of its own"
            return ReviewedFile(path, "cannot be judged", (Refusal("rules", "the base has no usable rules", way),))
        if slot.stage not in self._stages.stages:
            if after is None:
                return ReviewedFile(path, "of no stage, and taken away")
            way = f"{STAGES.as_posix()} names: {', '.join(self._stages.stages)}"
            return ReviewedFile(path, "of no stage", (Refusal("stage", f"there is no stage {slot.stage!r}", way),))
        return self._review_change(path, self._changes[slot])

    def _review_change(self, path: str, change: StageChange) -> ReviewedFile:
        facts = self._gather(change)
        found = list(refuse_change(change, facts, self._changes))
        skips = change.expedited is not None
        waived = tuple(one for one in found if one.expeditable and skips)
        refusals = [one for one in found if one not in waived]
        said = change.after or change.before
        needed = self._rules_of(change).approvals
        approvals, notes = self._approvals(needed, change.slot.stage, said.asked_by if said else "")
        if change.after and change.after.expedited and not skips and any(one.expeditable for one in refusals):
            notes.append(_OLD_REASON)
        proposal = None
        if facts is not None and facts.version is not None and change.after is not None:
            kind: Literal["promotion", "rollback"] = "rollback" if change.kind == "rollback" else "promotion"
            proposal = make_proposal(self._opened, kind, change.after, facts, waived)
        return ReviewedFile(
            path, _describe(change), (*refusals, *approvals), waived, change.expedited, tuple(notes), proposal,
            describe_change(change.before, change.after),
        )  # fmt: skip

    def _gather(self, change: StageChange) -> Facts | None:
        if change.after is None or change.kind == "edit":
            return None
        number = parse_version(change.after.version)
        assert number is not None  # the contract says so
        stage, name = change.slot.stage, VersionTag(change.slot.model, number)
        rules, judge = self._rules_of(change), change.kind == "promotion"
        return gather_facts(self._opened, name, stage, rules, now=self._now, judge=judge, forge=self._question.forge)

    def _rules_of(self, change: StageChange) -> StageRules:
        assert self._stages is not None
        return self._stages.stages[change.slot.stage]

    def _approvals(self, needed: int, what: str, asked_by: str) -> tuple[list[Refusal], list[str]]:
        """Return the reason against it where too few have approved, and what else is to be said of approvals."""
        if not needed:
            return [], []
        approved_by = self._question.approved_by
        if approved_by is None:
            return [], [_UNASKED]
        refusal = refuse_approvals(needed, what, approved_by, asked_by)
        return ([refusal], []) if refusal else ([], [f"approved by {', '.join(approved_by)}"])


def _find_slot(path: str) -> Slot | None:
    """Return the slot of a stage file whose tags could be named."""
    slot = slot_of(path)
    return slot if slot is not None and parse_tag(str(StageTag(slot, 1))) is not None else None


def _describe(change: StageChange) -> str:
    before, after, slot = change.before, change.after, change.slot
    if after is None:
        return f"leaves {slot.stage} without {slot.model}"
    held = before.version if before else "nothing"
    if change.kind == "rollback":
        return f"rollback of {slot.model} in {slot.stage} from {held} to {after.version}"
    if change.kind == "promotion":
        return f"promotion of {slot.model}@{after.version} to {slot.stage}, which is declared {held}"
    lifted = before is not None and before.hold is not None and after.hold is None
    return f"{slot.stage} keeps {after.version}{'; its hold is lifted' if lifted else ''}: {after.reason}"
