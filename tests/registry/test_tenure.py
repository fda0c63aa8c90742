"""How long a stage held what, by its declarations."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.contracts.registry.desired import Desired, Hold
from headway.registry.tenure import find_tenures, held_against, last_file
from headway.registry.timeline import Event
from tests.registry.promotions import NOW, desired, event

HOLD = Hold(reason="worse", against="v1.0.0", set_by="ada")


def files(*said: Desired) -> dict[str, Desired]:
    """Return the files of the declarations at positions 1, 2, 3 ..."""
    return {f"{position:040x}": one for position, one in enumerate(said, start=1)}


def lasted(events: Sequence[Event], said: dict[str, Desired]) -> list[tuple[str, float, bool]]:
    """Return (version, hours, whether it was rolled back) of each tenure."""
    return [(one.version, one.length(NOW) / timedelta(hours=1), one.rolled_back) for one in find_tenures(events, said)]


def test_a_version_is_held_until_another_is_declared() -> None:
    events = event(1, hours_ago=50), event(2, hours_ago=20)
    assert [("v1.0.0", 30, False), ("v1.1.0", 20, False)] == lasted(events, files(desired(), desired("v1.1.0")))


def test_a_version_that_is_declared_again_goes_on() -> None:
    events = event(1, hours_ago=50), event(2, hours_ago=20)
    said = files(desired(), desired(reason="another", soak_hours=5.0))
    assert [("v1.0.0", 50, False)] == lasted(events, said)
    assert [5.0] == [one.soak_hours for one in find_tenures(events, said)]


def test_the_same_number_with_other_bytes_is_another_tenure() -> None:
    events = event(1, hours_ago=50), event(2, hours_ago=20)
    assert [30, 20] == [hours for _, hours, _ in lasted(events, files(desired(), desired(identity="cd" * 32)))]


def test_a_hold_against_it_tells_a_rollback() -> None:
    events = event(1, hours_ago=50), event(2, hours_ago=20)
    assert [("v1.0.0", 30, True), ("v0.9.0", 20, False)] == lasted(
        events, files(desired(), desired("v0.9.0", hold=HOLD))
    )


def test_a_hold_against_another_version_does_not() -> None:
    events = event(1, hours_ago=50), event(2, hours_ago=20)
    said = files(desired("v1.1.0"), desired("v0.9.0", hold=HOLD))
    assert ("v1.1.0", 30, False) == lasted(events, said)[0]


def test_an_emptied_stage_ends_a_tenure() -> None:
    events = event(1, hours_ago=50), event(2, hours_ago=20, empty=True)
    assert [("v1.0.0", 30, False)] == lasted(events, files(desired()))
    assert None is last_file(events, files(desired()))


def test_a_declaration_without_a_tag_begins_none_but_ends_one() -> None:
    events = event(1, hours_ago=50), event(2, hours_ago=20, tagged=False)
    assert [("v1.0.0", 30, False)] == lasted(events, files(desired(), desired("v1.1.0")))


def test_a_file_that_cannot_be_read_changes_nothing() -> None:
    events = event(1, hours_ago=50), event(2, hours_ago=20)
    assert [("v1.0.0", 50, False)] == lasted(events, files(desired()))
    assert desired() == last_file(events, files(desired()))


@pytest.mark.parametrize(("attested", "hours"), [(True, 50), (False, 49)])
def test_what_no_forge_attests_is_dated_by_its_tag(attested: bool, hours: float) -> None:
    events = (event(1, hours_ago=50, attested=attested),)
    assert [(hours, attested)] == [
        (one.length(NOW) / timedelta(hours=1), one.attested) for one in find_tenures(events, files(desired()))
    ]


@pytest.mark.parametrize(("attested", "hours"), [(True, 30), (False, 0)])
def test_what_one_call_tagged_at_once_took_no_time_unless_a_forge_says_so(attested: bool, hours: float) -> None:
    events = [event(position, hours_ago=ago, attested=attested, run="ab") for position, ago in ((1, 50), (2, 20))]

    assert hours == lasted(events, files(desired(), desired("v1.1.0")))[0][1]


def test_versions_that_a_hold_was_ever_against_are_known() -> None:
    events = event(1, hours_ago=50), event(2, hours_ago=20)
    said = files(desired("v0.9.0", hold=HOLD), desired("v0.9.0"))
    assert {"v1.0.0"} == held_against(events, said)
    assert set() == held_against(events[1:], said)


@given(
    st.lists(st.tuples(st.sampled_from(["v1.0.0", "v1.1.0", None]), st.booleans(), st.integers(-50, 50)), max_size=9)
)
def test_no_tenure_is_shorter_than_nothing_and_only_the_last_may_go_on(
    told: list[tuple[str | None, bool, int]],
) -> None:
    events = [
        event(position, hours_ago=hours, tagged=tagged, empty=said is None)
        for position, (said, tagged, hours) in enumerate(told, start=1)
    ]
    said = {f"{place:040x}": desired(one) for place, (one, _, _) in enumerate(told, start=1) if one}

    found = find_tenures(events, said)

    assert all(one.length(NOW) >= timedelta() for one in found)
    assert all(one.until is not None for one in found[:-1])
