"""How far tags and releases are behind what the stage files say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from headway.contracts.registry.desired import Desired, desired_path
from headway.contracts.registry.tags import Slot, parse_version
from headway.registry.state import Echo, State, Version

NOTHING = "-"
UNKNOWN = "?"

Said = Desired | None
"""What a stage file says; None where there is none."""


@dataclass(frozen=True)
class Fault:
    """Why something that a slot's status needs cannot be read."""

    sentence: str


Released = Said | Fault | Literal["unknown"]


@dataclass(frozen=True)
class Reading:
    """What was read about one slot, beside the state.

    Attributes:
        desired: the stage file of the default branch.
        vouched: whether the manifest at the desired version's commit is the one that its tag names.
        released: the stage file that was released; "unknown" where nobody was asked, None where nothing was.
    """

    desired: Said | Fault
    vouched: bool = True
    released: Released = "unknown"


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
class Status:
    """All rows, in the order of the stages, and what is to be said of the registry as a whole."""

    branch: str
    commit: str
    complete: bool
    slots: tuple[SlotStatus, ...]
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
        distrusted=len(state.distrusted),
    )


def desired_version(state: State, desired: Said | Fault) -> Version | None:
    """Return the trusted version that a stage file names."""
    if not isinstance(desired, Desired):
        return None
    number = parse_version(desired.version)
    return None if number is None else state.version(desired.model, number)


def newest_echo(state: State, slot: Slot) -> Echo | None:
    """Return the trusted echo with the highest number."""
    echoes = state.echoes.get(slot)
    return echoes[-1] if echoes else None


def _slot_status(state: State, slot: Slot, reading: Reading, stages: Sequence[str]) -> SlotStatus:
    desired = reading.desired if isinstance(reading.desired, Desired) else None
    echo = newest_echo(state, slot)
    hold = desired.hold if desired else None
    return SlotStatus(
        stage=slot.stage,
        model=slot.model,
        desired=_version_of(reading.desired),
        tagged=NOTHING if echo is None else echo.record.version or NOTHING,
        released=_version_of(reading.released),
        running=NOTHING,
        hold=None if hold is None else f"against {hold.against}, set by {hold.set_by}: {hold.reason}",
        expedited=desired.expedited if desired else None,
        differences=tuple(_differences(state, slot, reading, stages)),
    )


def _version_of(said: Released) -> str:
    if said is None:
        return NOTHING
    return said.version if isinstance(said, Desired) else UNKNOWN


def _differences(state: State, slot: Slot, reading: Reading, stages: Sequence[str]) -> Iterator[str]:
    desired, released = reading.desired, reading.released
    if slot.stage not in stages:
        yield f"stages.yaml names no stage {slot.stage!r}: mend it, or remove {desired_path(slot)}"
    if isinstance(desired, Fault):
        yield f"{desired.sentence}: mend the file"
    else:
        fault = _fault_of(state, desired, reading)
        yield from [fault] if fault else _behind(state, slot, desired)
    if isinstance(released, Fault):
        yield f"what is released is not known: {released.sentence}"
    elif released != "unknown" and _version_of(released) != _version_of(desired):
        yield f"released is {_version_of(released)}, desired is {_version_of(desired)}"


def _fault_of(state: State, desired: Said, reading: Reading) -> str | None:
    """Return why nothing can follow a stage file that can be read."""
    if desired is None:
        return None
    version = desired_version(state, desired)
    if version is None:
        return f"{desired.version} has no tag that is trusted: run headway register, or name another version"
    if version.record.identity != desired.identity:
        return f"the stage file has another identity than {version}: let headway promote write it"
    if not reading.vouched:
        return f"the manifest at the commit of {version} is not the one that its tag names: run headway audit"
    return None


def _behind(state: State, slot: Slot, desired: Said) -> Iterator[str]:
    declarations, echo = state.declarations.get(slot), newest_echo(state, slot)
    if declarations and (echo is None or echo.declaration != declarations[-1]):
        declared = f"commit {declarations[-1].commit[:10]} declared {desired.version if desired else 'nothing'}"
        tagged = "there is no tag" if echo is None else f"the newest tag says {echo.record.version or 'nothing'}"
        yield f"{declared}, {tagged}: run headway reconcile"
