"""Scores any detector on a prepared data set: the exported file, its checkpoint, champion and challenger alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from headway.contracts.dataset import ImageRecord, PreparedDataset, Split
from headway.contracts.params.evaluate import EvaluateParams
from headway.contracts.scorecard import ClassScore, Corruption, FreshScore, Scorecard, Slice, Strength
from headway.detection.average_precision import Ranking, rank
from headway.detection.detections import Detections
from headway.detection.matching import labels_of
from headway.errors import InputError
from headway.evaluation import plots
from headway.evaluation.calibration import calibrate
from headway.evaluation.confusion import confusion
from headway.evaluation.corruptions import CORRUPTIONS, STRENGTHS, corrupt
from headway.evaluation.evidence import Evidence, collect_evidence
from headway.evaluation.operating_point import FALLBACK, at_threshold, choose_threshold, class_at_threshold
from headway.evaluation.outcomes import Outcome, Pool, judge, pool
from headway.evaluation.predict import LoadImage, predict
from headway.evaluation.score import CocoScores, score
from headway.ports import CocoScorer, ImageReader, Progress, Runtime

Source = Literal["best F1 on val", "params.yaml", "fallback"]


@dataclass(frozen=True)
class Evaluation:
    """Everything that one scoring yields; equal inputs give equal values.

    Attributes:
        scorecard: the numbers.
        evidence: every detection and label behind them.
        plots: CSV text of each DVC plot, by file name.
    """

    scorecard: Scorecard
    evidence: Evidence
    plots: Mapping[str, str]


@dataclass(frozen=True)
class Subject:
    """One detector before one data set.

    Attributes:
        dataset: images and labels.
        runtime: the detector.
        params: how it is scored.
        read_image: decodes image files.
        progress: shows how far it is.
    """

    dataset: PreparedDataset
    runtime: Runtime
    params: EvaluateParams
    read_image: ImageReader
    progress: Progress

    def load(self, record: ImageRecord) -> NDArray[np.uint8]:
        return self.read_image(self.dataset.image_path(record))

    def find(self, records: Sequence[ImageRecord], load: LoadImage, label: str) -> list[Detections]:
        """Return the detections of every record's image."""
        batch = self.params.batch
        return predict(self.runtime, records, load, batch=batch, progress=self.progress, label=label)

    def judge(self, records: Sequence[ImageRecord], found: Sequence[Detections]) -> list[Outcome]:
        """Match every image's detections with its labels."""
        return [
            judge(detections, labels_of(self.dataset, record), self.params.match_iou)
            for record, detections in zip(records, found, strict=True)
        ]


def evaluate(
    dataset: PreparedDataset,
    runtime: Runtime,
    params: EvaluateParams,
    *,
    model_sha256: str,
    scorer: CocoScorer,
    read_image: ImageReader,
    progress: Progress,
) -> Evaluation:
    """Score `runtime` on the test split, at a threshold chosen on the validation split.

    Fresh images get a score of their own and touch no other number, table or plot.

    Args:
        dataset: images and labels.
        runtime: the detector.
        params: how it is scored.
        model_sha256: of the detector's file.
        scorer: computes the COCO numbers.
        read_image: decodes image files.
        progress: shows how far it is.

    Raises:
        InputError: the detector's classes are not the data set's, a split has no images, or one cannot be read.
    """
    _check_classes(dataset, runtime)
    subject = Subject(dataset, runtime, params, read_image, progress)
    threshold, source = _threshold(subject)
    records = _records(dataset, "test")
    found = subject.find(records, subject.load, "test images")
    outcomes = subject.judge(records, found)
    pooled = pool(outcomes, len(dataset.classes))
    coco = score(dataset, records, found, scorer)
    table = confusion(outcomes, len(dataset.classes), threshold, params.match_iou)
    card = Scorecard(
        model_sha256=model_sha256,
        dataset_digest=dataset.digest,
        classes=dataset.classes,
        input_size=runtime.input_size,
        coco_engine=scorer.engine,
        inference_engine=runtime.engine,
        quality=coco.quality,
        fresh=_fresh(subject, scorer),
        operating_point=at_threshold(pooled, threshold, params.match_iou),
        threshold_source=source,
        per_class=_per_class(dataset, coco, pooled, threshold, params.match_iou),
        confusion=tuple(tuple(row) for row in table.tolist()),
        calibration=calibrate(pooled),
        slices=_slices(subject, coco.quality.map50_95, scorer) if params.robustness else (),
    )
    return Evaluation(
        scorecard=card,
        evidence=collect_evidence(records, outcomes, card),
        plots={
            plots.PRECISION_RECALL: plots.precision_recall(_ranking(subject, outcomes)),
            plots.CONFIDENCE_F1: plots.confidence_f1(pooled, params.match_iou),
            plots.RELIABILITY: plots.reliability(card.calibration),
            plots.CONFUSION: plots.confusion_counts(table, dataset.classes),
        },
    )


