"""How far tags and releases are behind what the stage files say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from headway.contracts.registry.files import desired_path
from headway.contracts.registry.tags import Slot
from headway.registry.state import Echo, State, Version, find_assigned
from headway.registry.timeline import Statement

NOTHING = "-"
UNKNOWN = "?"
_NEWEST = 5


@dataclass(frozen=True)
class Reading:
    """What was read about one slot, beside the state.

    Attributes:
        desired: what its newest declaration says.
        vouched: whether the manifest at the desired version's commit is the one that its tag names.
        released: what the declaration says that was released; None where nobody was asked.
    """

    desired: Statement
    vouched: bool = True
    released: Statement | None = None


@dataclass(frozen=True)
class SlotStatus:
    """One row: version texts, "-" for none, "?" for not known.

    Attributes:
        hold: why no automation may put another version here; None where it may.
        expedited: why the version was let in early; None where it was not.
        differences: sentences; none where everything agrees.
    """

    stage: str
    model: str
    desired: str
    tagged: str
    released: str
    running: str
    hold: str | None
    expedited: str | None
    differences: tuple[str, ...]


@dataclass(frozen=True)
class Registered:
    """The versions of a model that are registered, whether or not a stage has them.

    Attributes:
        name: of the model.
        count: how many there are.
        newest: the highest of them, the highest first.
    """

    name: str
    count: int
    newest: tuple[str, ...]


@dataclass(frozen=True)
class Status:
    """All rows, in the order of the stages, and what is to be said of the registry as a whole."""

    branch: str
    commit: str
    complete: bool
    slots: tuple[SlotStatus, ...]
    registered: tuple[Registered, ...]
    distrusted: int
    """How many tags count for nothing."""

    @property
    def settled(self) -> bool:
        """Whether tags, and releases where they are known, are what the stage files say."""
        return not any(slot.differences for slot in self.slots)


def find_slots(stages: Sequence[str], state: State) -> tuple[Slot, ...]:
    """Return every model in every stage, in the order of the stages; stages that only files name come last."""
    models = sorted({*state.versions, *(slot.model for slot in state.declarations)})
    strays = sorted({slot for slot in state.declarations if slot.stage not in stages})
    return *(Slot(stage, model) for stage in stages for model in models), *strays


def describe_status(branch: str, state: State, stages: Sequence[str], readings: Mapping[Slot, Reading]) -> Status:
    """Return the status of the slots in `readings`, in their order; `stages` are those that stages.yaml names."""
    return Status(
        branch=branch,
        commit=state.head,
        complete=state.complete,
        slots=tuple(_slot_status(state, slot, reading, stages) for slot, reading in readings.items()),
        registered=tuple(_list_newest(name, state.versions[name]) for name in sorted(state.versions)),
        distrusted=len(state.distrusted),
    )


def find_doubt(version: Version | None, desired: Statement, *, complete: bool) -> str | None:
    """Return why nothing can follow a declaration that can be read; None where something can.

    Args:
        version: the trusted one of the name that is declared; None where there is none.
        desired: what is declared.
        complete: whether the clone knows all of the history.
    """
    if desired.version is None:
        return None
    if version is None and not complete:
        return f"{desired.version} has no tag that this shallow clone can trust: run git fetch --unshallow"
    if version is None:
        return f"{desired.version} has no tag that is trusted: run headway register, or name another version"
    if version.record.identity != desired.identity:
        return f"the stage file has another identity than {version}: let headway promote write it"
    return None


def newest_echo(state: State, slot: Slot) -> Echo | None:
    """Return the trusted echo with the highest number."""
    echoes = state.echoes.get(slot)
    return echoes[-1] if echoes else None


def _list_newest(model: str, versions: Sequence[Version]) -> Registered:
    newest = tuple(str(one.number) for one in reversed(versions[-_NEWEST:]))
    return Registered(model, len(versions), newest)


def _slot_status(state: State, slot: Slot, reading: Reading, stages: Sequence[str]) -> SlotStatus:
    echo, hold = newest_echo(state, slot), reading.desired.hold
    return SlotStatus(
        stage=slot.stage,
        model=slot.model,
        desired=_version_of(reading.desired),
        tagged=NOTHING if echo is None else echo.record.version or NOTHING,
        released=_version_of(reading.released),
        running=NOTHING,
        hold=None if hold is None else f"against {hold.against}, set by {hold.set_by}: {hold.reason}",
        expedited=reading.desired.expedited,
        differences=tuple(_differences(state, slot, reading, stages)),
    )


def _version_of(said: Statement | None) -> str:
    return UNKNOWN if said is None or said.fault else said.version or NOTHING


def _differences(state: State, slot: Slot, reading: Reading, stages: Sequence[str]) -> Iterator[str]:
    desired, released = reading.desired, reading.released
    if slot.stage not in stages:
        yield f"stages.yaml names no stage {slot.stage!r}: mend it, or remove {desired_path(slot)}"
    if desired.fault:
        yield f"{desired.fault}: mend the file"
    else:
        fault = _fault_of(state, slot, reading)
        yield from [fault] if fault else _behind(state, slot, desired)
    if released is not None and released.fault:
        yield f"what is released is not known: {released.fault}"
    elif released is not None and released.version != desired.version:
        yield f"released is {_version_of(released)}, desired is {_version_of(desired)}"


def _fault_of(state: State, slot: Slot, reading: Reading) -> str | None:
    """Return why nothing can follow a stage file that can be read."""
    version = state.named(slot.model, reading.desired.version)
    doubt = find_doubt(version, reading.desired, complete=state.complete)
    if doubt is None and not reading.vouched:
        return f"the manifest at the commit of {version} is not the one that its tag names: run headway audit"
    return doubt


def _behind(state: State, slot: Slot, desired: Statement) -> Iterator[str]:
    declarations, echo = state.declarations.get(slot), newest_echo(state, slot)
    if not declarations:
        return
    newest, echoed = declarations[-1], echo is not None and echo.declaration == declarations[-1]
    if find_assigned(state.echoes.get(slot, ())) if newest.change.blob is None else not echoed:
        declared = f"commit {newest.commit[:10]} declared {desired.version or 'nothing'}"
        tagged = "there is no tag" if echo is None else f"the newest tag says {echo.record.version or 'nothing'}"
        half = "not every version that was there has a tag that takes it out"
        yield f"{declared}, {half if echoed else tagged}: run headway reconcile"
