from __future__ import annotations

from itertools import count

import numpy as np
import pytest

from headway.contracts.scorecard import LatencyReport
from headway.evaluation.latency import measure, measure_by_turns
from headway.integrations.onnxruntime import OnnxModel
from tests.evaluation.silence import silent


def measure_with_ticks(model: OnnxModel, step_s: float, *, runs: int, batch: int) -> LatencyReport:
    """Measure with a clock that moves by `step_s` at every look, so that each call lasts one step."""
    ticks = count()
    return measure(
        model,
        [np.full((48, 64, 3), 90, dtype=np.uint8)] * 2,
        model_sha256="0" * 64,
        runs=runs,
        batch=batch,
        threads=1,
        hardware="a CPU, 1 core",
        clock=lambda: next(ticks) * step_s,
        progress=silent,
    )


def test_percentiles_are_milliseconds_by_the_given_clock(model: OnnxModel) -> None:
    latency = measure_with_ticks(model, 0.02, runs=10, batch=4).latency
    assert (20.0, 20.0, 20.0, 10) == pytest.approx((latency.p50_ms, latency.p95_ms, latency.p99_ms, latency.runs))


def test_throughput_is_images_over_the_time_of_whole_batches(model: OnnxModel) -> None:
    report = measure_with_ticks(model, 0.5, runs=10, batch=4)
    assert (8.0, 4) == pytest.approx((report.throughput_images_per_second, report.throughput_batch))


def test_the_report_names_engine_hardware_and_threads(model: OnnxModel) -> None:
    report = measure_with_ticks(model, 0.5, runs=10, batch=4)
    assert (model.engine, "a CPU, 1 core", 1) == (report.engine, report.hardware, report.threads)


def test_two_models_are_timed_by_turns(model: OnnxModel) -> None:
    """A machine that gets slower and slower treats both alike: each tick lasts 10 ms longer."""
    ticks = count()
    candidate, champion = measure_by_turns(
        model,
        model,
        [np.full((48, 64, 3), 90, dtype=np.uint8)],
        runs=11,
        clock=lambda: next(ticks) ** 2 / 200,
        progress=silent,
    )

    assert (11, 11) == (candidate.runs, champion.runs)
    # Call k lasts from tick 2k to tick 2k + 1: (4k + 1) / 200 s; the candidate has calls 0, 2 ... 20.
    assert (205.0, 225.0) == pytest.approx((candidate.p50_ms, champion.p50_ms))
