"""Declarations that break the rules of their time, or that no tag follows."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from headway.contracts.layout import REGISTRY, STAGES
from headway.contracts.registry.desired import Desired, desired_path, slot_of
from headway.contracts.registry.ledger import Ledger
from headway.contracts.registry.records import one_line
from headway.contracts.registry.stages import Stages
from headway.contracts.registry.tags import Slot
from headway.errors import InputError
from headway.registry.audit.findings import Finding
from headway.registry.reconcile import missing, plan
from headway.registry.state import Declaration, Echo, State

_YAML = (".yaml", ".yml")

Said = Desired | InputError | None
"""What a stage file says; None where it was taken away, the error where it cannot be used."""


@dataclass(frozen=True)
class Rules:
    """stages.yaml over time: at each position of the line where it changed, what it said from then on.

    One that cannot be used leaves the one before it in force.
    """

    positions: Sequence[int]
    stages: Sequence[Stages | None]
    fault: str | None
    """Why the newest cannot be used."""

    def at(self, position: int) -> Stages | None:
        """Return the rules that a commit of the line came with; None where there were none."""
        place = bisect_right(self.positions, position)
        return self.stages[place - 1] if place else None

    @property
    def now(self) -> Stages | None:
        return self.stages[-1] if self.stages else None


@dataclass(frozen=True)
class Declared:
    """All that the default branch declares.

    Attributes:
        ledger, state: of one reading.
        said: of every declaration.
        rules: over time.
    """

    ledger: Ledger
    state: State
    said: Mapping[Declaration, Said]
    rules: Rules


def audit_declarations(declared: Declared) -> Iterator[Finding]:
    """Yield everything that is found about declarations."""
    yield from _find_unread(declared)
    yield from _find_unfollowed(declared)
    yield from _find_out_of_order(declared)
    for slot in declared.state.declarations:
        echoes = {echo.declaration: echo for echo in declared.state.echoes.get(slot, ())}
        for echo in echoes.values():
            yield from _find_disagreement(echo, declared.said[echo.declaration])
            yield from _find_approvals(echo, declared.rules)
        yield from _find_marks(declared, slot, echoes)


def _find_unread(declared: Declared) -> Iterator[Finding]:
    """Yield the files below models/registry/ that are there and count for nothing."""
    if declared.rules.fault:
        yield Finding("rules-faulty", STAGES.as_posix(), declared.rules.fault)
    known = declared.rules.now.stages if declared.rules.now else {}
    present = {change.path: change.blob for change in declared.ledger.changes}
    for path in sorted(path for path, blob in present.items() if blob and path.endswith(_YAML)):
        slot = slot_of(path)
        if slot in declared.state.declarations:
            if known and slot and slot.stage not in known:
                yield Finding("stage-unknown", path, f"{STAGES.name} has no stage {one_line(slot.stage)}")
        elif path != STAGES.as_posix():
            yield Finding("file-unknown", path, f"it is no {REGISTRY.as_posix()}/STAGE/MODEL.yaml")


def _find_unfollowed(declared: Declared) -> Iterator[Finding]:
    """Yield the declarations without an echo: reconcile makes it, a fault hinders it, or it is too late for one."""

    def read(declaration: Declaration) -> Desired | None:
        said = declared.said[declaration]
        if isinstance(said, InputError):
            raise said
        return said

    planned = plan(declared.state, read, 0)
    for echo in planned.echoes:
        yield Finding("declaration-untagged", _subject(echo.declaration), f"it would be {echo.name}")
    for problem in planned.problems:
        yield Finding("file-faulty", _subject(problem.declaration), problem.sentence)
    for slot, declarations in declared.state.declarations.items():
        tagged = {echo.declaration for echo in declared.state.echoes.get(slot, ())}
        for one in declarations[: len(declarations) - len(missing(declared.state, slot))]:
            if one not in tagged and not isinstance(declared.said[one], InputError):
                yield Finding("declaration-overtaken", _subject(one), "a later declaration has an echo, this has none")


def _find_out_of_order(declared: Declared) -> Iterator[Finding]:
    """Yield the declarations of versions that the stage before had not held; a version that was here may come back."""
    first = _find_first(declared)
    for declaration, said in declared.said.items():
        slot, position = declaration.slot, declaration.change.position
        stages = declared.rules.at(position)
        rules = stages.stages.get(slot.stage) if stages else None
        if not isinstance(said, Desired) or said.expedited or rules is None or rules.after is None:
            continue
        above = Slot(rules.after, slot.model)
        if all(first.get((one, said.identity), position) >= position for one in (above, slot)):
            sentence = f"{above.stage} had not held {said.version}, which {slot.stage} demands"
            yield Finding("order-broken", _subject(declaration), sentence)


def _find_first(declared: Declared) -> Mapping[tuple[Slot, str], int]:
    """Return where on the line each slot was declared an identity first."""
    first: dict[tuple[Slot, str], int] = {}
    for declaration, said in declared.said.items():
        if isinstance(said, Desired):
            place = declaration.slot, said.identity
            first[place] = min(first.get(place, declaration.change.position), declaration.change.position)
    return first


def _find_disagreement(echo: Echo, said: Said) -> Iterator[Finding]:
    """Yield that an echo tells other words than its stage file; of another version it would not count at all."""
    record, file = echo.record, said if isinstance(said, Desired) else None
    sides = {
        "person": (record.declared_by, file.asked_by if file else None),
        "reason": (record.reason, file.reason if file else None),
        "word about being expedited": (record.expedited, file.expedited if file else None),
    }
    if found := [name for name, (told, written) in sides.items() if told != _line(written)]:
        yield Finding("echo-disagrees", echo.tag.name, f"it says another {', '.join(found)} than its stage file")


def _line(text: str | None) -> str | None:
    """Return text as a record keeps it, in which "none" and nothing are one."""
    line = one_line(text or "")
    return line if line not in ("", "none") else None


def _find_approvals(echo: Echo, rules: Rules) -> Iterator[Finding]:
    stages = rules.at(echo.declaration.change.position)
    demanded = stages.stages[echo.slot.stage].approvals if stages and echo.slot.stage in stages.stages else 0
    asked = _account(echo.record.declared_by or "")
    found = {_account(name) for name in echo.record.approved_by} - {asked}
    if len(found) < demanded:
        sentence = f"{echo.slot.stage} demands {demanded} approvals, it had {len(found)}"
        yield Finding("approvals-missing", echo.tag.name, sentence)


def _account(name: str) -> str:
    return name.strip().removeprefix("@").casefold()


def _find_marks(declared: Declared, slot: Slot, echoes: Mapping[Declaration, Echo]) -> Iterator[Finding]:
    """Yield what is to be seen, though nothing is wrong with it."""
    declarations = declared.state.declarations[slot]
    for declaration in declarations:
        said = declared.said[declaration]
        if isinstance(said, Desired) and said.expedited:
            yield Finding("expedited", _subject(declaration), f"{said.version}: {one_line(said.expedited)}")
    newest = declared.said[declarations[-1]]
    if isinstance(newest, Desired) and newest.hold:
        hold = newest.hold
        sentence = f"against {hold.against}, set by {one_line(hold.set_by)}: {one_line(hold.reason)}"
        yield Finding("hold", str(slot), sentence)
    unattested = sum(echo.record.declared_at is None for echo in echoes.values())
    if unattested:
        yield Finding("unattested", str(slot), f"of {unattested} of its {len(echoes)} echoes no forge says when or who")


def _subject(declaration: Declaration) -> str:
    return f"{desired_path(declaration.slot)} in {declaration.commit[:10]}"
