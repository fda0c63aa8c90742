"""From where on tags must be signed, and which those are."""

from __future__ import annotations

from pathlib import Path

import pytest

from headway.contracts.registry.stages import StageRules, Stages
from headway.contracts.registry.tags import Slot
from headway.registry.signing import find_demand, list_demanded
from tests.registry.line import MODEL, make_registered_line

ON, OFF = (Stages(signed_tags=signed, stages={"staging": StageRules()}) for signed in (True, False))


@pytest.mark.parametrize(
    ("rules", "since"),
    [
        ([], None),
        ([(0, OFF)], None),
        ([(0, ON)], 0),
        ([(0, OFF), (3, ON), (5, ON)], 3),
        ([(0, ON), (3, OFF)], None),
        ([(0, ON), (3, OFF), (7, ON)], 7),
    ],
)
def test_signatures_are_demanded_from_the_last_switch_on(rules: list[tuple[int, Stages]], since: int | None) -> None:
    assert since == find_demand(rules)


def test_a_version_counts_by_its_commit_and_an_echo_by_the_declaring_one(tmp_path: Path) -> None:
    line = make_registered_line(tmp_path)
    line.promote(f"{MODEL}#staging#1", "v1.0.0")
    since = line.state().declarations[Slot("staging", MODEL)][-1].change.position + 1
    line.promote(f"{MODEL}#production#1", "v1.0.0")
    line.new_model("later")
    line.register(f"{MODEL}@v1.1.0")

    demanded = list_demanded(line.state(), [(since, ON)])

    assert {f"{MODEL}#production#1", f"{MODEL}@v1.1.0"} == {tag.name for tag in demanded}


def test_no_tag_must_be_signed_where_nothing_demands_it(tmp_path: Path) -> None:
    assert () == list_demanded(make_registered_line(tmp_path).state(), [(0, OFF)])
