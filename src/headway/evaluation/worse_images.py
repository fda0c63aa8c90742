"""Images on which the candidate makes more errors than the champion."""

from __future__ import annotations

from collections.abc import Sequence

from headway.contracts.verdict import WorseImage
from headway.evaluation.outcomes import Outcome

MOST = 20


def worse_images(
    image_ids: Sequence[str],
    candidate: Sequence[Outcome],
    champion: Sequence[Outcome],
    thresholds: tuple[float, float],
    most: int = MOST,
) -> tuple[WorseImage, ...]:
    """Return the images with the largest increase in errors (missed labels and false detections), worst first.

    Args:
        image_ids: of the images.
        candidate, champion: what became of each model's detections in each image.
        thresholds: operating points of candidate and champion.
        most: how many images at most.
    """
    pairs = zip(image_ids, candidate, champion, strict=True)
    images = [
        WorseImage(
            image_id=image_id,
            candidate_missed=_missed(mine, thresholds[0]),
            candidate_false=_false(mine, thresholds[0]),
            champion_missed=_missed(theirs, thresholds[1]),
            champion_false=_false(theirs, thresholds[1]),
        )
        for image_id, mine, theirs in pairs
    ]
    return tuple(sorted((image for image in images if _increase(image) > 0), key=_by_increase)[:most])


def _missed(outcome: Outcome, threshold: float) -> int:
    return len(outcome.labels) - int((outcome.correct & (outcome.found.scores >= threshold)).sum())


def _false(outcome: Outcome, threshold: float) -> int:
    return int((~outcome.correct & (outcome.found.scores >= threshold)).sum())


def _increase(image: WorseImage) -> int:
    return image.candidate_missed + image.candidate_false - image.champion_missed - image.champion_false


def _by_increase(image: WorseImage) -> tuple[int, str]:
    return -_increase(image), image.image_id
