"""What a pull request's change of a stage file, or of the rules, comes to."""

from __future__ import annotations

from typing import Any

import pytest

from headway.contracts.registry.desired import Desired, Hold
from headway.contracts.registry.stages import StageRules, Stages
from headway.registry.changes import StageChange, describe_change, describe_rules, refuse_approvals, refuse_change
from tests.registry.promotions import SLOT, desired

HOLD = Hold(reason="worse", against="v1.0.0", set_by="ada")


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        (None, desired(), "promotion"),
        (desired(), None, "removal"),
        (desired(), desired(reason="another"), "edit"),
        (desired(), desired(hold=HOLD), "edit"),
        (desired(), desired(identity="cd" * 32), "promotion"),
        (desired(), desired("v1.1.0"), "promotion"),
        (desired(), desired("v0.9.0"), "promotion"),
        (desired(), desired("v0.9.0", hold=HOLD), "rollback"),
        (desired(), desired("v0.9.0", hold=HOLD, expedited="now"), "promotion"),
        (desired("v1.2.0"), desired("v0.9.0", hold=HOLD), "promotion"),
        (None, desired("v0.9.0", hold=HOLD), "promotion"),
    ],
)
def test_a_rollback_sets_a_hold_against_what_it_takes_away(
    before: Desired | None, after: Desired | None, kind: str
) -> None:
    assert kind == StageChange(SLOT, before, after).kind


def test_a_reason_to_skip_counts_once() -> None:
    assert "now" == StageChange(SLOT, None, desired(expedited="now")).expedited
    assert "now" == StageChange(SLOT, desired(expedited="then"), desired(expedited="now")).expedited
    assert None is StageChange(SLOT, desired(expedited="now"), desired("v1.1.0", expedited="now")).expedited


@pytest.mark.parametrize(
    ("approved_by", "needed", "enough"),
    [((), 0, True), (("grace",), 1, True), (("Ada",), 1, False), (("ada", "grace"), 2, False)],
)
def test_who_asked_is_not_counted(approved_by: tuple[str, ...], needed: int, enough: bool) -> None:
    assert enough == (refuse_approvals(needed, "production", approved_by, "ada") is None)


def test_every_change_of_the_rules_is_named() -> None:
    def stages(**rules: StageRules) -> Stages:
        return Stages(stages=rules)

    before = stages(staging=StageRules(), canary=StageRules(), production=StageRules(after="staging", approvals=2))

    assert (
        "edge is a new stage",
        "canary is no stage any more",
        "production: after: staging becomes None",
        "production: gate: registered becomes current",
        "the order of the stages changes",
    ) == describe_rules(
        before, stages(production=StageRules(gate="current", approvals=2), edge=StageRules(), staging=StageRules())
    )
    assert ("staging is a new stage",) == describe_rules(None, stages(staging=StageRules()))
    assert () == describe_rules(before, before)


def test_every_changed_key_of_a_stage_file_is_named() -> None:
    assert (
        "version: v1.0.0 becomes v1.1.0",
        "soak_hours: 5.0 becomes 0.0",
        'hold.against: "v1.0.0" becomes nothing',
    ) == tuple(
        one
        for one in describe_change(desired(hold=HOLD, soak_hours=5.0), desired("v1.1.0"))
        if one.startswith(("version", "soak", "hold.against"))
    )
    assert () == describe_change(None, desired())


@pytest.mark.parametrize("reason", ["better", " BETTER ", "better\t"])
@pytest.mark.parametrize(
    ("after", "code"),
    [({"soak_hours": 5.0, "hold": None}, "hold"), ({"soak_hours": 1.0, "hold": HOLD}, "reason"),
     ({"soak_hours": 5.0, "hold": HOLD.model_copy(update={"against": "v0.1.0"})}, "hold")],
)  # fmt: skip
def test_what_is_loosened_wants_other_words(reason: str, after: dict[str, Any], code: str) -> None:
    def refused(reason: str) -> list[str]:
        change = StageChange(SLOT, desired(hold=HOLD, soak_hours=5.0), desired(reason=reason, **after))
        return [one.code for one in refuse_change(change, None, {})]

    assert [code] == refused(reason)
    assert [] == refused("mended since")
