"""The reference profile: what a model sees on images that it is known to do well on, as fixed-bin histograms.

A device counts what it meets into the same bins; drift is a difference of counts. The edges are fixed
and versioned, never derived from the data, so counts of any two days or devices can be compared, and
histograms of disjoint images add exactly. The profile is kept by window, so that the thresholds of a
drift test can be learnt from how far the reference's own windows lie apart.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headway.contracts.canonical import canonical_json
from headway.errors import InputError

SCHEMA_VERSION = 1
BINS_VERSION = 1
"""Changes with any edge below; counts of different versions are never compared."""

Counts = NDArray[np.int64]


def _even(low: float, high: float, bins: int) -> tuple[float, ...]:
    return tuple(round(low + (high - low) * index / bins, 9) for index in range(bins + 1))


EDGES: Mapping[str, tuple[float, ...]] = {
    "detections": (*range(13), 15, 20, 25, 30, 40, 50, 75, 100, 150, 200, 300),
    "brightness": _even(0.0, 1.0, 32),
    "sharpness": _even(-2.0, 5.0, 35),
    "confidence": _even(0.0, 1.0, 50),
    "log_area": _even(-5.0, 0.0, 50),
    "center_x": _even(0.0, 1.0, 20),
    "center_y": _even(0.0, 1.0, 20),
}
"""Signal -> bin edges. Bin i holds edges[i] <= value < edges[i + 1]; the first and last bin also hold what lies beyond.

detections: boxes in one image at the operating threshold. brightness: mean luma in [0, 1]. sharpness: log10 of the
variance of the Laplacian of luma. confidence: score of a box. log_area: log10 of a box's share of the image.
center_x, center_y: centre of a box as a share of width and height.
"""

IMAGE_SIGNALS = ("detections", "brightness", "sharpness")
"""Counted once an image."""
CLASS_SIGNALS = ("detections", "confidence", "log_area", "center_x", "center_y")
"""Counted for each class: `detections` once an image (boxes of that class), the others once a box."""


def count(signal: str, values: NDArray[Any]) -> Counts:
    """Count `values` (n,) into the bins of `signal`; the counts sum to n."""
    bins = bin_of(signal, values)
    return np.bincount(bins, minlength=len(EDGES[signal]) - 1)


def bin_of(signal: str, values: NDArray[Any]) -> NDArray[np.intp]:
    """Return the bin of each of `values` (n,)."""
    edges = np.asarray(EDGES[signal], dtype=np.float64)
    return np.clip(np.searchsorted(edges, values.astype(np.float64), side="right") - 1, 0, len(edges) - 2)


@dataclass(frozen=True, eq=False)
class Window:
    """Counts over some images.

    Attributes:
        images: number of images counted.
        by_image: image signal -> (bins,) counts.
        by_class: class signal -> (classes, bins) counts.
    """

    images: int
    by_image: Mapping[str, Counts]
    by_class: Mapping[str, Counts]

    @classmethod
    def empty(cls, class_count: int) -> Window:
        """Return the window of no images: adding it changes nothing."""
        return cls(
            0,
            {signal: np.zeros(_bins(signal), dtype=np.int64) for signal in IMAGE_SIGNALS},
            {signal: np.zeros((class_count, _bins(signal)), dtype=np.int64) for signal in CLASS_SIGNALS},
        )

    def __add__(self, other: Window) -> Window:
        """Return the window of both sets of images, which must share none."""
        return Window(
            self.images + other.images,
            {signal: self.by_image[signal] + other.by_image[signal] for signal in IMAGE_SIGNALS},
            {signal: self.by_class[signal] + other.by_class[signal] for signal in CLASS_SIGNALS},
        )

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Window)
            and self.images == other.images
            and all(np.array_equal(self.by_image[signal], other.by_image[signal]) for signal in IMAGE_SIGNALS)
            and all(np.array_equal(self.by_class[signal], other.by_class[signal]) for signal in CLASS_SIGNALS)
        )

    __hash__ = None  # type: ignore[assignment]


def merge(windows: Iterable[Window], class_count: int) -> Window:
    """Return the window of all images of `windows`."""
    return reduce(add, windows, Window.empty(class_count))


@dataclass(frozen=True)
class Profile:
    """A model's reference.

    Attributes:
        classes: class names; the position is the row in every window's `by_class` counts.
        threshold: operating threshold; weaker boxes are not counted.
        windows: counts of disjoint sets of reference images.
    """

    classes: tuple[str, ...]
    threshold: float
    windows: tuple[Window, ...]

    @property
    def total(self) -> Window:
        """The window of all reference images."""
        return merge(self.windows, len(self.classes))


def profile_json(profile: Profile) -> str:
    """Return the profile as one line of canonical JSON, edges included so that the file explains itself."""
    values = {
        "schema_version": SCHEMA_VERSION,
        "bins_version": BINS_VERSION,
        "edges": EDGES,
        "classes": profile.classes,
        "threshold": profile.threshold,
        "windows": [_window_values(window, profile.classes) for window in profile.windows],
    }
    return canonical_json(values) + "\n"


def read_profile(path: Path) -> Profile:
    """Read what `profile_json` made.

    Raises:
        InputError: the file is missing, damaged, or of other bins than these.
    """
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        versions = values["schema_version"], values["bins_version"]
        if versions != (SCHEMA_VERSION, BINS_VERSION):
            raise InputError(f"{path} has schema and bins {versions}, not {(SCHEMA_VERSION, BINS_VERSION)}")
        classes = tuple(values["classes"])
        windows = tuple(_window_from(window, classes) for window in values["windows"])
        return Profile(classes, float(values["threshold"]), windows)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path} is no reference profile: {error!r}") from error


def _bins(signal: str) -> int:
    return len(EDGES[signal]) - 1


def _window_values(window: Window, classes: Sequence[str]) -> dict[str, Any]:
    return {
        "images": window.images,
        "by_image": {signal: window.by_image[signal].tolist() for signal in IMAGE_SIGNALS},
        "by_class": {
            name: {signal: window.by_class[signal][row].tolist() for signal in CLASS_SIGNALS}
            for row, name in enumerate(classes)
        },
    }


def _window_from(values: Mapping[str, Any], classes: Sequence[str]) -> Window:
    by_class = {
        signal: np.array([_counts(signal, values["by_class"][name][signal]) for name in classes])
        for signal in CLASS_SIGNALS
    }
    by_image = {signal: _counts(signal, values["by_image"][signal]) for signal in IMAGE_SIGNALS}
    images = values["images"]
    once_an_image = [*by_image.values(), *by_class["detections"]]
    if any(counts.sum() != images for counts in once_an_image):
        raise ValueError(f"counts do not sum to the window's {images} images")
    return Window(images, by_image, by_class)


def _counts(signal: str, values: Any) -> Counts:
    counts = np.asarray(values)
    if counts.shape != (_bins(signal),) or counts.dtype.kind != "i" or counts.min() < 0:
        raise ValueError(f"{signal} needs {_bins(signal)} counts")
    return counts.astype(np.int64)
