from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.contracts.params.gate import (
    CalibrationRules,
    ClassRules,
    Floors,
    GateParams,
    JudgedSetRules,
    SizeRules,
    SliceRules,
    SpeedRules,
)
from headway.contracts.verdict import Finding
from headway.evaluation.findings import Facts
from headway.evaluation.gate import decide
from tests.evaluation.facts import HARDWARE, Bounds, card, comparison, contender, facts, judged_set, speed
from tests.finished_run import at_threshold
from tests.gated_project import latency


def findings_of(rule: str, policy: GateParams, given_facts: Facts) -> list[Finding]:
    return [finding for finding in decide(policy, given_facts).findings if finding.rule == rule]


def outcomes(rule: str, policy: GateParams, given_facts: Facts) -> list[str]:
    return [finding.outcome for finding in findings_of(rule, policy, given_facts)]


@pytest.mark.parametrize(
    ("bounds", "outcome"),
    [
        ((-0.01, 0.0, 0.01), "pass"),
        ((-0.02, 0.0, 0.01), "undecided"),
        ((-0.05, -0.02, 0.0), "undecided"),
        ((-0.05, -0.03, -0.02), "undecided"),
        ((-0.09, -0.05, -0.03), "fail"),
        (None, "undecided"),
    ],
)
def test_non_inferiority_needs_the_whole_interval_on_one_side_of_the_margin(
    bounds: Bounds | None, outcome: str
) -> None:
    assert [outcome] == outcomes("non-inferiority", GateParams(margin=0.02), facts(comparison=comparison(bounds)))


@pytest.mark.parametrize(
    ("needed", "said"),
    [
        (400, "the test set has 100 images, about 400 would show it of an equal model"),
        (80, "the 100 test images are enough for an equal model, so it seems somewhat worse"),
        (None, "no number of test images shows that a model is not worse at all"),
    ],
)
def test_an_undecided_comparison_says_how_many_images_the_margin_needs(needed: int | None, said: str) -> None:
    compared = comparison((-0.05, 0.0, 0.05), images_for_margin=needed)
    (finding,) = findings_of("non-inferiority", GateParams(), facts(comparison=compared))

    assert said in finding.sentence


@pytest.mark.parametrize(
    ("bounds", "outcome"),
    [
        ((0.001, 0.02, 0.04), "pass"),
        ((0.0, 0.02, 0.04), "undecided"),
        ((-0.01, 0.0, 0.01), "undecided"),
        ((-0.01, -0.005, 0.0), "fail"),
        (None, "undecided"),
    ],
)
def test_superiority_asks_for_more_than_nothing(bounds: Bounds | None, outcome: str) -> None:
    policy = GateParams(superiority=True)

    assert [outcome] == outcomes("superiority", policy, facts(comparison=comparison(bounds)))


def test_superiority_is_not_asked_for_by_default() -> None:
    assert [] == outcomes("superiority", GateParams(), facts())


@pytest.mark.parametrize("rule", ["class", "slice"])
@pytest.mark.parametrize(
    ("bounds", "outcome", "said"),
    [
        ((-0.02, 0.0, 0.02), "pass", "not worse by that much"),
        ((-0.3, 0.0, 0.3), "pass", "no fall by more is shown, nor is one excluded"),
        ((-0.3, -0.2, -0.06), "fail", "worse by more"),
    ],
)
def test_a_class_or_slice_fails_only_when_its_fall_is_shown(rule: str, bounds: Bounds, outcome: str, said: str) -> None:
    rows = {"can": bounds}
    compared = comparison(classes=rows) if rule == "class" else comparison(slices=rows)
    (finding,) = findings_of(rule, GateParams(), facts(comparison=compared))

    assert outcome == finding.outcome
    assert finding.sentence.endswith(said)


@pytest.mark.parametrize("rule", ["class", "slice"])
def test_a_class_or_slice_that_is_not_judged_has_no_finding(rule: str) -> None:
    compared = comparison(classes={"can": None}, slices={"night": None})

    assert [] == outcomes(rule, GateParams(), facts(comparison=compared))


