"""The grammar of registry tags: write and read are inverse, and everything else is none of ours."""

from __future__ import annotations

import re

import pytest
from gto.constants import tag_re
from hypothesis import given
from hypothesis import strategies as st

from headway.contracts.layout import NAME_PATTERN
from headway.contracts.registry.tags import Slot, StageTag, VersionNumber, VersionTag, parse_tag

names = st.from_regex(re.compile(NAME_PATTERN, re.ASCII), fullmatch=True)
numbers = st.builds(VersionNumber, *[st.integers(0, 10**6)] * 3)
tags = st.one_of(
    st.builds(VersionTag, names, numbers),
    st.builds(StageTag, st.builds(Slot, names, names), st.integers(1, 10**6), st.booleans()),
)


@given(tags)
def test_a_written_tag_is_read_as_it_was(tag: VersionTag | StageTag) -> None:
    assert tag == parse_tag(str(tag))


@given(tags)
def test_gto_reads_every_tag(tag: VersionTag | StageTag) -> None:
    assert tag_re.search(str(tag))


@given(st.text(alphabet="ab-@#!v.019/= \n", max_size=20))
def test_whatever_is_read_is_written_as_it_was(name: str) -> None:
    tag = parse_tag(name)
    assert tag is None or name == str(tag)


@pytest.mark.parametrize(
    "name",
    [
        "detector@1.2.0", "detector@v1.2", "detector@v01.2.0", "detector@v1.2.0-rc1", "detector@v1.2.0!",
        "Detector@v1.0.0", "detector-@v1.0.0", "detector#production", "detector#production#0",
        "detector#production#07", "detector#Prod#1", "a/b@v1.0.0", "detector@v1.0.0\n", "@v1.0.0", "v1.0.0",
        "detector@v\u0661.0.0",
    ],
)  # fmt: skip
def test_other_names_are_none_of_ours(name: str) -> None:
    assert parse_tag(name) is None


def test_versions_are_ordered_by_their_numbers() -> None:
    assert VersionNumber(1, 9, 0) < VersionNumber(1, 10, 0) < VersionNumber(2, 0, 0)
