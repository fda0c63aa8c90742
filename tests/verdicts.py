"""Verdicts of the gate, written by hand."""

from __future__ import annotations

from typing import Any

from headway.contracts.scorecard import LatencyStats
from headway.contracts.verdict import (
    ClassComparison,
    Contender,
    Finding,
    Interval,
    JudgedSet,
    Measured,
    SliceComparison,
    SpeedComparison,
    Statistics,
    Verdict,
    WorseImage,
)

CANDIDATE = "a" * 64
CHAMPION = "c" * 64
HARDWARE = "AMD EPYC 7763 64-Core Processor, 2 of 128 cores"


def verdict(**changes: Any) -> Verdict:
    """Return a rejection with something in every field, or one that differs in `changes`."""
    values: dict[str, Any] = {
        "decision": "reject",
        "summary": "Reject: mAP50-95 changes by -0.080 [-0.120, -0.040]; the margin is 0.02: worse by more.",
        "lock_sha256": "1" * 64,
        "policy_sha256": "2" * 64,
        "model": "detector",
        "metric": "map50_95",
        "margin": 0.02,
        "candidate": contender(),
        "champion": contender(source="origin/main", commit="e" * 40, model_sha256=CHAMPION, identity="f" * 64),
        "test_set": JudgedSet(digest="3" * 64, images=60, boxes=812, groups=None, changed=False, comparisons=3),
        "statistics": Statistics(
            resamples=2000,
            seed=0,
            alpha=0.05,
            unit="image",
            standard_error=0.0125,
            detectable_difference=0.031,
            images_for_margin=140,
        ),
        "findings": (
            finding("floor", "mAP50", "pass", "mAP50 0.861 reaches the floor 0.5"),
            finding(
                "non-inferiority", "mAP50-95", "fail", "mAP50-95 changes by -0.080 [-0.120, -0.040]: worse by more"
            ),
            finding("speed", "median latency", "undecided", "the two models could not be timed side by side here"),
        ),
        "measured": (
            measured("map50_95", 0.512, 0.592),
            measured("map50", 0.861, 0.9),
            measured("precision", 0.857, 0.86),
            Measured(metric="recall", candidate=None, champion=None, difference=None),
        ),
        "classes": (class_comparison("can", -0.01), class_comparison("box/large", -0.2), new_class("jar")),
        "slices": (
            SliceComparison(
                name="night", images=21, judged=True, candidate=0.4, champion=0.5, difference=interval(-0.1)
            ),
        ),
        "speed": SpeedComparison(
            hardware=HARDWARE,
            threads=2,
            engine="onnxruntime 1.27.0 on CPUExecutionProvider",
            candidate=LatencyStats(p50_ms=12.14, p95_ms=13.2, p99_ms=15.25, runs=200),
            champion=LatencyStats(p50_ms=11.04, p95_ms=12.2, p99_ms=14.25, runs=200),
            ratio=1.0996,
        ),
        "calibration_error": (0.0432, 0.031),
        "worse_images": (worse_image("night/0001"), worse_image("night/0002")),
        "notes": ("origin/main has no params.yaml: the policy is the candidate's own.",),
    }
    return Verdict(**{**values, **changes})


def contender(**changes: Any) -> Contender:
    """Return a model of 9.5 MiB."""
    values = {
        "source": "working tree",
        "commit": None,
        "identity": "b" * 64,
        "model_sha256": CANDIDATE,
        "size_bytes": 9_961_472,
        "threshold": 0.312,
    }
    return Contender(**{**values, **changes})


def finding(rule: Any, subject: str, outcome: Any, sentence: str) -> Finding:
    return Finding(rule=rule, subject=subject, outcome=outcome, sentence=sentence)


def interval(estimate: float, half: float = 0.04) -> Interval:
    return Interval(estimate=estimate, low=estimate - half, high=estimate + half)


def measured(metric: Any, candidate: float, champion: float) -> Measured:
    return Measured(
        metric=metric,
        candidate=interval(candidate),
        champion=interval(champion),
        difference=interval(candidate - champion),
    )


def class_comparison(name: str, difference: float) -> ClassComparison:
    return ClassComparison(
        name=name,
        boxes=300,
        new=False,
        judged=True,
        candidate=0.5 + difference,
        champion=0.5,
        difference=interval(difference),
        candidate_recall=0.7,
        champion_recall=0.75,
    )


def new_class(name: str) -> ClassComparison:
    return ClassComparison(
        name=name,
        boxes=12,
        new=True,
        judged=False,
        candidate=0.4,
        champion=None,
        difference=None,
        candidate_recall=0.6,
        champion_recall=None,
    )


def worse_image(image_id: str) -> WorseImage:
    return WorseImage(image_id=image_id, candidate_missed=4, candidate_false=2, champion_missed=1, champion_false=1)
