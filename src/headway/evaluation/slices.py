"""Parts of a test set that deserve a look of their own."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from headway.contracts.params.gate import BUILT_IN_SLICES
from headway.detection.geometry import areas
from headway.evaluation.contenders import ScoredImage

SMALL_AREA = 32.0**2
"""COCO's bound of small objects, in pixels."""
CROWDED_SHARE = 0.75
"""An image is crowded when it has more labels than this share of the labelled images."""


def slice_masks(images: Sequence[ScoredImage], patterns: Mapping[str, str]) -> dict[str, NDArray[np.bool_]]:
    """Return name -> (images,) mask: what `patterns` find in image ids, then the built-in slices.

    Built-in: "small objects" are the images of whose labels more than half are
    under 32 x 32 pixels; "crowded" are those with more labels than three
    quarters of the labelled images. One that holds all images or none says
    nothing of its own and is left out.
    """
    named = {
        name: np.array([re.search(pattern, image.image_id) is not None for image in images], dtype=bool)
        for name, pattern in patterns.items()
    }
    built_in = dict(zip(BUILT_IN_SLICES, (_small(images), _crowded(images)), strict=True))
    return named | {name: mask for name, mask in built_in.items() if mask.any() and not mask.all()}


def _small(images: Sequence[ScoredImage]) -> NDArray[np.bool_]:
    shares = [np.mean(areas(image.labels.boxes) < SMALL_AREA) if len(image.labels) else 0.0 for image in images]
    return np.array(shares) > 0.5


def _crowded(images: Sequence[ScoredImage]) -> NDArray[np.bool_]:
    counts = np.array([len(image.labels) for image in images])
    labelled = counts[counts > 0]
    return counts > np.quantile(labelled, CROWDED_SHARE) if len(labelled) else np.zeros(len(counts), dtype=bool)
