"""What a version must have earned, rule by rule."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from headway.contracts.registry.desired import Hold
from headway.contracts.registry.stages import StageRules
from headway.registry.earned import find_rollback, refuse_promotion, refuse_rollback
from tests.registry.promotions import NOW, desired, facts, tenure, version
from tests.verdicts import verdict

HOLD = Hold(reason="worse", against="v1.1.0", set_by="ada")
CURRENT = StageRules(gate="current")


def codes(**changes: Any) -> list[str]:
    return [one.code for one in refuse_promotion(facts(**changes))]


def sentence(**changes: Any) -> str:
    (refusal,) = refuse_promotion(facts(**changes))
    return f"{refusal.sentence} | {refusal.way}"


def test_what_is_earned_is_not_refused() -> None:
    assert () == refuse_promotion(facts())


def test_only_gate_stage_before_soak_and_hold_may_be_skipped() -> None:
    def skippable(**changes: Any) -> dict[str, bool]:
        return {one.code: one.expeditable for one in refuse_promotion(facts(**changes))}

    assert {"unregistered": False} == skippable(version=None)
    assert {"bytes": False, "gate": True, "upstream": True, "hold": True} == skippable(
        missing=("model.onnx",), version=version(decision="reject"), upstream=(), present=desired(hold=HOLD)
    )
    assert {"soak": True} == skippable(upstream=(tenure(hours=1),))


def test_an_unregistered_version_is_told_from_one_that_nothing_trusts() -> None:
    assert "is not registered" in sentence(version=None)
    assert "counts for nothing: it is no annotated tag" in sentence(version=None, distrusted="it is no annotated tag")


def test_some_missing_files_are_named() -> None:
    assert "a, b, c and 2 more" in sentence(missing=("a", "b", "c", "d", "e"))
    assert "git checkout detector@v1.1.0 && dvc push" in sentence(missing=("a",))


# Gate


def test_a_first_stage_takes_what_was_accepted_when_it_was_registered() -> None:
    assert [] == codes(rules=StageRules(), upstream=(), present=None)
    assert ["gate"] == codes(rules=StageRules(), version=version(decision="inconclusive"))


@pytest.mark.parametrize(("decision", "expected"), [("accept", []), ("reject", ["gate"]), ("inconclusive", ["gate"])])
def test_a_stage_may_want_a_verdict_against_what_it_holds_now(decision: Any, expected: list[str]) -> None:
    assert expected == codes(rules=CURRENT, verdict=verdict(decision=decision))


def test_the_new_verdicts_sentence_is_told() -> None:
    assert "the gate says: Reject: mAP50-95 changes by" in sentence(rules=CURRENT, verdict=verdict())


def test_what_could_not_be_judged_is_refused_with_the_reason() -> None:
    assert "could not be judged against what production holds now: no images" in sentence(
        rules=CURRENT, unjudged="no images"
    )


# Soak


@pytest.mark.parametrize(("hours", "expected"), [(24.0, []), (23.99, ["soak"])])
def test_a_soak_is_over_when_its_hours_are(hours: float, expected: list[str]) -> None:
    assert expected == codes(upstream=(tenure(hours=hours),))


@pytest.mark.parametrize(("soak_hours", "expected"), [(0.0, []), (30.0, []), (30.1, ["soak"])])
def test_the_longer_of_both_demands_counts(soak_hours: float, expected: list[str]) -> None:
    assert expected == codes(upstream=(tenure(hours=30, soak_hours=soak_hours),))


def test_the_end_of_a_soak_is_told() -> None:
    assert "10.0 h of 24.0 h | wait until 2026-11-21 02:00 UTC" in sentence(upstream=(tenure(hours=10),))


def test_a_soak_that_was_cut_short_must_begin_again() -> None:
    assert "held detector@v1.1.0 for 10.0 h of 24.0 h" in sentence(upstream=(tenure(hours=10, ago=5),))


def test_a_soak_in_the_past_counts() -> None:
    assert [] == codes(upstream=(tenure(hours=30, ago=500), tenure("v1.2.0", 500)))


def test_two_short_soaks_make_no_long_one() -> None:
    assert ["soak"] == codes(upstream=(tenure(hours=20, ago=50), tenure(hours=20)))


def test_a_short_soak_that_was_enough_counts_beside_a_long_one_that_was_not() -> None:
    assert [] == codes(upstream=(tenure(hours=30, ago=200), tenure(hours=90, soak_hours=100)))


def test_a_soak_of_other_bytes_does_not_count() -> None:
    assert ["upstream"] == codes(upstream=(tenure(identity="cd" * 32),))


def test_a_rollback_takes_back_what_came_before_it() -> None:
    assert "was rolled back in staging" in sentence(
        upstream=(tenure(ago=90), tenure(hours=50, ago=10, rolled_back=True))
    )
    assert [] == codes(upstream=(tenure(ago=40, rolled_back=True), tenure(hours=30)))


def test_a_soak_that_begins_in_the_future_has_not_begun() -> None:
    last = datetime.max.replace(microsecond=0, tzinfo=NOW.tzinfo)
    assert ["soak"] == codes(upstream=(tenure(since=NOW + timedelta(days=1)),))
    assert "promote detector@v1.1.0 production --expedite" in sentence(
        upstream=(tenure(since=NOW + timedelta(days=1)),)
    )
    assert ["soak"] == codes(upstream=(tenure(since=last),))


# Rollback


def test_a_rollback_needs_neither_gate_nor_soak_nor_a_free_stage() -> None:
    changed = {"version": version(decision="reject"), "upstream": (), "present": desired("v1.2.0", hold=HOLD)}
    assert () == refuse_rollback(facts(**changed, here=(tenure(ago=5),)))


def test_a_rollback_needs_what_the_stage_held() -> None:
    assert ["bytes", "never-held"] == [one.code for one in refuse_rollback(facts(missing=("a",)))]
    assert ["never-held"] == [one.code for one in refuse_rollback(facts(here=(tenure(identity="cd" * 32),)))]
    assert ["unregistered"] == [one.code for one in refuse_rollback(facts(version=None))]


def test_a_rollback_goes_to_what_was_there_before_and_nobody_took_back() -> None:
    def refused(here: object = (tenure(ago=5),), **changes: Any) -> list[str]:
        return [one.code for one in refuse_rollback(facts(here=here, **changes))]

    assert [] == refused()
    assert ["never-held"] == refused((tenure(),))
    assert ["never-held"] == refused((tenure(hours=0, ago=5),))
    assert ["shunned"] == refused(against=frozenset({"v1.1.0"}))
    assert ["shunned"] == refused(upstream=(tenure(ago=5, rolled_back=True),))
    assert [] == refused(upstream=(tenure(ago=5, rolled_back=True), tenure()))


def test_a_rollback_goes_to_the_last_good_version() -> None:
    past = [tenure(one, ago=1) for one in ("v1.0.0", "v1.1.0", "v1.2.0", "v1.1.0")]
    here = [*past, tenure("v1.3.0")]
    assert "v1.1.0" == find_rollback(here, "v1.3.0", [])
    assert "v1.2.0" == find_rollback(here, "v1.3.0", ["v1.1.0"])
    assert "v1.1.0" == find_rollback([*past, tenure("v1.2.0", hours=0, ago=1)], "v1.3.0", [])
    assert None is find_rollback([tenure("v1.0.0")], "v1.0.0", [])
