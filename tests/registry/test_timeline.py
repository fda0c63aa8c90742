"""Order comes from the line; where times contradict it, every candidate is named."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.contracts.registry.desired import Desired, Hold, desired_yaml
from headway.contracts.registry.ledger import FileChange, Tag
from headway.contracts.registry.records import EchoRecord
from headway.contracts.registry.tags import Slot
from headway.errors import InputError
from headway.registry.state import Declaration, Echo, State
from headway.registry.timeline import (
    Statement,
    find_standings,
    is_step_back,
    is_without_hold,
    list_events,
    parse_moment,
    said_by_echo,
    said_by_file,
)

_SLOT = Slot("production", "detector")
_NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
_NOW_SECONDS = int(_NOW.timestamp())
_IDENTITY = "ab" * 32


def _declaration(position: int, committed_at: int, slot: Slot = _SLOT) -> Declaration:
    return Declaration(slot, FileChange(f"{position:040x}", position, committed_at, "path", f"{position:040x}"))


def _echo(declaration: Declaration, declared_at: datetime | None = None) -> Echo:
    record = EchoRecord(
        declaration.commit, declaration.change.blob, "v1.0.0", "1" * 40, _IDENTITY, declared_at,
        "forge" if declared_at else "unasked", 3, "ana", ("bo",), "why", None, None, "1",
    )  # fmt: skip
    tag = Tag(f"{declaration.slot}#1", "2" * 40, "3" * 40, True, 0, "")
    return Echo(declaration.slot, 1, tag, record, declaration)


def _state(declarations: Sequence[Declaration], echoes: Sequence[Echo] = ()) -> State:
    by_slot: dict[Slot, list[Declaration]] = {}
    for one in declarations:
        by_slot.setdefault(one.slot, []).append(one)
    return State(
        "head",
        {},
        {slot: tuple(all_) for slot, all_ in by_slot.items()},
        {slot: tuple(echo for echo in echoes if echo.slot == slot) for slot in by_slot},
        (),
        True,
    )


def _positions(times: Sequence[int], at: int) -> list[int | None]:
    events = list_events(_state([_declaration(place, time) for place, time in enumerate(times)]))
    moment = datetime.fromtimestamp(at, UTC)
    (standing,) = find_standings(events, moment, now=_NOW)
    return [event.declaration.change.position if event else None for event in standing.candidates]


_times = st.lists(st.integers(0, _NOW_SECONDS), min_size=1, max_size=12)


@given(_times, st.integers(0, _NOW_SECONDS))
def test_times_that_only_grow_leave_one_candidate(times: list[int], at: int) -> None:
    times.sort()
    expected = sum(time <= at for time in times) - 1
    assert [expected if expected >= 0 else None] == _positions(times, at)


@given(_times, st.integers(0, _NOW_SECONDS))
def test_one_candidate_alone_is_the_last_of_those_before(times: list[int], at: int) -> None:
    found = _positions(times, at)
    before = [place for place, time in enumerate(times) if time <= at]
    if len(found) == 1:
        assert [before[-1] if before else None] == found
        assert list(range(len(before))) == before


@given(st.lists(st.integers(-(2**62), 2**62), max_size=12))
def test_the_order_never_depends_on_dates(times: list[int]) -> None:
    events = list_events(_state([_declaration(place, time) for place, time in enumerate(times)]))
    assert list(range(len(times))) == [event.declaration.change.position for event in events]


def test_a_declaration_dated_back_is_named_beside_the_one_that_order_speaks_for() -> None:
    assert [0, 1] == _positions([100, 50], at=200)


def test_a_time_between_two_that_are_the_wrong_way_round_is_contradictory() -> None:
    assert [0, 2] == _positions([10, 300, 50], at=100)


def test_a_date_ahead_of_now_says_nothing() -> None:
    assert [0, 1] == _positions([10, _NOW_SECONDS + 10**8], at=_NOW_SECONDS)


def test_before_the_first_declaration_there_was_none() -> None:
    assert [None] == _positions([100], at=50)


def test_slots_are_judged_by_themselves() -> None:
    other = Slot("staging", "detector")
    events = list_events(_state([_declaration(0, 100), _declaration(1, 50, other)]))
    standings = find_standings(events, _NOW, now=_NOW)
    assert [(_SLOT, False), (other, False)] == [(one.slot, one.contradictory) for one in standings]


def test_the_merge_time_counts_where_the_forge_attests_it() -> None:
    merged = datetime(2026, 11, 2, tzinfo=UTC)
    declaration = _declaration(0, 5)
    (event,) = list_events(_state([declaration], [_echo(declaration, merged)]))
    assert (merged, True) == (event.at, event.attested)


def test_the_committers_clock_is_not_attested() -> None:
    declaration = _declaration(0, 5)
    (event,) = list_events(_state([declaration], [_echo(declaration)]))
    assert (datetime.fromtimestamp(5, UTC), False) == (event.at, event.attested)


def test_a_model_and_a_stage_can_be_asked_for() -> None:
    slots = [Slot(stage, model) for stage in ("dev", "prod") for model in ("a", "b")]
    state = _state([_declaration(place, 0, slot) for place, slot in enumerate(slots)])
    assert [slots[3]] == [event.slot for event in list_events(state, model="b", stage="prod")]


def _desired(hold: Hold | None = None) -> Desired:
    return Desired(
        model="detector", version="v2.0.0", identity=_IDENTITY, reason="r", asked_by="ana", expedited="now", hold=hold
    )


def test_an_echo_repeats_what_was_declared() -> None:
    record = _echo(_declaration(0, 0)).record
    assert Statement("v1.0.0", _IDENTITY, "why", "ana") == said_by_echo(record)


def test_a_file_says_it_with_its_hold() -> None:
    hold = Hold(reason="worse", against="v3.0.0", set_by="bo")
    assert Statement("v2.0.0", _IDENTITY, "r", "ana", "now", hold) == said_by_file(_desired(hold))


def test_a_file_that_was_taken_away_declares_nothing() -> None:
    assert Statement() == said_by_file(None)


@pytest.mark.parametrize("hold", [None, Hold(reason="worse", against="v3.0.0", set_by="bo")])
def test_a_file_of_ours_shows_without_parsing_whether_it_may_hold(hold: Hold | None) -> None:
    assert (hold is None) is is_without_hold(desired_yaml(_desired(hold)).encode())


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [("v1.10.0", "v1.9.0", True), ("v1.9.0", "v1.10.0", False), ("v1.0.0", "v1.0.0", False), (None, "v1.0.0", False)],
)
def test_an_older_version_is_a_step_back(before: str | None, after: str, expected: bool) -> None:
    assert expected is is_step_back(Statement(before), Statement(after))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-17T09:30", datetime(2026, 11, 17, 9, 30, tzinfo=UTC)),
        ("2026-11-17 09:30Z", datetime(2026, 11, 17, 9, 30, tzinfo=UTC)),
        ("2026-11-17T09:30+01:00", datetime(2026, 11, 17, 8, 30, tzinfo=UTC)),
        ("2026-11-17", datetime(2026, 11, 17, 23, 59, 59, 999999, tzinfo=UTC)),
        ("2026-11-20", _NOW),
    ],
)
def test_a_date_means_a_moment_in_utc(text: str, expected: datetime) -> None:
    assert expected == parse_moment(text, now=_NOW)


@given(st.integers(0, _NOW_SECONDS - 1), st.integers(-14 * 60, 14 * 60))
def test_a_moment_survives_being_written(seconds: int, minutes: int) -> None:
    written = datetime.fromtimestamp(seconds, UTC)
    text = written.astimezone(timezone(timedelta(minutes=minutes))).isoformat()
    assert written == parse_moment(text, now=_NOW)


@pytest.mark.parametrize("text", ["yesterday", "2026-13-01", "", "2026-11-21", "2030-01-01T00:00", "0001-01-01T00+01"])
def test_what_is_no_past_date_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        parse_moment(text, now=_NOW)