@pytest.mark.parametrize(("may_drop", "outcome"), [(False, "fail"), (True, "pass")])
def test_a_class_that_the_candidate_lacks_fails_unless_the_policy_allows_it(may_drop: bool, outcome: str) -> None:
    policy = GateParams(classes=ClassRules(may_drop=may_drop))

    assert [outcome] == outcomes("class", policy, facts(dropped_classes=("jar",)))


@pytest.mark.parametrize("metric", ["map50_95", "map50", "precision", "recall"])
@pytest.mark.parametrize(("floor", "outcome"), [(0.01, "pass"), (0.99, "fail")])
def test_a_floor_is_held_against_the_estimate(metric: str, floor: float, outcome: str) -> None:
    policy = GateParams(floors=Floors.model_validate({metric: floor}))

    assert [outcome] == outcomes("floor", policy, facts())


def test_a_floor_on_what_cannot_be_measured_is_undecided() -> None:
    policy = GateParams(floors=Floors(map50=0.5))

    assert ["undecided"] == outcomes("floor", policy, facts(scorecard=card(map50=None)))


@pytest.mark.parametrize("key", ["class_map50_95", "class_recall"])
@pytest.mark.parametrize(("floor", "outcome"), [(0.01, "pass"), (0.99, "fail")])
def test_a_class_floor_holds_for_classes_with_enough_boxes(key: str, floor: float, outcome: str) -> None:
    policy = GateParams(floors=Floors.model_validate({key: floor}))
    (finding,) = findings_of("floor", policy, facts())

    assert outcome == finding.outcome
    assert finding.subject.endswith(" of can")


@pytest.mark.parametrize(
    ("boxes", "map50", "outcome"),
    [(30, 0.8, "pass"), (30, 0.2, "fail"), (3, 0.8, "undecided"), (30, None, "undecided")],
)
def test_a_new_class_has_a_floor_of_its_own(boxes: int, map50: float | None, outcome: str) -> None:
    whole = card()
    score = whole.per_class[0].model_copy(
        update={"boxes": boxes, "map50": map50, "at_threshold": at_threshold(0, 0, 9)}
    )
    given_facts = facts(
        scorecard=whole.model_copy(update={"per_class": (score,)}), comparison=comparison(new=(score.name,))
    )
    policy = GateParams(floors=Floors(new_class_map50=0.5, class_recall=0.9))

    assert [outcome] == outcomes("new-class", policy, given_facts)
    assert [] == outcomes("floor", policy, given_facts)


@pytest.mark.parametrize(("candidate_ms", "outcome"), [(12.0, "pass"), (13.0, "fail")])
def test_the_median_may_be_so_many_times_the_champions(candidate_ms: float, outcome: str) -> None:
    assert [outcome] == outcomes("speed", GateParams(), facts(speed=speed(candidate_ms, 10)))


def test_models_that_could_not_be_timed_are_undecided_where_there_is_a_budget() -> None:
    assert ["undecided"] == outcomes("speed", GateParams(), facts(speed=None))
    assert [] == outcomes("speed", GateParams(speed=SpeedRules(ratio=None)), facts(speed=None))


@pytest.mark.parametrize(
    ("measured", "outcome"),
    [
        ({"latency": latency(hardware=HARDWARE, p95_ms=9)}, "pass"),
        ({"latency": latency(hardware=HARDWARE, p95_ms=11)}, "fail"),
        ({"latency": latency(hardware="another")}, "undecided"),
        ({"latency": latency("c" * 64, hardware=HARDWARE, p95_ms=9)}, "undecided"),
        ({"latency": latency(hardware="another"), "speed": speed(9, 9)}, "pass"),
        ({"latency": latency(hardware="another"), "speed": speed(11, 11)}, "fail"),
    ],
)
def test_a_budget_in_milliseconds_counts_only_on_its_hardware(measured: dict[str, Any], outcome: str) -> None:
    policy = GateParams(speed=SpeedRules(ratio=None, p95_ms=10.0, hardware=HARDWARE))

    assert [outcome] == outcomes("speed", policy, facts(**{"speed": None, **measured}))


@pytest.mark.parametrize(("mib", "expected"), [(10.0, ["pass", "pass"]), (15.0, ["fail", "fail"])])
def test_the_file_has_a_budget_in_mib_and_one_over_the_champion(mib: float, expected: list[str]) -> None:
    policy = GateParams(size=SizeRules(mib=12.0, ratio=1.2))

    assert expected == outcomes("size", policy, facts(candidate=contender("a", mib=mib)))


