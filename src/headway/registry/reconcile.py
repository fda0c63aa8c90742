"""Makes tags follow the stage files: which echoes are missing, and how they get to the remote though others race."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import count

from headway.contracts.github import MergedPullRequest
from headway.contracts.layout import STAGES
from headway.contracts.registry.desired import Desired, parse_stage_file
from headway.contracts.registry.ledger import Ledger, Tag
from headway.contracts.registry.records import Attested, EchoRecord
from headway.contracts.registry.stages import parse_stages
from headway.contracts.registry.tags import HIGHEST_N, Slot, StageTag, parse_tag
from headway.errors import InputError
from headway.ports import NewTag, RegistryRepository
from headway.registry.attestation import Attest, AttestChange, ask_again
from headway.registry.publishing import ATTEMPTS, date_after, publish_planned, read_whole
from headway.registry.reading import read_state
from headway.registry.state import Declaration, State, Version, find_assigned

ReadDesired = Callable[[Declaration], Desired | None]
"""Returns what a declaration says, None for one that empties the stage; raises `InputError` for a faulty file."""


@dataclass(frozen=True)
class NewEcho:
    """An echo that is to be made.

    Attributes:
        name: of its tag.
        declaration: that it echoes.
        desired: what that says; None for one that empties the stage.
        version: that it names; None for one that empties the stage.
        commit: that its tag shall lead to: the version's, and for an empty stage that of one which leaves it.
        tagged_at: in seconds since the epoch; no two that are made together have the same.
        previous: tag object of the slot's last echo; those that are made together follow one another.
    """

    name: StageTag
    declaration: Declaration
    desired: Desired | None
    version: Version | None
    commit: str
    tagged_at: int
    previous: str | None


@dataclass(frozen=True)
class Problem:
    """A declaration that cannot be echoed as it is, and that none after it has overtaken."""

    declaration: Declaration
    sentence: str


@dataclass(frozen=True)
class Plan:
    """What is missing, in the order of the default branch."""

    echoes: tuple[NewEcho, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class Made:
    """An echo that was pushed, and whether the forge attests when and by whom it was declared."""

    echo: NewEcho
    attested: bool


@dataclass(frozen=True)
class Outcome:
    """How a reconciliation ended: the echoes that it made, what is left to people, and how often it tried."""

    made: tuple[Made, ...]
    problems: tuple[Problem, ...]
    attempts: int


def plan(state: State, read_desired: ReadDesired, now_s: int) -> Plan:
    """Return the echoes that are missing: of each slot's declarations after its last echoed one.

    One that empties a stage is echoed once for each version that `find_assigned` tells, so not where there is none.

    Args:
        state: the registry, whole.
        read_desired: of a declaration.
        now_s: in seconds since the epoch; new tags are dated after all that stages have, one after another, so that
            GTO, which orders by dates, agrees.
    """
    foreign = _foreign_tags(state)
    echoes = (echo.tag for found in state.echoes.values() for echo in found)
    at = date_after([*echoes, *foreign.values()], now_s)
    taken: dict[Slot, set[int]] = {}
    for name in foreign:
        taken.setdefault(name.slot, set()).add(name.n)
    plans = [_plan_slot(state, slot, taken.get(slot, ()), read_desired, at) for slot in sorted(state.declarations)]
    planned = sorted((echo for one in plans for echo in one.echoes), key=lambda echo: echo.declaration.change.position)
    return Plan(
        tuple(replace(echo, tagged_at=at) for at, echo in enumerate(planned, start=at)),
        tuple(problem for one in plans for problem in one.problems),
    )


def missing(state: State, slot: Slot) -> Sequence[Declaration]:
    """Return the declarations after the slot's last echoed one; those before it are overtaken for good.

    The last one is among them where it emptied the stage and not every version has left by a tag.
    """
    echoes = state.echoes.get(slot)
    if not echoes:
        return state.declarations[slot]
    last = echoes[-1]
    half = last.record.version is None and bool(find_assigned(echoes))
    first = last.declaration.change.position + (0 if half else 1)
    return [one for one in state.declarations[slot] if one.change.position >= first]


def takes_nothing(state: State, declaration: Declaration) -> bool:
    """Return whether a declaration took a stage file away that no version had come in by: it needs no echo."""
    position = declaration.change.position
    echoes = state.echoes.get(declaration.slot, ())
    before = (echo for echo in echoes if echo.declaration.change.position < position)
    return declaration.change.blob is None and not find_assigned(before)


def reconcile(
    repository: RegistryRepository,
    *,
    attest: Attest | None,
    now_s: Callable[[], int],
    new_run: Callable[[], str],
    wait: Callable[[int], None],
    wait_for_forge: Callable[[int], None],
    attempts: int = ATTEMPTS,
) -> Outcome:
    """Make the missing echoes, all in one atomic push; where somebody else was first, begin anew.

    Args:
        repository: the clone and its remote.
        attest: asked for each declaring commit; None where no forge is configured.
        now_s: the clock, in seconds since the epoch.
        new_run: random hexadecimal digits, others at each call; what is tagged at once has the same.
        wait: called between attempts with the number of those that were lost.
        wait_for_forge: called before it is asked again about a young commit, with how often it was asked.
        attempts: at most so many.

    Raises:
        InputError: the clone is shallow, or a token or a rule does not allow the push.
        OutsideError: the remote or the forge fails, or all attempts were lost.
    """
    patient = None if attest is None else ask_again(attest, now_s=now_s, wait=wait_for_forge)

    def plan_tags(ledger: Ledger) -> tuple[Mapping[str, str], tuple[tuple[Made, ...], Plan]]:
        planned = _plan_of(repository, ledger, now_s())
        made = dict(_make_tags(repository, planned.echoes, patient, new_run()))
        return {str(one.echo.name): oid for oid, one in made.items()}, (tuple(made.values()), planned)

    (made, planned), tried = publish_planned(repository, plan_tags, wait=wait, attempts=attempts)
    return Outcome(made, planned.problems, tried)


def read_plan(repository: RegistryRepository, now_s: int) -> Plan:
    """Return what is missing on the remote now.

    Raises:
        InputError: the clone is shallow: what is missing cannot be known.
    """
    return _plan_of(repository, read_whole(repository), now_s)


def _plan_of(repository: RegistryRepository, ledger: Ledger, now_s: int) -> Plan:
    @cache
    def read_stages() -> Collection[str]:
        blob = ledger.blob_of(STAGES.as_posix())
        if blob is None:
            raise InputError(f"there is no {STAGES.as_posix()}, so no stage: docs/registry.md shows one")
        return parse_stages(read(blob), STAGES.as_posix()).stages

    def read(blob: str) -> bytes:
        return repository.read(blob) if ledger.contents is None else ledger.contents[blob]

    def read_desired(declaration: Declaration) -> Desired | None:
        blob, stage = declaration.change.blob, declaration.slot.stage
        if blob is None:
            return None
        if stage not in read_stages():
            raise InputError(f"there is no stage {stage!r} in {STAGES.as_posix()}")
        return parse_stage_file(read(blob), declaration.slot)

    return plan(read_state(ledger), read_desired, now_s)


def _plan_slot(state: State, slot: Slot, taken: Collection[int], read_desired: ReadDesired, at: int) -> Plan:
    before = state.echoes.get(slot, ())
    n = max([*(echo.n for echo in before[-1:]), *(number for number in taken if number <= HIGHEST_N)], default=0)
    previous = before[-1].tag.oid if before else None
    assigned = list(find_assigned(before))
    echoes: list[NewEcho] = []
    problems: list[Problem] = []
    for declaration in missing(state, slot):
        try:
            desired = read_desired(declaration)
            version = None if desired is None else _find_version(state, slot, desired)
        except InputError as error:
            problems.append(Problem(declaration, error.message))
            continue
        problems.clear()  # this declaration overtakes those
        for commit in [version.commit] if version else assigned:
            n = next(number for number in count(n + 1) if number not in taken)
            name = StageTag(slot, n, empty=version is None)
            echoes.append(NewEcho(name, declaration, desired, version, commit, at, previous))
        assigned = [version.commit, *(one for one in assigned if one != version.commit)] if version else []
    return Plan(tuple(echoes), tuple(problems))


def _find_version(state: State, slot: Slot, desired: Desired) -> Version:
    """Return the version that a stage file names; raises `InputError` where there is none of these bytes."""
    version = state.named(slot.model, desired.version)
    if version is None:
        raise InputError(f"{slot.model}@{desired.version} has no tag that counts")
    if version.record.identity != desired.identity:
        raise InputError(
            f"{version} is the manifest {version.record.identity[:12]}, but the stage file says {desired.identity[:12]}"
        )
    return version


def _foreign_tags(state: State) -> Mapping[StageTag, Tag]:
    """Return the tags of stages that count for nothing, but hold a number and a date."""
    named = ((parse_tag(one.tag.name), one.tag) for one in state.distrusted)
    return {name: tag for name, tag in named if isinstance(name, StageTag)}


def _make_tags(
    repository: RegistryRepository, echoes: Sequence[NewEcho], attest: AttestChange | None, run: str
) -> Iterator[tuple[str, Made]]:
    """Yield the tag object of each echo, each of which names the one before it."""
    previous: dict[Slot, str] = {}
    for echo in echoes:
        slot, merged = echo.name.slot, None if attest is None else attest(echo.declaration.change)
        attested: Attested = "unasked" if attest is None else "no-pull-request" if merged is None else "forge"
        record = _record(echo, attested, merged, previous.get(slot, echo.previous), run)
        name = str(echo.name)
        previous[slot] = repository.make_tag(NewTag(name, echo.commit, record.message(name), echo.tagged_at))
        yield previous[slot], Made(echo, attested=merged is not None)


def _record(
    echo: NewEcho, attested: Attested, merged: MergedPullRequest | None, previous: str | None, run: str
) -> EchoRecord:
    desired, version = echo.desired, echo.version
    return EchoRecord(
        declared_in=echo.declaration.commit,
        file=echo.declaration.change.blob,
        version=str(version.number) if version else None,
        version_tag=version.tag.oid if version else None,
        identity=desired.identity if desired else None,
        declared_at=merged.merged_at if merged else None,
        attested=attested,
        pull_request=merged.number if merged else None,
        declared_by=desired.asked_by if desired else None,
        approved_by=merged.approved_by if merged else (),
        reason=desired.reason if desired else None,
        expedited=desired.expedited if desired else None,
        previous=previous,
        run=run,
    )
