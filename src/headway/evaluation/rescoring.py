"""Scores a shipped file again, so that nothing rests on what its commit says of itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from headway.contracts.dataset import PreparedDataset
from headway.contracts.manifest import MODEL, Manifest
from headway.contracts.params.evaluate import EvaluateParams
from headway.contracts.scorecard import Quality, Scorecard
from headway.detection.average_precision import average_precision, mean_average_precision, rank
from headway.evaluation.contenders import Scoring
from headway.evaluation.evaluate import Evaluation, evaluate
from headway.ports import CocoScorer, ImageReader, Progress, Runtime

TOLERANCE = 0.005
"""Of mAP. One file finds all but the same on every processor: kernels differ in the last bits of a score."""


def rescore(
    dataset: PreparedDataset,
    runtime: Runtime,
    params: EvaluateParams,
    manifest: Manifest,
    *,
    scorer: CocoScorer,
    read_image: ImageReader,
    progress: Progress,
) -> Evaluation:
    """Score `runtime` on the test split alone, at the manifest's operating point and without corruptions.

    Raises:
        InputError: the detector's classes are not the data set's, there are no test images, or one cannot be read.
    """
    return evaluate(
        replace(dataset, records=dataset.split("test")),
        runtime,
        params.model_copy(update={"robustness": False, "operating_point": manifest.operating_threshold}),
        model_sha256=manifest.files[MODEL].sha256,
        scorer=scorer,
        read_image=read_image,
        progress=progress,
    )


def find_disagreement(
    manifest: Manifest, said: Scorecard, evidence: Scoring, again: Scorecard, found: Scoring
) -> str | None:
    """Return a sentence where manifest, scorecard or evidence say another thing than `again` and `found`; else None.

    Args:
        manifest, said, evidence: what the commit holds.
        again, found: the same, scored again.
    """
    differences = [
        *_differences("manifest.json", manifest.metrics.quality, again.quality),
        *_differences("the scorecard", said.quality, again.quality),
    ]
    if differences:
        return differences[0]
    if (evidence.classes, evidence.test_set_digest) != (found.classes, found.test_set_digest):
        return "the evidence is about other images, labels or classes than the data set's test split"
    return _difference("the evidence", "mAP50-95", _mean(evidence), _mean(found))


def _differences(where: str, said: Quality, again: Quality) -> Iterator[str]:
    counts, others = (said.images, said.boxes), (again.images, again.boxes)
    if counts != others:
        yield f"{where} is about (images, boxes) {counts}, the test split has {others}"
    for name, one, other in (("mAP50-95", said.map50_95, again.map50_95), ("mAP50", said.map50, again.map50)):
        if sentence := _difference(where, name, one, other):
            yield sentence


def _difference(where: str, name: str, said: float | None, again: float | None) -> str | None:
    if said == again or (said is not None and again is not None and abs(said - again) <= TOLERANCE):
        return None
    return f"{where} says {name} {_shown(said)}, but the model that ships scores {_shown(again)}"


def _shown(value: float | None) -> str:
    return "nothing" if value is None else f"{value:.3f}"


def _mean(scoring: Scoring) -> float | None:
    found, labels = [image.found for image in scoring.images], [image.labels for image in scoring.images]
    return mean_average_precision(average_precision(rank(found, labels, len(scoring.classes))))
