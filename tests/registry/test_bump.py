"""Which number a new version gets."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.contracts.manifest import InputFacts, Manifest
from headway.contracts.registry.tags import VersionNumber
from headway.registry.bump import KINDS, Bump, Kind, choose_number, raised, rule
from tests.registry.line import make_manifest

BEFORE = make_manifest(0)
V1_4_2 = VersionNumber(1, 4, 2)
OTHER = "f" * 64


def changed(**values: Any) -> Manifest:
    return BEFORE.model_copy(update=values)


def number(text: str) -> VersionNumber:
    major, minor, patch = map(int, text.removeprefix("v").split("."))
    return VersionNumber(major, minor, patch)


@pytest.mark.parametrize(
    ("changes", "expected", "reason"),
    [
        ({"classes": ("can",)}, "v2.0.0", "major: the classes changed"),
        ({"classes": ("jar", "can")}, "v2.0.0", "major: the classes changed"),
        ({"input": InputFacts(size=320, padding=114)}, "v2.0.0", "major: the input changed"),
        (
            {"classes": ("can",), "input": InputFacts(size=160, padding=0), "dataset_digest": OTHER},
            "v2.0.0",
            "major: the classes and the input changed",
        ),
        ({"dataset_digest": OTHER}, "v1.5.0", "minor: the data changed"),
        ({"params_digest": OTHER}, "v1.5.0", "minor: the params changed"),
        ({"dataset_digest": OTHER, "params_digest": OTHER}, "v1.5.0", "minor: the data and the params changed"),
        ({"upstream_digest": OTHER}, "v1.4.3", "patch: neither classes, input, data nor params changed"),
        ({"operating_threshold": 0.5}, "v1.4.3", "patch: neither classes, input, data nor params changed"),
    ],
)
def test_the_rule(changes: dict[str, Any], expected: str, reason: str) -> None:
    assert Bump(number(expected), reason) == choose_number(changed(**changes), (V1_4_2, BEFORE), ())


def test_the_first_version_is_1_0_0() -> None:
    assert Bump(number("v1.0.0"), "major: the first version") == choose_number(BEFORE, None, ())


@pytest.mark.parametrize(
    ("asked", "expected", "reason"),
    [
        ("major", "v2.0.0", "major: asked for; by the rule minor: the data changed"),
        ("minor", "v1.5.0", "minor: the data changed"),
        ("patch", "v1.4.3", "patch: asked for; by the rule minor: the data changed"),
    ],
)
def test_a_person_may_ask_for_another(asked: Kind, expected: str, reason: str) -> None:
    found = choose_number(changed(dataset_digest=OTHER), (V1_4_2, BEFORE), (), asked)

    assert Bump(number(expected), reason) == found


def test_a_first_version_that_promises_nothing_yet_may_be_asked_for() -> None:
    reason = "minor: asked for; by the rule major: the first version"

    assert Bump(number("v0.1.0"), reason) == choose_number(BEFORE, None, (), "minor")


@pytest.mark.parametrize(
    ("taken", "expected", "reason"),
    [
        (["v1.5.0"], "v1.6.0", "minor: the data changed; v1.5.0 is taken"),
        (["v1.5.0", "v1.6.0"], "v1.7.0", "minor: the data changed; v1.5.0 is taken; v1.6.0 is taken"),
        (["v1.6.0", "v9.9.9"], "v1.5.0", "minor: the data changed"),
    ],
)
def test_a_number_that_has_a_tag_is_passed_over(taken: list[str], expected: str, reason: str) -> None:
    found = choose_number(changed(dataset_digest=OTHER), (V1_4_2, BEFORE), [number(one) for one in taken])

    assert Bump(number(expected), reason) == found


NUMBERS = st.builds(VersionNumber, *[st.integers(0, 3)] * 3)


@given(NUMBERS, st.sets(NUMBERS), st.sampled_from(KINDS))
def test_a_number_is_free_higher_and_raised_in_one_part(
    last: VersionNumber, taken: set[VersionNumber], asked: Kind
) -> None:
    found = choose_number(BEFORE, (last, BEFORE), taken, asked).number
    part = KINDS.index(asked)
    parts = (found.major, found.minor, found.patch)

    assert found not in taken
    assert found > last
    assert (last.major, last.minor, last.patch)[:part] == parts[:part]
    assert (0, 0)[: 2 - part] == parts[part + 1 :]


@given(NUMBERS, st.sampled_from(KINDS), st.sampled_from(KINDS))
def test_what_matters_more_raises_more(last: VersionNumber, one: Kind, other: Kind) -> None:
    assert (KINDS.index(one) < KINDS.index(other)) == (raised(last, one) > raised(last, other))


def test_equal_manifests_are_a_patch() -> None:
    assert "patch" == rule(BEFORE, BEFORE)[0]
