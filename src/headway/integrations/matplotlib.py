"""Matplotlib: the plots of the model card, drawn without a display. Implements `ports.Plotter`."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from headway.contracts.scorecard import AtThreshold, Calibration, ClassScore, Slice

_DPI = 110
_BLUE, _ORANGE, _GREEN, _GREY = "#2563a8", "#e07b1f", "#3a9a5c", "#9aa0a6"
_NAMED_CURVES = 10
"""More classes than this share one grey: a legend of eighty helps nobody."""
_BARS = 40
"""More classes than this are cut to the weakest, which are the ones to look at."""


def plot_precision_recall(
    recall: NDArray[np.float64], curves: Mapping[str, NDArray[np.float64]], at: AtThreshold
) -> bytes:
    """Draw precision over `recall` at IoU 0.5 for each class, their mean, and the operating point."""
    figure, axes = _figure(6.4, 4.6)
    named = len(curves) <= _NAMED_CURVES
    for name, precision in curves.items():
        axes.plot(recall, precision, linewidth=1, color=None if named else _GREY, label=name if named else None)
    if curves:
        axes.plot(recall, np.mean(list(curves.values()), axis=0), color="black", linewidth=2.2, label="mean of classes")
    if at.precision is not None and at.recall is not None:
        label = f"in use, threshold {at.threshold:.2f}"
        axes.plot(
            at.recall, at.precision, "o", color="white", markeredgecolor="black", markersize=9, label=label, zorder=5
        )
    axes.set(xlabel="recall", ylabel="precision", xlim=(0, 1.01), ylim=(0, 1.03), title="Precision and recall, IoU 0.5")
    _legend_beside(axes)
    return _png(figure)


def plot_classes(scores: Sequence[ClassScore]) -> bytes:
    """Draw mAP50-95, precision and recall of each class, best first; classes without labels are left out."""
    known = sorted((score for score in scores if score.map50_95 is not None), key=lambda score: score.map50_95 or 0)
    shown = known[:_BARS]
    figure, axes = _figure(6.4, 1.4 + 0.42 * max(1, len(shown)))
    rows = np.arange(len(shown))
    series = (
        ("mAP50-95", _BLUE, [score.map50_95 for score in shown]),
        ("precision", _GREEN, [score.at_threshold.precision for score in shown]),
        ("recall", _ORANGE, [score.at_threshold.recall for score in shown]),
    )
    for place, (label, color, values) in enumerate(series):
        axes.barh(rows + 0.26 * (1 - place), [value or 0 for value in values], 0.24, color=color, label=label)
    axes.set_yticks(rows, [f"{score.name} ({score.boxes})" for score in shown])
    title = "Per class (boxes in test)" if len(shown) == len(known) else f"The {_BARS} weakest of {len(known)} classes"
    axes.set(xlim=(0, 1), title=title)
    axes.grid(visible=False, axis="y")
    _legend_beside(axes)
    return _png(figure)


def plot_reliability(calibration: Calibration) -> bytes:
    """Draw precision over mean score; on the diagonal a score is a probability. Dots grow with their detections."""
    bins = [found for found in calibration.bins if found.detections]
    most = max((found.detections for found in bins), default=1)
    figure, axes = _figure(6.4, 4.6)
    axes.plot([0, 1], [0, 1], "--", color=_GREY, linewidth=1, label="perfectly calibrated")
    scores, precision = [found.mean_score or 0 for found in bins], [found.precision or 0 for found in bins]
    axes.plot(scores, precision, color=_BLUE, linewidth=1.2)
    sizes = [20 + 180 * found.detections / most for found in bins]
    axes.scatter(scores, precision, s=sizes, color=_BLUE, alpha=0.75, label="this model\n(dot: detections)")
    error = calibration.expected_calibration_error
    title = "Reliability" if error is None else f"Reliability, expected calibration error {error:.3f}"
    axes.set(xlabel="mean score", ylabel="share that is right", xlim=(0, 1), ylim=(0, 1.03), title=title)
    _legend_beside(axes)
    return _png(figure)


def plot_robustness(slices: Sequence[Slice]) -> bytes:
    """Draw the share of the clean mAP50-95 that is left under each corruption, weak and strong."""
    names = list(dict.fromkeys(found.corruption for found in slices))
    figure, axes = _figure(6.4, 3.4)
    columns = np.arange(len(names))
    for strength, color in ((1, _BLUE), (2, _ORANGE)):
        left = {found.corruption: found.relative_map50_95 or 0 for found in slices if found.strength == strength}
        heights = [left.get(name, 0) for name in names]
        axes.bar(columns + (strength - 1.5) * 0.38, heights, 0.36, color=color, label=f"strength {strength}")
    axes.axhline(1, color=_GREY, linewidth=1, linestyle="--")
    axes.set_xticks(columns, [name.replace("_", " ") for name in names])
    axes.set(ylabel="share of clean mAP50-95", title="Under corruption")
    _legend_beside(axes)
    return _png(figure)


def _figure(width: float, height: float) -> tuple[Figure, Axes]:
    """Return a figure of its own, without pyplot's global state."""
    figure = Figure(figsize=(width, height), dpi=_DPI, layout="constrained")
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.25)
    axes.set_axisbelow(True)
    return figure, axes


def _legend_beside(axes: Axes) -> None:
    if axes.get_legend_handles_labels()[0]:
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False, fontsize=9)


def _png(figure: Figure) -> bytes:
    file = io.BytesIO()
    figure.savefig(file, format="png", metadata={"Software": None})
    return file.getvalue()
