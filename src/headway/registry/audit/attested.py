"""What echoes say of the merge, held against the forge and against each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from headway.contracts.github import MergedPullRequest
from headway.contracts.layout import ACKNOWLEDGED, STAGES
from headway.contracts.registry.ledger import FileChange, Ledger
from headway.contracts.registry.stages import Stages
from headway.contracts.registry.tags import Slot
from headway.registry.audit.declared import Declared, Merged, subject_of
from headway.registry.audit.findings import Finding
from headway.registry.changes import refuse_approvals
from headway.registry.earned import write_moment
from headway.registry.state import Echo, State

_UNECHOED = {STAGES.as_posix(): "a change of the rules", ACKNOWLEDGED.as_posix(): "a change of what is acknowledged"}
"""Files that no tag follows."""
_NOT_BY_PULL_REQUEST = "it was pushed: the forge knows no pull request that brought it"


def list_reviewed(ledger: Ledger, state: State) -> tuple[FileChange, ...]:
    """Return the changes that only a pull request may bring, oldest first.

    Those of stage files, of acknowledged.yaml, and of stages.yaml but the first, with which a project begins.
    """
    rules = [change for change in ledger.changes if change.path == STAGES.as_posix()][1:]
    entries = [change for change in ledger.changes if change.path == ACKNOWLEDGED.as_posix()]
    declarations = [one.change for found in state.declarations.values() for one in found]
    return tuple(sorted((*rules, *entries, *declarations), key=lambda change: change.position))


def audit_attestations(declared: Declared) -> Iterator[Finding]:
    """Yield what no pull request brought, and the echoes that the forge, or the order of the line, contradicts."""
    yield from _audit_unechoed(declared)
    confirmed = confirm_echoes(declared.state, declared.merged)
    for slot, declarations in declared.state.declarations.items():
        direct = {one.declaration for one in confirmed[slot] if one.record.attested == "no-pull-request"}
        for declaration in declarations:
            if declaration in direct or _is_pushed(declaration.change, declared.merged):
                yield Finding("no-pull-request", subject_of(declaration.change), _NOT_BY_PULL_REQUEST)
        echoes = declared.state.echoes.get(slot, ())
        for echo in echoes:
            if echo.declaration.commit in declared.merged:
                yield from _compare(echo, declared.merged[echo.declaration.commit])
        yield from _find_contradictions(echoes)


def _audit_unechoed(declared: Declared) -> Iterator[Finding]:
    """Yield the changes of files without echoes that nobody reviewed.

    Each needs the most approvals that a stage demanded before it, by rules that were reviewed themselves: or else two
    pull requests that nobody approved would be enough.
    """
    rules = declared.rules
    for change in list_reviewed(declared.ledger, declared.state):
        if change.path not in _UNECHOED or change.commit not in declared.merged:
            continue
        if fault := _find_unreviewed(change, declared.merged[change.commit], rules.before(change.position)):
            code, sentence = fault
            yield Finding(code, subject_of(change), sentence)
            rules = rules.without(change.position) if change.path == STAGES.as_posix() else rules


def _find_unreviewed(
    change: FileChange, known: MergedPullRequest | None, rules: Stages | None
) -> tuple[str, str] | None:
    """Return the code and the sentence of what is found about a change that a forge was asked about."""
    if known is None:
        return "no-pull-request", _NOT_BY_PULL_REQUEST
    needed = max(one.approvals for one in rules.stages.values()) if rules else 0
    refusal = refuse_approvals(needed, _UNECHOED[change.path], known.approved_by, "")
    return ("approvals-missing", refusal.sentence) if refusal else None


def confirm_echoes(state: State, merged: Merged) -> Mapping[Slot, tuple[Echo, ...]]:
    """Return the echoes of every slot, with the forge's word in place of their own where it was asked."""
    return {slot: tuple(_confirm(echo, merged) for echo in state.echoes.get(slot, ())) for slot in state.declarations}


def _confirm(echo: Echo, merged: Merged) -> Echo:
    commit = echo.declaration.commit
    if commit not in merged:
        return echo
    known = merged[commit]
    return replace(
        echo,
        record=replace(
            echo.record,
            declared_at=known.merged_at if known else None,
            attested="forge" if known else "no-pull-request",
            pull_request=known.number if known else None,
            approved_by=known.approved_by if known else (),
        ),
    )


def _is_pushed(change: FileChange, merged: Merged) -> bool:
    return change.commit in merged and merged[change.commit] is None


def _compare(echo: Echo, known: MergedPullRequest | None) -> Iterator[Finding]:
    """Yield what an echo claims and the forge does not: one that was made without a forge claims nothing."""
    record = echo.record
    at, number = (_whole(known.merged_at), known.number) if known else (None, None)
    approvers = {login.casefold() for login in known.approved_by} if known else set()
    faults: list[str] = []
    if record.declared_at is not None and record.declared_at != at:
        faults.append(f"it says {_moment(record.declared_at)}, the forge says {_moment(at)}")
    if record.pull_request is not None and record.pull_request != number:
        faults.append(f"it says pull request {record.pull_request}, the forge says {number or 'none'}")
    if strangers := [login for login in record.approved_by if login.casefold() not in approvers]:
        faults.append(f"the forge knows no approval by {', '.join(strangers)}")
    if faults:
        yield Finding("echo-forged", echo.tag.name, "; ".join(faults))


def _find_contradictions(echoes: Sequence[Echo]) -> Iterator[Finding]:
    """Yield the echoes whose time is earlier than one before them on the line: merge times never are."""
    latest: tuple[datetime, Echo] | None = None
    for echo in echoes:
        at = echo.record.declared_at
        if at is None:
            continue
        if latest and at < latest[0]:
            sentence = f"it says {_moment(at)}, but {latest[1].tag.name}, which is older, {_moment(latest[0])}"
            yield Finding("times-contradict", echo.tag.name, sentence)
        else:
            latest = at, echo


def _whole(moment: datetime) -> datetime:
    """Return a moment to the second, as a record keeps it."""
    return moment.replace(microsecond=0)


def _moment(moment: datetime | None) -> str:
    return write_moment(moment) if moment else "none"
