"""How long a model takes, alone or by turns with another, by a clock that the caller gives."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import cycle, islice

import numpy as np
from numpy.typing import NDArray

from headway.contracts.scorecard import LatencyReport, LatencyStats
from headway.detection.detector import detect
from headway.ports import Progress, Runtime

_WARM_UP_RUNS = 5
Seconds = Callable[[], float]


def measure(
    runtime: Runtime,
    images: Sequence[NDArray[np.uint8]],
    *,
    model_sha256: str,
    runs: int,
    batch: int,
    threads: int,
    hardware: str,
    clock: Seconds,
    progress: Progress,
) -> LatencyReport:
    """Time the way from decoded pixels to detections: letterbox, inference and reading of the rows.

    Args:
        runtime: the model, with `threads` threads.
        images: decoded images that are taken in turn; at least one.
        model_sha256: of the model's file.
        runs: timed calls at batch 1, after a warm-up.
        batch: images per call for the throughput.
        threads, hardware: recorded beside the figures.
        clock: monotonic seconds.
        progress: shows how far it is.
    """
    supply = cycle(images)
    for image in islice(supply, _WARM_UP_RUNS):
        detect(runtime.run, [image], runtime.input_size)
    singles = [[image] for image in islice(supply, runs)]
    groups = [list(islice(supply, batch)) for _ in range(-(-runs // batch))]
    detect(runtime.run, groups[0], runtime.input_size)
    single_s = _timed(runtime, progress(singles, label="latency"), clock)
    batch_s = _timed(runtime, progress(groups, label="throughput"), clock)
    return LatencyReport(
        model_sha256=model_sha256,
        latency=_stats(single_s),
        throughput_images_per_second=batch * len(groups) / sum(batch_s),
        throughput_batch=batch,
        hardware=hardware,
        threads=threads,
        engine=runtime.engine,
    )


def measure_by_turns(
    candidate: Runtime,
    champion: Runtime,
    images: Sequence[NDArray[np.uint8]],
    *,
    runs: int,
    clock: Seconds,
    progress: Progress,
) -> tuple[LatencyStats, LatencyStats]:
    """Time two models by turns at batch 1, so that whatever slows the machine slows both.

    Args:
        candidate, champion: the models, each with as many threads as the other.
        images: decoded images that are taken in turn; at least one.
        runs: timed calls of each, after a warm-up.
        clock: monotonic seconds.
        progress: shows how far it is.
    """
    supply = cycle(images)
    candidate_s: list[float] = []
    champion_s: list[float] = []
    for image in islice(supply, _WARM_UP_RUNS):
        detect(candidate.run, [image], candidate.input_size)
        detect(champion.run, [image], champion.input_size)
    for image in progress(list(islice(supply, runs)), label="latency of both by turns"):
        candidate_s += _timed(candidate, [[image]], clock)
        champion_s += _timed(champion, [[image]], clock)
    return _stats(candidate_s), _stats(champion_s)


def _stats(seconds: Sequence[float]) -> LatencyStats:
    p50, p95, p99 = np.percentile(np.array(seconds) * 1e3, [50, 95, 99])
    return LatencyStats(p50_ms=p50, p95_ms=p95, p99_ms=p99, runs=len(seconds))


def _timed(runtime: Runtime, groups: Iterable[Sequence[NDArray[np.uint8]]], clock: Seconds) -> list[float]:
    """Return the seconds of each call."""
    seconds = []
    for images in groups:
        started = clock()
        detect(runtime.run, images, runtime.input_size)
        seconds.append(clock() - started)
    return seconds
