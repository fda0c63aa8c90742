"""What was declared when: declarations in the default branch's order, and what stood at a moment.

Order comes from the default branch's own line. Times are the forge's merge times, else the committer's, which nobody
attests. Where the two contradict each other nothing is decided: every declaration that one of them speaks for is named.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING

from headway.contracts.registry.records import EchoRecord
from headway.contracts.registry.tags import Slot, parse_version
from headway.errors import InputError
from headway.registry.state import Declaration, Echo, State

if TYPE_CHECKING:
    from headway.contracts.registry.desired import Desired, Hold

_LAST_SECOND = int(datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC).timestamp())
_WITHOUT_HOLD = b"\nhold: null\n"
_CALENDAR = re.compile(r"\d{4}-?\d\d-?\d\d", re.ASCII)
_EXAMPLE = "write 2026-11-17, 2026-11-17T09:30 (UTC), or 2026-11-17T09:30+01:00"


@dataclass(frozen=True, slots=True)
class Event:
    """One declaration and its echo.

    Attributes:
        declaration: what changed on the default branch.
        echo: its trusted tag; None where it has none.
        at: when it was declared, UTC.
        attested: whether the forge says so; else it is the committer's clock.
    """

    declaration: Declaration
    echo: Echo | None
    at: datetime
    attested: bool

    @property
    def slot(self) -> Slot:
        return self.declaration.slot


@dataclass(frozen=True, slots=True)
class Statement:
    """What a declaration says; all None for one that left the stage empty.

    Attributes:
        version: for example "v1.4.0".
        identity: of the version's manifest: which bytes.
        reason, declared_by, expedited, hold: as in the stage file.
        fault: why the stage file cannot be read; nothing else is known then.
    """

    version: str | None = None
    identity: str | None = None
    reason: str | None = None
    declared_by: str | None = None
    expedited: str | None = None
    hold: Hold | None = None
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What was declared for a slot at a moment.

    Attributes:
        slot: the model and stage.
        candidates: in the line's order; None stands for "nothing yet". More than one where order and times contradict
            each other.
    """

    slot: Slot
    candidates: tuple[Event | None, ...]

    @property
    def contradictory(self) -> bool:
        return len(self.candidates) > 1


def list_events(state: State, *, model: str | None = None, stage: str | None = None) -> tuple[Event, ...]:
    """Return the declarations of a model, a stage, both or all, oldest first by the line; dates have no say."""
    found: list[Event] = []
    for slot, declarations in state.declarations.items():
        if model in (None, slot.model) and stage in (None, slot.stage):
            echoes = {echo.declaration.commit: echo for echo in state.echoes.get(slot, ())}
            found += (_event(one, echoes.get(one.commit)) for one in declarations)
    return tuple(sorted(found, key=lambda event: (event.declaration.change.position, event.slot)))


def said_by_echo(record: EchoRecord) -> Statement:
    """Return what a declaration says as its echo repeats it; an echo knows nothing of a hold."""
    return Statement(record.version, record.identity, record.reason, record.declared_by, record.expedited)


def said_by_file(desired: Desired | None) -> Statement:
    """Return what a declaration says by its stage file; None stands for one that was taken away."""
    if desired is None:
        return Statement()
    return Statement(
        desired.version, desired.identity, desired.reason, desired.asked_by, desired.expedited, desired.hold
    )


def is_without_hold(content: bytes) -> bool:
    """Return whether a stage file surely holds no `hold`, without the time that parsing it takes."""
    return _WITHOUT_HOLD in content


def is_step_back(before: Statement | None, after: Statement) -> bool:
    """Return whether `after` declares an older version than the declaration before it did."""
    numbers = [parse_version(one.version) if one and one.version else None for one in (before, after)]
    return numbers[0] is not None and numbers[1] is not None and numbers[1] < numbers[0]


def find_standings(events: Sequence[Event], moment: datetime, *, now: datetime) -> tuple[Standing, ...]:
    """Return what was declared for each slot of `events`, which are in the line's order, at a moment that is past."""
    slots: dict[Slot, list[Event]] = {}
    for event in events:
        slots.setdefault(event.slot, []).append(event)
    return tuple(Standing(slot, _find_candidates(slots[slot], moment, now)) for slot in sorted(slots))


def parse_moment(text: str, *, now: datetime) -> datetime:
    """Return the moment that a date of ISO 8601 means, in UTC.

    Without an offset it is in UTC. A date alone means the end of that day, so that all of the day counts; today means
    now.

    Raises:
        InputError: it is no calendar date (a week is none), or lies ahead: what will be declared nobody knows.
    """
    if not _CALENDAR.match(text):
        raise InputError(f"{text!r} is no calendar date of ISO 8601", hint=_EXAMPLE)
    try:
        day = date.fromisoformat(text)
    except ValueError:
        moment = _parse_time(text)
    else:
        if day == now.astimezone(UTC).date():
            return now
        moment = datetime.combine(day, time.max, UTC)
    if moment > now:
        raise InputError(f"{text} lies ahead: what will be declared then is not known", hint=_EXAMPLE)
    return moment


def git_time(seconds: int) -> datetime:
    """Return a date of Git's, which keeps any number for one; Python's calendar ends with the year 9999."""
    return datetime.fromtimestamp(min(max(seconds, 0), _LAST_SECOND), UTC)


def _parse_time(text: str) -> datetime:
    try:
        read = datetime.fromisoformat(text)
        return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise InputError(f"{text!r} is no calendar date of ISO 8601", hint=_EXAMPLE) from error


def _event(declaration: Declaration, echo: Echo | None) -> Event:
    attested = echo.record.declared_at if echo else None
    return Event(declaration, echo, attested or git_time(declaration.change.committed_at), attested is not None)


def _find_candidates(events: Sequence[Event], moment: datetime, now: datetime) -> tuple[Event | None, ...]:
    """Return the declaration that stood, of one slot; all that stand to reason where times contradict the order.

    There are four ways to read the line, which agree where its times only grow: the last one with a time until then;
    the one before the first with a later time; the one with the latest time until then; and, as nothing on the line
    can have been declared after now, a time ahead of now says nothing, so that it may have followed at once.
    """
    past = [place for place, event in enumerate(events) if event.at <= moment]
    last = past[-1] if past else -1
    before_later = next((place for place, event in enumerate(events) if event.at > moment), len(events)) - 1
    latest = max(past, key=lambda place: (events[place].at, place), default=-1)
    possible = last
    while possible + 1 < len(events) and events[possible + 1].at > now:
        possible += 1
    return tuple(events[place] if place >= 0 else None for place in sorted({last, before_later, latest, possible}))
