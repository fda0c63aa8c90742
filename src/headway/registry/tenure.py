"""How long a stage held a version: what a soak is measured by, and where a rollback finds what was there before."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from headway.contracts.registry.desired import Desired
from headway.registry.timeline import Event, git_time

Files = Mapping[str, Desired]
"""Git's object -> the stage file that it is; those that cannot be read are not among them."""
Ask = Callable[[Event], datetime | None]
"""Returns when a forge merged a declaration; None where it knows no pull request that brought it."""


@dataclass(frozen=True, slots=True)
class Tenure:
    """One time during which a stage held a version, by the trusted tags of its declarations.

    Attributes:
        version, identity: what it held.
        tag: of the declaration that it began with.
        since: when; by the forge, or by the tag's own date.
        attested: whether the forge says when.
        begun: False where a forge was asked, and knows of no pull request that began it.
        until: when the stage was declared another version, or none; None while it holds this one.
        rolled_back: whether it ended with a rollback against this version.
        soak_hours: how long it had to stay, as its own stage file said last.
    """

    version: str
    identity: str
    tag: str
    since: datetime
    attested: bool
    until: datetime | None
    rolled_back: bool
    soak_hours: float
    begun: bool = True

    @property
    def held(self) -> bool:
        """Whether it was more than a step on the way."""
        return self.length(self.until or datetime.max.replace(tzinfo=UTC)) > timedelta()

    def length(self, now: datetime) -> timedelta:
        """Return how long it lasted, or has lasted; never less than nothing."""
        return max(min(self.until or now, now) - self.since, timedelta()) if self.begun else timedelta()


def find_tenures(events: Sequence[Event], files: Files, ask: Ask | None = None) -> tuple[Tenure, ...]:
    """Return the tenures of one slot, oldest first; `events` are its declarations in the line's order.

    With `ask` a forge says when each began and ended, whatever the tags say; what it does not know takes no time.

    A declaration without a trusted tag begins none, but ends the one before it. One whose file cannot be read changes
    nothing, as nothing follows it. A version that is declared again goes on. Of what one call tagged at once the stage
    held nothing but the last, unless a forge says when: the dates of such tags only tell their order.
    """
    found: list[Tenure] = []
    run: str | None = None
    for event in events:
        blob = event.declaration.change.blob
        said = None if blob is None else files.get(blob)
        if blob is not None and said is None:
            continue
        last = found[-1] if found and found[-1].until is None else None
        if last and event.echo and said and (last.version, last.identity) == (said.version, said.identity):
            found[-1] = replace(last, soak_hours=said.soak_hours)
            continue
        answer = ask(event) if ask else None
        since = answer or _moment(event)
        if last:
            back = said is not None and said.hold is not None and said.hold.against == last.version
            no_time = not answer if ask else _is_of_run(event, run)
            found[-1] = replace(last, until=last.since if no_time else since, rolled_back=back)
        if event.echo and said:
            run = event.echo.record.run
            attested = answer is not None or (ask is None and event.attested)
            begun = ask is None or answer is not None
            found.append(
                Tenure(said.version, said.identity, event.echo.tag.name, since, attested, None, False, said.soak_hours,
                       begun)
            )  # fmt: skip
    return tuple(found)


def held_before(tenures: Sequence[Tenure]) -> tuple[Tenure, ...]:
    """Return the tenures that are over, and were more than a step on the way."""
    return tuple(one for one in tenures if one.until is not None and one.held)


def taken_back(tenures: Sequence[Tenure]) -> frozenset[str]:
    """Return the versions whose last tenure ended with a rollback."""
    last = {one.version: one for one in tenures}
    return frozenset(version for version, one in last.items() if one.rolled_back)


def held_against(events: Sequence[Event], files: Files) -> frozenset[str]:
    """Return the versions that a hold of one slot was ever set against."""
    blobs = {event.declaration.change.blob for event in events}
    return frozenset(said.hold.against for blob, said in files.items() if blob in blobs and said.hold)


def last_file(events: Sequence[Event], files: Files) -> Desired | None:
    """Return the newest stage file that can be read; None where the stage is empty."""
    for event in reversed(events):
        blob = event.declaration.change.blob
        if blob is None or blob in files:
            return None if blob is None else files[blob]
    return None


def _is_of_run(event: Event, run: str | None) -> bool:
    """Return whether the call of that run tagged a declaration that no forge dates."""
    return event.echo is not None and not event.attested and event.echo.record.run == run


def _moment(event: Event) -> datetime:
    """Return when something was declared.

    Where no forge says so, the tag's date: whoever writes a commit gives it any date, the tag is made afterwards.
    """
    if event.echo is None or event.attested or event.echo.tag.tagged_at is None:
        return event.at
    return git_time(event.echo.tag.tagged_at)
