"""How far an exported file strays from the checkpoint that it came from, on real images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from headway.contracts.export_report import ParityReport, StrongRule, Tolerances
from headway.contracts.model_facts import Precision
from headway.contracts.params.export import ParityParams
from headway.detection.average_precision import average_precision, mean_average_precision, rank
from headway.detection.detections import Detections
from headway.detection.geometry import iou_matrix
from headway.detection.matching import NONE, Labels, match

STRONG = 0.25
"""Score above which a box must have its partner: Ultralytics' default threshold for predictions."""
STRONG_RULE: Final = "score above 0.25"
BEST = 20
"""Boxes an image that must have one where no score is that high, as after an epoch or two."""
PARTNER_IOU = 0.9
_ANY_LIKENESS = 1e-9
_DECIMALS = 5

DEFAULT_TOLERANCES: dict[Precision, Tolerances] = {
    "fp32": Tolerances(matched_boxes=0.999, score_difference=0.001, map_difference=0.001),
    "fp16": Tolerances(matched_boxes=0.99, score_difference=0.02, map_difference=0.005),
    "int8": Tolerances(matched_boxes=0.9, score_difference=0.15, map_difference=0.03),
}
"""Measured on BCCD (72 images, 160 px, YOLO11n and YOLO26n): fp16 kept 0.999 of the boxes with scores within 0.004,
int8 kept 0.965 within 0.060; both lost at most 0.003 mAP50-95. The tolerances leave room for other data."""


@dataclass(frozen=True)
class Agreement:
    """How two models agree on the boxes of some images.

    Attributes:
        strong_rule: which boxes are strong.
        strong_boxes: how many there are.
        matched: how many of them have a partner in the other model.
        score_differences: (pairs,) absolute difference of score of partners, one of them strong.
    """

    strong_rule: StrongRule
    strong_boxes: int
    matched: int
    score_differences: NDArray[np.float32]

    @property
    def matched_share(self) -> float | None:
        return self.matched / self.strong_boxes if self.strong_boxes else None


def compare(reference: Sequence[Detections], exported: Sequence[Detections]) -> Agreement:
    """Pair the boxes of two models, image by image; symmetric but for ties.

    A strong box may find its partner among weak ones, so that a score at the threshold does not split a pair.
    Where no box of either scores above STRONG, the BEST of each image of the reference are the strong ones.
    """
    any_strong = any((found.scores > STRONG).any() for found in (*reference, *exported))
    strong = matched = 0
    differences = [np.empty(0, np.float32)]
    for first, second in zip(reference, exported, strict=True):
        rows, columns = _pair(first, second)
        ours, theirs = (first.scores > STRONG, second.scores > STRONG) if any_strong else _best(first, second)
        strong += int(ours.sum() + theirs.sum())
        matched += int(ours[rows].sum() + theirs[columns].sum())
        either = ours[rows] | theirs[columns]
        differences.append(np.abs(first.scores[rows] - second.scores[columns])[either])
    rule: StrongRule = STRONG_RULE if any_strong else "20 best boxes of the checkpoint in each image"
    return Agreement(rule, strong, matched, np.concatenate(differences))


def _best(reference: Detections, exported: Detections) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which boxes of each are strong by rank: the first of the reference, which come by falling score."""
    return np.arange(len(reference.scores)) < BEST, np.zeros(len(exported.scores), np.bool_)


def _pair(first: Detections, second: Detections) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
    """Return the positions of partners, each box used once; of several at the same place, the nearest score wins."""
    same_class = first.class_ids[:, None] == second.class_ids[None, :]
    same_place = same_class & (iou_matrix(first.boxes, second.boxes) >= PARTNER_IOU)
    likeness = 1.0 - np.abs(first.scores[:, None] - second.scores[None, :])
    partner = match(np.where(same_place, likeness, 0.0), _ANY_LIKENESS)
    rows = np.flatnonzero(partner != NONE)
    return rows, partner[rows]


def mean_ap(found: Sequence[Detections], labels: Sequence[Labels], class_count: int) -> float | None:
    """Return mAP50-95; None where no image has a label."""
    return mean_average_precision(average_precision(rank(found, labels, class_count)))


def choose_tolerances(precision: Precision, params: ParityParams) -> Tolerances:
    """Return the tolerances of a precision, with those that params.yaml gives in their place."""
    given = params.model_dump(exclude={"images"}, exclude_none=True)
    return DEFAULT_TOLERANCES[precision].model_copy(update=given)


def find_excesses(report: ParityReport) -> list[str]:
    """Return what lies outside the report's tolerances, each as a clause with both numbers; empty when all is well.

    Weak boxes need no partner: near the floor, and among equals, a score's last digit decides which of them stay.
    """
    allowed = report.tolerances
    excesses = []
    if report.strong_rule == STRONG_RULE and (report.matched_boxes or 0.0) < allowed.matched_boxes:
        excesses.append(f"{report.matched_boxes:.4f} of the boxes match (at least {allowed.matched_boxes:g})")
    if report.score_difference_p99 is not None and report.score_difference_p99 > allowed.score_difference:
        excesses.append(f"scores differ by {report.score_difference_p99:.4f} (at most {allowed.score_difference:g})")
    if report.map_difference is not None and report.map_difference > allowed.map_difference:
        excesses.append(f"mAP50-95 falls by {report.map_difference:.4f} (at most {allowed.map_difference:g})")
    return excesses


def find_gaps(report: ParityReport) -> list[str]:
    """Return what the report could not measure, one sentence each."""
    if report.matched_boxes is None:
        return [f"parity: the checkpoint finds nothing in {report.images} images, so no box could be compared"]
    if report.strong_rule != STRONG_RULE:
        compared = f"{report.matched_boxes:.2f} of the {report.strong_boxes} best boxes match"
        return [f"parity: no box scores above {STRONG}, so only scores and mAP are held to tolerances; {compared}"]
    return []


def build_report(
    reference: Sequence[Detections],
    exported: Sequence[Detections],
    labels: Sequence[Labels],
    *,
    class_count: int,
    model_sha256: str,
    precision: Precision,
    reference_engine: str,
    engine: str,
    tolerances: Tolerances,
) -> ParityReport:
    """Return the report on two models' detections in the same images; numbers are rounded to five decimals."""
    agreement = compare(reference, exported)
    differences = agreement.score_differences
    reference_map, exported_map = (mean_ap(found, labels, class_count) for found in (reference, exported))
    lost = None if reference_map is None or exported_map is None else reference_map - exported_map
    return ParityReport(
        model_sha256=model_sha256,
        precision=precision,
        reference_engine=reference_engine,
        engine=engine,
        images=len(labels),
        strong_rule=agreement.strong_rule,
        strong_boxes=agreement.strong_boxes,
        matched_boxes=_rounded(agreement.matched_share),
        score_difference_p99=_rounded(np.percentile(differences, 99) if differences.size else None),
        score_difference_max=_rounded(differences.max() if differences.size else None),
        reference_map50_95=_rounded(reference_map),
        map50_95=_rounded(exported_map),
        map_difference=_rounded(lost),
        tolerances=tolerances,
    )


def _rounded(value: float | np.floating | None) -> float | None:
    return None if value is None else round(float(value), _DECIMALS)
