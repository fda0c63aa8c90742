"""What every rule of the policy says of a comparison. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from headway.contracts.params.gate import GateParams
from headway.contracts.scorecard import LatencyReport, Scorecard
from headway.contracts.verdict import (
    Contender,
    Finding,
    Interval,
    JudgedSet,
    Measured,
    Rule,
    SpeedComparison,
)
from headway.evaluation.comparison import Comparison

Outcome = Literal["pass", "fail", "undecided"]

NAMES = {"map50_95": "mAP50-95", "map50": "mAP50", "precision": "precision", "recall": "recall"}
LEAST_UNITS = 30
"""Images (groups, where images are grouped) below which an interval from resampling them is not trusted."""
_MIB = 1 << 20


@dataclass(frozen=True)
class Facts:
    """Everything that the rules look at.

    Attributes:
        candidate, champion: the models; without a champion only rules about the candidate alone speak.
        scorecard: the candidate's.
        comparison: figures of both, with intervals.
        test_set: what both were scored on.
        test_set_edited: whether the candidate's test set is another than the base branch's.
        dropped_classes: that the champion knows and the candidate does not.
        latency: what the candidate's evaluate stage measured.
        speed: both by turns, on this machine; None where that could not be.
        calibration_error: expected, of candidate and champion.
    """

    candidate: Contender
    champion: Contender | None
    scorecard: Scorecard
    comparison: Comparison
    test_set: JudgedSet
    test_set_edited: bool
    dropped_classes: tuple[str, ...]
    latency: LatencyReport
    speed: SpeedComparison | None
    calibration_error: tuple[float | None, float | None]

    @property
    def same_model(self) -> bool:
        """Whether both are one file at one operating point, so that every difference is 0."""
        return self.champion is not None and (self.candidate.model_sha256, self.candidate.threshold) == (
            self.champion.model_sha256,
            self.champion.threshold,
        )

    def measured(self, metric: str) -> Measured:
        return next(entry for entry in self.comparison.measured if entry.metric == metric)


Apply = Callable[[GateParams, Facts], Iterator[Finding]]
"""A rule: none, one or several findings."""


def _same(policy: GateParams, _: Facts) -> Iterator[Finding]:
    sentence = "candidate and champion are the same model: no difference"
    yield _finding("non-inferiority", NAMES[policy.metric], "pass", sentence)


def _non_inferiority(policy: GateParams, facts: Facts) -> Iterator[Finding]:
    if facts.champion is None:
        return
    difference = facts.measured(policy.metric).difference
    if difference is None:
        yield _unmeasured("non-inferiority", policy)
        return
    outcome: Outcome
    if difference.low > -policy.margin:
        outcome, said = "pass", "not worse by that much"
    elif difference.high < -policy.margin:
        outcome, said = "fail", "worse by more"
    else:
        outcome, said = "undecided", f"it may be worse by more; {_images_needed(facts)}"
    sentence = f"{change(policy, difference)}; the margin is {policy.margin:g}: {said}"
    yield _finding("non-inferiority", NAMES[policy.metric], outcome, sentence)


def _superiority(policy: GateParams, facts: Facts) -> Iterator[Finding]:
    if facts.champion is None or not policy.superiority:
        return
    difference = facts.measured(policy.metric).difference
    if difference is None:
        yield _unmeasured("superiority", policy)
        return
    outcome: Outcome
    if difference.low > 0:
        outcome, said = "pass", "shown"
    elif difference.high <= 0:
        outcome, said = "fail", "there is none"
    else:
        detectable = facts.comparison.statistics.detectable_difference
        least = "" if detectable is None else f"; this test set shows gains from about {detectable:.3g}"
        outcome, said = "undecided", f"not shown{least}"
    sentence = f"{change(policy, difference)}; the policy asks for a gain: {said}"
    yield _finding("superiority", NAMES[policy.metric], outcome, sentence)


def _classes(policy: GateParams, facts: Facts) -> Iterator[Finding]:
    for row in facts.comparison.classes:
        if row.difference is not None and row.judged:
            subject = f"{NAMES[policy.metric]} of {row.name}"
            yield _regression("class", subject, row.difference, policy.classes.margin)
    for name in facts.dropped_classes:
        outcome: Outcome = "pass" if policy.classes.may_drop else "fail"
        ending = "allows that" if policy.classes.may_drop else "does not allow that (gate.classes.may_drop)"
        sentence = f"the champion knows {name}, the candidate does not; the policy {ending}"
        yield _finding("class", name, outcome, sentence)


def _slices(policy: GateParams, facts: Facts) -> Iterator[Finding]:
    for row in facts.comparison.slices:
        if row.difference is not None and row.judged:
            subject = f"{NAMES[policy.metric]} on {row.name}"
            yield _regression("slice", subject, row.difference, policy.slices.margin)


def _regression(rule: Rule, subject: str, difference: Interval, margin: float) -> Finding:
    """Fail only what is shown: with many classes or slices and few images, hardly any can be shown to be safe."""
    outcome: Outcome = "pass"
    if difference.high < -margin:
        outcome, said = "fail", "worse by more"
    elif difference.low <= -margin:
        said = "no fall by more is shown, nor is one excluded"
    else:
        said = "not worse by that much"
    return _finding(rule, subject, outcome, f"{_interval(difference)}; the margin is {margin:g}: {said}")


def _floors(policy: GateParams, facts: Facts) -> Iterator[Finding]:
    floors, quality, point = policy.floors, facts.scorecard.quality, facts.scorecard.operating_point
    for metric, value, floor in (
        ("map50_95", quality.map50_95, floors.map50_95),
        ("map50", quality.map50, floors.map50),
        ("precision", point.precision, floors.precision),
        ("recall", point.recall, floors.recall),
    ):
        if floor is not None:
            yield _floor("floor", NAMES[metric], value, floor)
    new = _new_classes(facts)
    for score in facts.scorecard.per_class:
        if score.name in new or score.boxes < policy.classes.min_boxes:
            continue
        if floors.class_map50_95 is not None:
            yield _floor("floor", f"{NAMES['map50_95']} of {score.name}", score.map50_95, floors.class_map50_95)
        if floors.class_recall is not None:
            yield _floor("floor", f"recall of {score.name}", score.at_threshold.recall, floors.class_recall)


def _new_class_floors(policy: GateParams, facts: Facts) -> Iterator[Finding]:
    floor, least, new = policy.floors.new_class_map50, policy.classes.min_boxes, _new_classes(facts)
    if floor is None:
        return
    for score in facts.scorecard.per_class:
        subject = f"{NAMES['map50']} of {score.name}"
        if score.name in new and score.boxes < least:
            sentence = f"{score.name} is new and has {score.boxes} boxes on test; {least} are needed to judge it"
            yield _finding("new-class", subject, "undecided", sentence)
        elif score.name in new:
            yield _floor("new-class", subject, score.map50, floor)


def _floor(rule: Rule, subject: str, value: float | None, floor: float) -> Finding:
    if value is None:
        return _finding(rule, subject, "undecided", f"{subject} cannot be measured; the floor is {floor:g}")
    outcome: Outcome = "pass" if value >= floor else "fail"
    where = "reaches" if value >= floor else "is below"
    return _finding(rule, subject, outcome, f"{subject} {value:.3f} {where} the floor {floor:g}")


def _speed_ratio(policy: GateParams, facts: Facts) -> Iterator[Finding]:
    most = policy.speed.ratio
    if facts.champion is None or most is None:
        return
    if facts.speed is None:
        sentence = "the two models could not be timed side by side here; see the notes"
        yield _finding("speed", "median latency", "undecided", sentence)
        return
    candidate, champion = facts.speed.candidate.p50_ms, facts.speed.champion.p50_ms
    yield _budget(
        "speed",
        "median latency",
        f"{candidate:.2f} ms against {champion:.2f} ms is {facts.speed.ratio:.2f} times the champion's",
        facts.speed.ratio,
        most,
    )


def _latency_budget(policy: GateParams, facts: Facts) -> Iterator[Finding]:
    most, hardware = policy.speed.p95_ms, policy.speed.hardware
    if most is None:
        return
    measured = {facts.speed.hardware: facts.speed.candidate.p95_ms} if facts.speed else {}
    if facts.latency.model_sha256 == facts.candidate.model_sha256:
        measured[facts.latency.hardware] = facts.latency.latency.p95_ms
    p95_ms = measured.get(hardware or "")
    if p95_ms is None:
        where = " and on ".join(measured) or "no machine"
        sentence = f"the budget of {most:g} ms is for {hardware}; measured on {where}"
        yield _finding("speed", "p95 latency", "undecided", f"{sentence}: run dvc repro --force evaluate there")
        return
    yield _budget("speed", "p95 latency", f"{p95_ms:.2f} ms on {hardware}", p95_ms, most, " ms")


def _size(policy: GateParams, facts: Facts) -> Iterator[Finding]:
    mib = facts.candidate.size_bytes / _MIB
    if policy.size.mib is not None:
        yield _budget("size", "model file", f"{mib:.2f} MiB", mib, policy.size.mib, " MiB")
    if policy.size.ratio is not None and facts.champion is not None:
        ratio = facts.candidate.size_bytes / facts.champion.size_bytes
        shown = f"{mib:.2f} MiB is {ratio:.2f} times the champion's"
        yield _budget("size", "model file", shown, ratio, policy.size.ratio)


def _calibration(policy: GateParams, facts: Facts) -> Iterator[Finding]:
    candidate, champion = facts.calibration_error
    at_most, rise, subject = policy.calibration.at_most, policy.calibration.rise, "expected calibration error"
    for limit in (at_most, rise if facts.champion is not None else None):
        if limit is not None and candidate is None:
            sentence = "no detection scores 0.1 or more, so there is nothing to measure"
            yield _finding("calibration", subject, "undecided", sentence)
            return
    if at_most is not None and candidate is not None:
        yield _budget("calibration", subject, f"{candidate:.3f}", candidate, at_most)
    if rise is None or facts.champion is None or candidate is None:
        return
    if champion is None:
        yield _finding("calibration", subject, "undecided", "the champion's cannot be measured")
        return
    shown = f"{candidate:.3f} against {champion:.3f} is a change of {candidate - champion:+.3f}"
    yield _budget("calibration", subject, shown, candidate - champion, rise)


def _budget(rule: Rule, subject: str, shown: str, value: float, most: float, unit: str = "") -> Finding:
    outcome: Outcome = "pass" if value <= most else "fail"
    where = "within" if value <= most else "over"
    return _finding(rule, subject, outcome, f"{shown}, {where} the budget of {most:g}{unit}")


def _test_set(policy: GateParams, facts: Facts) -> Iterator[Finding]:
    least = policy.test_set.min_images
    if facts.test_set.images < least:
        sentence = f"the test set has {facts.test_set.images} images, the policy asks for {least}"
        yield _finding("test-set", "images", "undecided", sentence)
    elif least > 1:
        yield _finding("test-set", "images", "pass", f"{facts.test_set.images} images, {least} are asked for")


def _units(_: GateParams, facts: Facts) -> Iterator[Finding]:
    grouped = facts.test_set.groups is not None
    units = facts.test_set.groups if facts.test_set.groups is not None else facts.test_set.images
    if facts.champion is not None and units < LEAST_UNITS:
        sentence = f"the test set has {units} {'groups of ' if grouped else ''}images; intervals need {LEAST_UNITS}"
        yield _finding("test-set", "groups" if grouped else "images", "undecided", sentence)


def _test_set_change(policy: GateParams, facts: Facts) -> Iterator[Finding]:
    if policy.test_set.may_change:
        return
    subject = "images and labels"
    if facts.test_set_edited:
        sentence = (
            "the test set is not the base branch's, and the policy does not allow that (gate.test_set.may_change)"
        )
        yield _finding("test-set", subject, "fail", sentence)
    else:
        yield _finding("test-set", subject, "pass", "the test set is the base branch's")


RULES: tuple[Apply, ...] = (
    _non_inferiority,
    _superiority,
    _floors,
    _new_class_floors,
    _classes,
    _slices,
    _speed_ratio,
    _latency_budget,
    _size,
    _calibration,
    _test_set,
    _units,
    _test_set_change,
)
RULES_FOR_THE_SAME: tuple[Apply, ...] = (_same, _test_set_change)
"""For a candidate that is the champion itself: every difference is 0."""


def _new_classes(facts: Facts) -> set[str]:
    return {row.name for row in facts.comparison.classes if row.new} if facts.champion is not None else set()


def _finding(rule: Rule, subject: str, outcome: Outcome, sentence: str) -> Finding:
    return Finding(rule=rule, subject=subject, outcome=outcome, sentence=sentence)


def _unmeasured(rule: Rule, policy: GateParams) -> Finding:
    sentence = "no class that both models know has a label on test, so there is nothing to compare"
    return _finding(rule, NAMES[policy.metric], "undecided", sentence)


def change(policy: GateParams, difference: Interval) -> str:
    """Return the difference in the judged metric in words."""
    return f"{NAMES[policy.metric]} changes by {_interval(difference)}"


def _interval(difference: Interval) -> str:
    return f"{difference.estimate:+.3f} [{difference.low:+.3f}, {difference.high:+.3f}]"


def _images_needed(facts: Facts) -> str:
    needed, present = facts.comparison.statistics.images_for_margin, facts.test_set.images
    if needed is None:
        return "no number of test images shows that a model is not worse at all"
    if needed <= present:
        return f"the {present} test images are enough for an equal model, so it seems somewhat worse"
    return f"the test set has {present} images, about {needed:,} would show it of an equal model"
