"""The card's plots are images, equal for equal numbers."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from headway.contracts.scorecard import Calibration, CalibrationBin
from headway.integrations import matplotlib
from tests.finished_run import at_threshold, scorecard

RECALL = np.linspace(0, 1, 101)
BINS = (
    CalibrationBin(low=0.0, high=0.5, detections=0, mean_score=None, precision=None),
    CalibrationBin(low=0.5, high=1.0, detections=8, mean_score=0.8, precision=0.75),
)
PLOTS: dict[str, Callable[[], bytes]] = {
    "curves": lambda: matplotlib.plot_precision_recall(RECALL, {"can": 1 - RECALL}, at_threshold(8, 1, 2)),
    "many curves": lambda: matplotlib.plot_precision_recall(
        RECALL, {str(number): 1 - RECALL for number in range(80)}, at_threshold(8, 1, 2)
    ),
    "no curve": lambda: matplotlib.plot_precision_recall(RECALL, {}, at_threshold(0, 0, 0)),
    "classes": lambda: matplotlib.plot_classes(scorecard().per_class),
    "no class": lambda: matplotlib.plot_classes(()),
    "reliability": lambda: matplotlib.plot_reliability(Calibration(expected_calibration_error=0.1, bins=BINS)),
    "no detection": lambda: matplotlib.plot_reliability(Calibration(expected_calibration_error=None, bins=BINS[:1])),
    "robustness": lambda: matplotlib.plot_robustness(scorecard().slices),
    "class counts": lambda: matplotlib.plot_class_counts({"can": {"train": 5, "test": 2}, "$x^$ \n|": {"fresh": 1}}),
    "many classes": lambda: matplotlib.plot_class_counts({str(number): {"val": number} for number in range(80)}),
    "no class counted": lambda: matplotlib.plot_class_counts({}),
    "boxes": lambda: matplotlib.plot_boxes(RECALL * 200, np.eye(8, dtype=np.int64), np.arange(5)),
    "no box": lambda: matplotlib.plot_boxes(np.zeros(0), np.zeros((8, 8), np.int64), np.zeros(0, np.int64)),
}


@pytest.mark.parametrize("name", sorted(PLOTS))
def test_a_plot_is_a_png_that_is_equal_twice(name: str) -> None:
    first, second = PLOTS[name](), PLOTS[name]()

    assert "PNG" == Image.open(io.BytesIO(first)).format
    assert first == second


def test_a_plot_carries_no_version_or_date() -> None:
    with Image.open(io.BytesIO(PLOTS["classes"]())) as image:
        assert {"dpi"} == set(image.info)


def test_other_numbers_give_another_plot() -> None:
    other = matplotlib.plot_precision_recall(RECALL, {"can": 1 - RECALL**2}, at_threshold(8, 1, 2))

    assert PLOTS["curves"]() != other
