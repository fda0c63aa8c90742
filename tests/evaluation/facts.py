"""What the gate's rules look at, written by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from headway.contracts.scorecard import LatencyStats, Scorecard
from headway.contracts.verdict import (
    ClassComparison,
    Contender,
    Interval,
    JudgedSet,
    Measured,
    SliceComparison,
    SpeedComparison,
    Statistics,
)
from headway.evaluation.comparison import Comparison
from headway.evaluation.findings import Facts
from tests.finished_run import scorecard
from tests.gated_project import latency

Bounds = tuple[float, float, float]
MIB = 1 << 20
HARDWARE = "a test machine"


def contender(letter: str, *, mib: float = 10.0, threshold: float = 0.3) -> Contender:
    return Contender(
        source="main",
        commit=None,
        identity=letter * 64,
        model_sha256=letter * 64,
        size_bytes=int(mib * MIB),
        threshold=threshold,
    )


def interval(bounds: Bounds | None) -> Interval | None:
    """Return (low, estimate, high) as an interval."""
    return None if bounds is None else Interval(low=bounds[0], estimate=bounds[1], high=bounds[2])


def comparison(
    difference: Bounds | None = (-0.01, 0.0, 0.01),
    *,
    classes: Mapping[str, Bounds | None] | None = None,
    slices: Mapping[str, Bounds | None] | None = None,
    new: Sequence[str] = (),
    images_for_margin: int | None = 400,
) -> Comparison:
    """Return a comparison whose four figures have one difference; a class or slice without bounds is not judged."""
    rows = classes or {}
    return Comparison(
        measured=tuple(
            Measured(metric=metric, candidate=None, champion=None, difference=interval(difference))
            for metric in ("map50_95", "map50", "precision", "recall")
        ),
        classes=tuple(
            ClassComparison(
                name=name,
                boxes=50,
                new=name in new,
                judged=bounds is not None,
                candidate=0.5,
                champion=None if name in new else 0.5,
                difference=interval(bounds),
                candidate_recall=0.5,
                champion_recall=None,
            )
            for name, bounds in {**rows, **dict.fromkeys(new)}.items()
        ),
        slices=tuple(
            SliceComparison(
                name=name,
                images=50,
                judged=bounds is not None,
                candidate=0.5,
                champion=0.5,
                difference=interval(bounds),
            )
            for name, bounds in (slices or {}).items()
        ),
        statistics=Statistics(
            resamples=1000,
            seed=0,
            alpha=0.05,
            unit="image",
            standard_error=0.01,
            detectable_difference=0.025,
            images_for_margin=images_for_margin,
        ),
    )


def judged_set(images: int = 100, *, groups: int | None = None) -> JudgedSet:
    return JudgedSet(digest="d" * 64, images=images, boxes=300, groups=groups, changed=False, comparisons=1)


def speed(candidate_ms: float, champion_ms: float, *, hardware: str = HARDWARE) -> SpeedComparison:
    return SpeedComparison(
        hardware=hardware,
        threads=1,
        engine="onnxruntime",
        candidate=LatencyStats(p50_ms=candidate_ms, p95_ms=candidate_ms, p99_ms=candidate_ms, runs=50),
        champion=LatencyStats(p50_ms=champion_ms, p95_ms=champion_ms, p99_ms=champion_ms, runs=50),
        ratio=candidate_ms / champion_ms,
    )


FACTS = Facts(
    candidate=contender("a"),
    champion=contender("b"),
    scorecard=scorecard(),
    comparison=comparison(),
    test_set=judged_set(),
    test_set_edited=False,
    dropped_classes=(),
    latency=latency(),
    speed=speed(10, 10),
    calibration_error=(0.05, 0.05),
)
"""A candidate that is as good as its champion."""


def facts(**changes: Any) -> Facts:
    """Return `FACTS` with changes."""
    return replace(FACTS, **changes)


def card(**changes: Any) -> Scorecard:
    """Return the scorecard of `tests.finished_run` with changes of its quality."""
    whole = scorecard()
    return whole.model_copy(update={"quality": whole.quality.model_copy(update=changes)})
