"""What a pull request's change of a stage file, or of the rules, comes to."""

from __future__ import annotations

import pytest

from headway.contracts.registry.desired import Desired, Hold
from headway.contracts.registry.stages import StageRules, Stages
from headway.registry.changes import StageChange, describe_rules, refuse_approvals
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
    assert enough == (refuse_approvals(StageRules(approvals=needed), SLOT, approved_by, "ada") is None)


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
