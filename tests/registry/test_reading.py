"""What a real repository's history and tags mean to the registry, and what they do not."""

from __future__ import annotations

from pathlib import Path

import pytest

from headway.contracts.registry.tags import Slot
from headway.registry.state import State
from tests.registry.line import Line, make_registered_line

PRODUCTION = Slot("production", "detector")


@pytest.fixture
def line(tmp_path: Path) -> Line:
    return make_registered_line(tmp_path, versions=2)


def echoed(state: State, slot: Slot = PRODUCTION) -> list[str]:
    return [echo.tag.name for echo in state.echoes.get(slot, ())]


def refused(state: State) -> dict[str, str]:
    return {one.tag.name: one.reason for one in state.distrusted}


def test_versions_declarations_and_echoes_are_read_in_order(line: Line) -> None:
    first = line.promote("detector#production#1", "v1.0.0")
    second = line.promote("detector#production#2", "v1.1.0")
    third = line.promote("detector#production!#3", None)

    state = line.state()

    assert ["detector@v1.0.0", "detector@v1.1.0"] == [str(one) for one in state.versions["detector"]]
    assert [first, second, third] == [one.commit for one in state.declarations[PRODUCTION]]
    assert ["detector#production#1", "detector#production#2", "detector#production!#3"] == echoed(state)
    assert {} == refused(state)
