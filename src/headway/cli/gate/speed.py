"""Times both models by turns, where both files and a test image are at hand."""

from __future__ import annotations

import time
from itertools import islice
from pathlib import Path

from headway.cli.gate.champion import Champion
from headway.cli.gate.contenders import Candidate, check_model
from headway.cli.gate.places import open_revision
from headway.cli.progress import show_progress
from headway.contracts.manifest import MODEL
from headway.contracts.verdict import SpeedComparison
from headway.errors import InputError
from headway.evaluation.latency import measure_by_turns
from headway.integrations.machine import describe_hardware
from headway.integrations.onnxruntime import open_model
from headway.integrations.pillow.reading import read_image

TIMED_RUNS = 50
_TIMED_IMAGES = 16


def time_both(root: Path, subject: Candidate, champion: Champion) -> tuple[SpeedComparison | None, str]:
    """Return both latencies; or nothing, and the sentence why: no champion needs none.

    Raises:
        OutsideError: DVC's remote cannot be reached.
    """
    if champion.model_sha256 in {None, subject.scoring.model_sha256}:
        return None, ""
    try:
        if champion.bundle is not None:
            return _timed(subject, champion.bundle / MODEL, champion), ""
        with open_revision(root, str(champion.commit), source=champion.source) as place:
            return _timed(subject, place.onnx(subject.model), champion), ""
    except InputError as error:
        return None, f"The models were not timed: {error.message}."


def _timed(subject: Candidate, champion_onnx: Path, champion: Champion) -> SpeedComparison:
    check_model(champion_onnx, champion.model_sha256, champion.source)
    dataset = subject.place.dataset(_TIMED_IMAGES)
    candidate_runtime = open_model(subject.place.onnx(subject.model), threads=subject.threads)
    mine, theirs = measure_by_turns(
        candidate_runtime,
        open_model(champion_onnx, threads=subject.threads),
        [read_image(dataset.image_path(record)) for record in islice(dataset.split("test"), _TIMED_IMAGES)],
        runs=TIMED_RUNS,
        clock=time.perf_counter,
        progress=show_progress,
    )
    return SpeedComparison(
        hardware=describe_hardware(),
        threads=subject.threads,
        engine=candidate_runtime.engine,
        candidate=mine,
        champion=theirs,
        ratio=mine.p50_ms / theirs.p50_ms,
    )
