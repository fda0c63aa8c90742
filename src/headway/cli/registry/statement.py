"""What a declaration says, by its tag where that is enough, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from headway.cli.registry.opening import Opened
from headway.contracts.registry.tags import Slot
from headway.errors import InputError
from headway.registry.state import Declaration, Echo
from headway.registry.status import find_doubt
from headway.registry.timeline import Event, Statement, is_without_hold, said_by_echo, said_by_file


@dataclass(frozen=True, slots=True)
class Told:
    """What a declaration says, and what came of it.

    Attributes:
        said: by the declaration.
        doubt: why nothing can follow it though it can be read; None where it can be followed, or cannot be read.
        kept: what the stage kept where nothing can follow the declaration; None where it can be followed.
    """

    said: Statement
    doubt: str | None
    kept: Statement | None

    @property
    def stands(self) -> Statement:
        """What the stage has after it."""
        return self.kept or self.said


class Story:
    """Tells declarations of some slots with what came of each.

    Args:
        opened: the registry.
        events: all declarations of those slots, in the line's order.
    """

    def __init__(self, opened: Opened, events: Sequence[Event]) -> None:
        self._opened = opened
        self._events: dict[Slot, list[Event]] = {}
        self._places: dict[Declaration, int] = {}
        self._told: dict[Declaration, Told] = {}
        for event in events:
            self._places[event.declaration] = len(self._events.setdefault(event.slot, []))
            self._events[event.slot].append(event)
        found = opened.state.versions.values()
        self._named = {(one.model, str(one.number)): one for versions in found for one in versions}

    def tell(self, event: Event) -> Told:
        """Return one declaration; of those before it only as many are read as the stage's version asks for."""
        events = self._events[event.slot]
        waiting: list[tuple[Event, Statement, str | None]] = []
        stands = Statement()
        for place in range(self._places[event.declaration], -1, -1):
            one = events[place]
            if told := self._told.get(one.declaration):
                stands = told.stands
                break
            said = read_statement(self._opened, one.declaration, one.echo)
            doubt = self._find_doubt(one.slot, said)
            if not said.fault and not doubt:
                stands = said
                self._told[one.declaration] = Told(said, None, None)
                break
            waiting.append((one, said, doubt))
        for one, said, doubt in waiting:
            self._told[one.declaration] = Told(said, doubt, stands)
        return self._told[event.declaration]

    def _find_doubt(self, slot: Slot, said: Statement) -> str | None:
        version = self._named.get((slot.model, said.version or ""))
        return None if said.fault else find_doubt(version, said, complete=self._opened.state.complete)


def read_statement(opened: Opened, declaration: Declaration, echo: Echo | None, *, by_file: bool = False) -> Statement:
    """Return what a declaration says.

    The file of a tagged one is only parsed where it may hold a rollback's hold, or with `by_file`: that is slower, and
    believes no tag.
    """
    blob = declaration.change.blob
    if echo is not None and not by_file and (blob is None or is_without_hold(opened.read(blob))):
        return said_by_echo(echo.record)
    try:
        return said_by_file(opened.declared(declaration))
    except InputError as error:
        return Statement(fault=error.message)
