"""Files of the registry that cannot be used, and declarations that no tag follows or repeats."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby

from headway.contracts.layout import ACKNOWLEDGED, REGISTRY, STAGES
from headway.contracts.registry.desired import Desired, slot_of
from headway.contracts.registry.records import one_line
from headway.contracts.registry.tags import Slot
from headway.errors import InputError
from headway.registry.audit.declared import Declared, Said, subject_of
from headway.registry.audit.findings import Finding, counted
from headway.registry.reconcile import missing, plan, takes_nothing
from headway.registry.state import Declaration, Echo

_YAML = (".yaml", ".yml")


def audit_declarations(declared: Declared) -> Iterator[Finding]:
    """Yield everything that is found about declarations."""
    yield from _find_unread(declared)
    yield from _find_unfollowed(declared)
    for slot in declared.state.declarations:
        echoes = {echo.declaration: echo for echo in declared.state.echoes.get(slot, ())}
        for echo in echoes.values():
            yield from _find_disagreement(echo, declared.said[echo.declaration])
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
        elif path not in (STAGES.as_posix(), ACKNOWLEDGED.as_posix()):
            yield Finding("file-unknown", path, f"it is no {REGISTRY.as_posix()}/STAGE/MODEL.yaml")


def _find_unfollowed(declared: Declared) -> Iterator[Finding]:
    """Yield the declarations without an echo: reconcile makes it, a fault hinders it, or it is too late for one."""

    def read(declaration: Declaration) -> Desired | None:
        said = declared.said[declaration]
        if isinstance(said, InputError):
            raise said
        return said

    planned = plan(declared.state, read, 0)
    for declaration, echoes in groupby(planned.echoes, key=lambda echo: echo.declaration):
        names = " and ".join(str(echo.name) for echo in echoes)
        yield Finding("declaration-untagged", subject_of(declaration.change), f"it would be {names}")
    for problem in planned.problems:
        yield Finding("file-faulty", subject_of(problem.declaration.change), problem.sentence)
    for slot, declarations in declared.state.declarations.items():
        tagged = {echo.declaration for echo in declared.state.echoes.get(slot, ())}
        for one in declarations[: len(declarations) - len(missing(declared.state, slot))]:
            needless = isinstance(declared.said[one], InputError) or takes_nothing(declared.state, one)
            if one not in tagged and not needless:
                yield Finding(
                    "declaration-overtaken", subject_of(one.change), "a later declaration has an echo, this has none"
                )


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


def _find_marks(declared: Declared, slot: Slot, echoes: Mapping[Declaration, Echo]) -> Iterator[Finding]:
    """Yield what is to be seen, though nothing is wrong with it."""
    declarations = declared.state.declarations[slot]
    for declaration in declarations:
        said = declared.said[declaration]
        if isinstance(said, Desired) and said.expedited:
            yield Finding("expedited", subject_of(declaration.change), f"{said.version}: {one_line(said.expedited)}")
    newest = declared.said[declarations[-1]]
    if isinstance(newest, Desired) and newest.hold:
        hold = newest.hold
        sentence = f"against {hold.against}, set by {one_line(hold.set_by)}: {one_line(hold.reason)}"
        yield Finding("hold", str(slot), sentence)
    unattested = sum(echo.record.attested == "unasked" for echo in echoes.values())
    if unattested:
        of_all = counted(len(echoes), "echo", "echoes")
        yield Finding("unattested", str(slot), f"of {unattested} of its {of_all} no forge says when or who")