@pytest.mark.parametrize(
    ("errors", "expected"),
    [
        ((0.05, 0.05), ["pass", "pass"]),
        ((0.2, 0.05), ["fail", "fail"]),
        ((0.09, 0.05), ["pass", "fail"]),
        ((0.05, None), ["pass", "undecided"]),
        ((None, 0.05), ["undecided"]),
    ],
)
def test_calibration_has_a_budget_and_may_rise_by_so_much(
    errors: tuple[float | None, float | None], expected: list[str]
) -> None:
    policy = GateParams(calibration=CalibrationRules(at_most=0.1, rise=0.02))

    assert expected == outcomes("calibration", policy, facts(calibration_error=errors))


@pytest.mark.parametrize(("images", "outcome"), [(100, "pass"), (99, "undecided")])
def test_the_policy_may_ask_for_so_many_test_images(images: int, outcome: str) -> None:
    policy = GateParams(test_set=JudgedSetRules(min_images=100))

    assert [outcome] == outcomes("test-set", policy, facts(test_set=judged_set(images)))


@pytest.mark.parametrize(
    ("images", "groups", "expected"), [(30, None, []), (29, None, ["undecided"]), (500, 29, ["undecided"])]
)
def test_an_interval_from_a_handful_of_images_or_groups_is_not_trusted(
    images: int, groups: int | None, expected: list[str]
) -> None:
    assert expected == outcomes("test-set", GateParams(), facts(test_set=judged_set(images, groups=groups)))


@pytest.mark.parametrize(("edited", "outcome"), [(False, "pass"), (True, "fail")])
def test_the_policy_may_forbid_to_change_the_test_set(edited: bool, outcome: str) -> None:
    policy = GateParams(test_set=JudgedSetRules(may_change=False))

    assert [outcome] == outcomes("test-set", policy, facts(test_set_edited=edited))
    same = facts(test_set_edited=edited, candidate=contender("b"))
    assert [outcome] == outcomes("test-set", policy, same)


STRICT = GateParams(
    superiority=True,
    floors=Floors(map50=0.99, class_recall=0.99),
    size=SizeRules(mib=1.0),
    speed=SpeedRules(p95_ms=1.0, hardware=HARDWARE),
)


def test_the_champion_itself_is_accepted_by_any_policy() -> None:
    judgement = decide(STRICT, facts(candidate=contender("b")))

    assert ("accept", "Accept: the same model as the champion.") == (judgement.decision, judgement.summary)


def test_the_same_file_at_another_operating_point_is_judged() -> None:
    assert "reject" == decide(STRICT, facts(candidate=contender("b", threshold=0.9))).decision


def test_without_a_champion_floors_alone_decide() -> None:
    alone = facts(champion=None, comparison=comparison(None), calibration_error=(0.05, None), test_set=judged_set(5))

    assert "accept" == decide(GateParams(floors=Floors(map50=0.5)), alone).decision
    assert "reject" == decide(GateParams(floors=Floors(map50=0.9)), alone).decision
    assert {"floor"} == {finding.rule for finding in decide(GateParams(floors=Floors(map50=0.5)), alone).findings}


@pytest.mark.parametrize(
    ("given_facts", "decision", "summary"),
    [
        (
            facts(comparison=comparison((-0.01, 0.0, 0.01))),
            "accept",
            (
                "Accept: not worse than the champion by the margin 0.02 or more; "
                "mAP50-95 changes by +0.000 [-0.010, +0.010]."
            ),
        ),
        (
            facts(comparison=comparison((-0.015, -0.01, -0.005))),
            "accept",
            (
                "Accept: worse than the champion, but by less than the margin 0.02; "
                "mAP50-95 changes by -0.010 [-0.015, -0.005]."
            ),
        ),
        (
            facts(comparison=comparison((0.01, 0.02, 0.03))),
            "accept",
            "Accept: better than the champion; mAP50-95 changes by +0.020 [+0.010, +0.030].",
        ),
        (
            facts(comparison=comparison((-0.09, -0.05, -0.03)), speed=speed(30, 10)),
            "reject",
            (
                "Reject: mAP50-95 changes by -0.050 [-0.090, -0.030]; the margin is 0.02: worse by more "
                "(and 1 more such finding)."
            ),
        ),
        (
            facts(speed=None),
            "inconclusive",
            (
                "Inconclusive: median latency: the two models could not be timed side by side here; see the notes. "
                "Nothing fails."
            ),
        ),
    ],
)
def test_the_summary_says_what_was_decided_and_why(given_facts: Facts, decision: str, summary: str) -> None:
    judgement = decide(GateParams(), given_facts)

    assert (decision, summary) == (judgement.decision, judgement.summary)


