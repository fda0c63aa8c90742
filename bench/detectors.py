"""Made-up test sets and detectors, for measuring a comparison whose true outcome is known.

Every image, every object and every detector has a luck of its own. Hard
images and hard objects are hard for both detectors, so their errors are
correlated within an image and between the detectors, as in life. An object is
found when skill and luck together are positive; more of them gives a higher
score and a tighter box. False alarms are on empty ground, with lower scores.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from headway.detection.detections import Detections
from headway.detection.matching import Labels

CELL = 100.0
"""Pixels of the grid whose cells hold one box each."""
COLUMNS = 8


@dataclass(frozen=True)
class World:
    """What images look like.

    Attributes:
        boxes: mean number of boxes of an image, at least one each.
        class_shares: (classes,) how common each class is.
        image_luck: spread of what the images' difficulty adds to skill.
        box_luck: spread of what the objects' difficulty adds, for both detectors alike.
        own_luck: spread of what only one detector feels.
    """

    boxes: float
    class_shares: tuple[float, ...]
    image_luck: float = 0.6
    box_luck: float = 0.8
    own_luck: float = 0.6


@dataclass(frozen=True)
class Skill:
    """What one detector is like.

    Attributes:
        skill: mean strength on an object, in units of luck.
        false_alarms: mean number an image.
    """

    skill: float
    false_alarms: float


@dataclass(frozen=True)
class Population:
    """Images with their labels, and what each detector found in them."""

    labels: list[Labels]
    found: list[list[Detections]]


def populate(world: World, skills: list[Skill], images: int, seed: int) -> Population:
    """Make images, and let every detector look at them."""
    rng = np.random.default_rng(seed)
    labels: list[Labels] = []
    found: list[list[Detections]] = [[] for _ in skills]
    for _ in range(images):
        count = 1 + rng.poisson(world.boxes - 1)
        truth = Labels(_boxes(rng, np.arange(count)), rng.choice(len(world.class_shares), count, p=world.class_shares))
        luck = rng.normal(0, world.image_luck) + rng.normal(0, world.box_luck, count)
        labels.append(truth)
        for skill, mine in zip(skills, found, strict=True):
            strength = skill.skill + luck + rng.normal(0, world.own_luck, count)
            mine.append(_look(rng, truth, strength, rng.poisson(skill.false_alarms), len(world.class_shares)))
    return Population(labels, found)


def _look(
    rng: np.random.Generator, truth: Labels, strength: NDArray[np.float64], false_alarms: int, class_count: int
) -> Detections:
    """Return what one detector finds in one image."""
    seen = np.flatnonzero(strength > 0)
    overlap = 0.4 + 0.6 * _squash(strength[seen] + rng.normal(0, 0.7, len(seen)))
    ghosts = _boxes(rng, len(truth) + np.arange(false_alarms))
    boxes = np.concatenate([_shifted(truth.boxes[seen], overlap), ghosts])
    scores = np.concatenate(
        [
            _squash(strength[seen] + rng.normal(0, 0.5, len(seen)) - 0.5),
            _squash(rng.normal(-1.0, 0.8, false_alarms)),
        ]
    )
    class_ids = np.concatenate([truth.class_ids[seen], rng.integers(0, class_count, false_alarms)])
    order = np.argsort(-scores, kind="stable")
    return Detections(boxes[order].astype(np.float32), scores[order].astype(np.float32), class_ids[order])


def _boxes(rng: np.random.Generator, cells: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return one box in each grid cell, with room to be shifted inside it."""
    corner = np.stack([cells % COLUMNS, cells // COLUMNS], axis=1) * CELL
    return np.concatenate([corner, corner + rng.uniform(20, 55, (len(cells), 2))], axis=1)


def _shifted(boxes: NDArray[np.float64], overlap: NDArray[np.float64]) -> NDArray[np.float64]:
    """Move boxes sideways until their intersection over union with the old place is `overlap`."""
    shift = (boxes[:, 2] - boxes[:, 0]) * (1 - overlap) / (1 + overlap)
    return np.asarray(boxes + shift[:, None] * np.array([1.0, 0.0, 1.0, 0.0]))


def _squash(value: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(1 / (1 + np.exp(-value)))
