from __future__ import annotations

import numpy as np

from headway.detection.detections import Detections
from headway.detection.matching import Labels
from headway.evaluation.outcomes import Outcome, judge
from headway.evaluation.worse_images import worse_images

BOX = (0.0, 0.0, 10.0, 10.0)
AWAY = (50.0, 50.0, 60.0, 60.0)


def outcome(right: list[float], wrong: list[float], *, labels: int = 1) -> Outcome:
    """Return an image with `labels` equal labels, and detections of these scores on them and away from them."""
    rows = sorted([*((score, BOX) for score in right), *((score, AWAY) for score in wrong)], reverse=True)
    found = Detections(
        np.array([box for _, box in rows], np.float32).reshape(-1, 4),
        np.array([score for score, _ in rows], np.float32),
        np.zeros(len(rows), np.int64),
    )
    return judge(found, Labels(np.array([BOX] * labels).reshape(-1, 4), np.zeros(labels, np.int64)), 0.5)


def test_errors_are_counted_at_each_models_operating_point() -> None:
    (image,) = worse_images(["a"], [outcome([0.4], [0.6])], [outcome([0.4], [0.2])], (0.5, 0.3))

    assert (1, 1) == (image.candidate_missed, image.candidate_false)
    assert (0, 0) == (image.champion_missed, image.champion_false)


def test_images_come_by_the_increase_in_errors_and_no_others() -> None:
    right, two_wrong, one_wrong = outcome([0.9], []), outcome([], [0.9]), outcome([0.9], [0.9])
    mine = [one_wrong, right, two_wrong, one_wrong, two_wrong]
    theirs = [right, two_wrong, right, one_wrong, one_wrong]

    assert ["c", "a", "e"] == [image.image_id for image in worse_images(list("abcde"), mine, theirs, (0.5, 0.5))]
    assert ["c"] == [image.image_id for image in worse_images(list("abcde"), mine, theirs, (0.5, 0.5), most=1)]