def test_a_failure_weighs_more_than_what_is_undecided() -> None:
    mixed = facts(comparison=comparison((-0.05, 0.0, 0.05)), dropped_classes=("jar",))

    assert "reject" == decide(GateParams(), mixed).decision


shares = st.one_of(st.none(), st.floats(0, 1))
signed = st.floats(-0.2, 0.2)
bounds = st.tuples(signed, signed, signed).map(lambda values: (min(values), sorted(values)[1], max(values)))
policies = st.builds(
    GateParams,
    margin=st.floats(0, 0.2),
    superiority=st.booleans(),
    floors=st.builds(Floors, map50_95=shares, map50=shares, precision=shares, class_recall=shares),
    classes=st.builds(ClassRules, margin=st.floats(0, 0.2), may_drop=st.booleans()),
    slices=st.builds(SliceRules, margin=st.floats(0, 0.2)),
    speed=st.builds(SpeedRules, ratio=st.one_of(st.none(), st.floats(0.5, 3))),
    size=st.builds(SizeRules, mib=st.one_of(st.none(), st.floats(1, 20))),
    calibration=st.builds(CalibrationRules, at_most=shares, rise=shares),
    test_set=st.builds(JudgedSetRules, min_images=st.integers(1, 200), may_change=st.booleans()),
)
situations = st.builds(
    facts,
    comparison=st.builds(
        comparison,
        bounds,
        classes=st.dictionaries(st.sampled_from(["can", "jar"]), bounds),
        slices=st.dictionaries(st.just("night"), bounds),
    ),
    champion=st.sampled_from([None, contender("b"), contender("a")]),
    speed=st.one_of(st.none(), st.floats(1, 40).map(lambda ms: speed(ms, 10))),
    test_set=st.integers(1, 300).map(judged_set),
    test_set_edited=st.booleans(),
    dropped_classes=st.sampled_from([(), ("jar",)]),
    calibration_error=st.tuples(shares, shares),
)


def _stricter(first: float | None, second: float | None, choose: Any) -> float | None:
    given_values = [value for value in (first, second) if value is not None]
    return choose(given_values) if given_values else None


def tightened(policy: GateParams, other: GateParams) -> GateParams:
    """Return a policy that asks for all that both ask for."""
    floors = {
        key: _stricter(value, getattr(other.floors, key), max) for key, value in policy.floors.model_dump().items()
    }
    return GateParams(
        margin=min(policy.margin, other.margin),
        superiority=policy.superiority or other.superiority,
        floors=Floors(**floors),
        classes=ClassRules(
            margin=min(policy.classes.margin, other.classes.margin),
            may_drop=policy.classes.may_drop and other.classes.may_drop,
        ),
        slices=SliceRules(margin=min(policy.slices.margin, other.slices.margin)),
        speed=SpeedRules(ratio=_stricter(policy.speed.ratio, other.speed.ratio, min)),
        size=SizeRules(mib=_stricter(policy.size.mib, other.size.mib, min)),
        calibration=CalibrationRules(
            at_most=_stricter(policy.calibration.at_most, other.calibration.at_most, min),
            rise=_stricter(policy.calibration.rise, other.calibration.rise, min),
        ),
        test_set=JudgedSetRules(
            min_images=max(policy.test_set.min_images, other.test_set.min_images),
            may_change=policy.test_set.may_change and other.test_set.may_change,
        ),
    )


@given(policies, policies, situations)
def test_a_stricter_policy_never_accepts_what_a_looser_one_does_not(
    policy: GateParams, other: GateParams, situation: Facts
) -> None:
    order = ["reject", "inconclusive", "accept"]
    loose, strict = decide(policy, situation).decision, decide(tightened(policy, other), situation).decision

    assert order.index(strict) <= order.index(loose)