def _check_classes(dataset: PreparedDataset, runtime: Runtime) -> None:
    if runtime.classes != dataset.classes:
        raise InputError(
            f"the model knows the classes {', '.join(runtime.classes)}; the data set has {', '.join(dataset.classes)}",
            hint="train and export again on this data set: dvc repro",
        )


def _records(dataset: PreparedDataset, split: Split) -> tuple[ImageRecord, ...]:
    records = dataset.split(split)
    if not records:
        raise InputError(f"the {split} split of {dataset.root} has no images", hint="see prepare.split in params.yaml")
    return records


def _threshold(subject: Subject) -> tuple[float, Source]:
    """Return the confidence threshold in use and who chose it; the test split has no say."""
    if subject.params.operating_point != "f1":
        return subject.params.operating_point, "params.yaml"
    records = _records(subject.dataset, "val")
    outcomes = subject.judge(records, subject.find(records, subject.load, "val images"))
    best = choose_threshold(pool(outcomes, len(subject.dataset.classes)))
    return (FALLBACK, "fallback") if best is None else (best, "best F1 on val")


def _fresh(subject: Subject, scorer: CocoScorer) -> FreshScore | None:
    """Score the images that came after the test set was frozen, if any did."""
    records = subject.dataset.split("fresh")
    if not records:
        return None
    quality = score(subject.dataset, records, subject.find(records, subject.load, "fresh images"), scorer).quality
    return FreshScore(images=quality.images, boxes=quality.boxes, map50_95=quality.map50_95, map50=quality.map50)


def _per_class(
    dataset: PreparedDataset, coco: CocoScores, pooled: Pool, threshold: float, match_iou: float
) -> tuple[ClassScore, ...]:
    return tuple(
        ClassScore(
            name=name,
            boxes=int(pooled.label_counts[class_id]),
            map50_95=coco.per_class[class_id].map50_95,
            map50=coco.per_class[class_id].map50,
            at_threshold=class_at_threshold(pooled, class_id, threshold, match_iou),
        )
        for class_id, name in enumerate(dataset.classes)
    )


def _ranking(subject: Subject, outcomes: Sequence[Outcome]) -> Ranking:
    """Rank the detections at the IoU of the report."""
    found, labels = [outcome.found for outcome in outcomes], [outcome.labels for outcome in outcomes]
    iou = np.array([subject.params.match_iou])
    return rank(found, labels, len(subject.dataset.classes), iou_thresholds=iou)


def _slices(subject: Subject, clean: float | None, scorer: CocoScorer) -> tuple[Slice, ...]:
    return tuple(
        _slice(subject, corruption, strength, clean, scorer) for corruption in CORRUPTIONS for strength in STRENGTHS
    )


def _slice(
    subject: Subject, corruption: Corruption, strength: Strength, clean: float | None, scorer: CocoScorer
) -> Slice:
    """Score the test split under one corruption; `clean` is the mAP50-95 without."""
    records = subject.dataset.split("test")

    def load(record: ImageRecord) -> NDArray[np.uint8]:
        return corrupt(subject.load(record), corruption, strength, record.image_id)

    found = subject.find(records, load, f"{corruption} {strength}")
    quality = score(subject.dataset, records, found, scorer).quality
    left = quality.map50_95 / clean if quality.map50_95 is not None and clean else None
    return Slice(corruption=corruption, strength=strength, quality=quality, relative_map50_95=left)
