"""Matplotlib: the plots of the cards, drawn without a display. Implements `ports.Plotter`, `DatasetPlotter`."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from headway.contracts.scorecard import AtThreshold, Calibration, ClassScore, Slice

_DPI = 110
_BLUE, _ORANGE, _GREEN, _GREY = "#2563a8", "#e07b1f", "#3a9a5c", "#9aa0a6"
_INK = "#3c4043"
_SPLIT_COLORS = {"train": _BLUE, "val": _ORANGE, "test": _GREEN, "fresh": "#8a6bbd"}
_SMALL_SIDE, _LARGE_SIDE = 32, 96
"""COCO's limits between small, medium and large."""
_LONGEST_NAME = 28
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


def plot_class_counts(counts: Mapping[str, Mapping[str, int]]) -> bytes:
    """Draw the boxes of each class (class -> split -> boxes) as one bar in the colours of the splits, largest first."""
    totals = {name: sum(boxes.values()) for name, boxes in counts.items()}
    shown = sorted(totals, key=lambda name: (-totals[name], name))[:_BARS][::-1]
    figure, axes = _figure(9.6, 1.1 + 0.32 * max(2, len(shown)))
    starts = np.zeros(len(shown))
    for split, color in _SPLIT_COLORS.items():
        widths = np.array([counts[name].get(split, 0) for name in shown], float)
        if widths.any():
            axes.barh(range(len(shown)), widths, 0.72, left=starts, color=color, label=split)
        starts += widths
    for row, name in enumerate(shown):
        axes.annotate(
            f"{totals[name]:,}", (starts[row], row), (5, 0), textcoords="offset points", va="center", color=_INK
        )
    axes.set_yticks(range(len(shown)), [_shortened(name) for name in shown], parse_math=False)
    title = (
        "Boxes of each class" if len(shown) == len(counts) else f"Boxes of the {_BARS} largest of {len(counts)} classes"
    )
    axes.set(title=title, xlim=(0, 1.1 * max([1, *totals.values()])))
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.spines["left"].set_visible(False)
    _legend_beside(axes)
    return _png(figure)


def plot_boxes(sides: NDArray[np.float64], places: NDArray[np.int64], per_image: NDArray[np.int64]) -> bytes:
    """Draw three panels: how large boxes are (square root of the area), where they lie, how many an image has."""
    figure = Figure(figsize=(11.4, 3.6), dpi=_DPI, layout="constrained")
    size_axes, place_axes, count_axes = figure.subplots(1, 3, width_ratios=(1.25, 1, 1.25))
    _draw_sizes(_bare(size_axes), sides)
    _draw_places(place_axes, places)
    _draw_counts(_bare(count_axes), per_image)
    return _png(figure)


def _draw_sizes(axes: Axes, sides: NDArray[np.float64]) -> None:
    known = sides[sides > 0]
    low, high = (known.min(), known.max()) if len(known) else (8.0, 128.0)
    low, high = min(low, _SMALL_SIDE / 2) * 0.98, max(high, _LARGE_SIDE * 2) * 1.02
    axes.hist(known, np.geomspace(low, high, 37).tolist(), color=_BLUE, rwidth=0.92)
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_formatter("{x:g}")
    axes.set(xlim=(low, high), title="Size", xlabel="square root of the area, px", ylabel="boxes")
    limits = (low, _SMALL_SIDE, _LARGE_SIDE, high)
    for border in limits[1:3]:
        axes.axvline(border, color=_INK, linewidth=1, linestyle=":")
    axes.set_ylim(0, 1.22 * max(1.0, axes.get_ylim()[1] / 1.05))
    groups = np.searchsorted((_SMALL_SIDE, _LARGE_SIDE), known, side="left")
    for number, name in enumerate(("small", "medium", "large")):
        share = f"{name}\n{(groups == number).mean():.0%}" if len(known) else name
        middle = np.sqrt(limits[number] * limits[number + 1])
        axes.text(
            middle, 0.985, share, transform=axes.get_xaxis_transform(), ha="center", va="top", color=_INK, fontsize=9
        )


def _draw_places(axes: Axes, places: NDArray[np.int64]) -> None:
    colors = LinearSegmentedColormap.from_list("places", ["#f4f7fb", "#9cc1e4", _BLUE, "#0b2545"])
    axes.imshow(places, cmap=colors, vmin=0, vmax=max(1, places.max()), interpolation="bilinear", extent=(0, 1, 1, 0))
    axes.set(title="Place in the image", xlabel="dark: many boxes")
    axes.set_xticks([0, 1], ["left", "right"])
    axes.set_yticks([0, 1], ["top", "bottom"], rotation=90)
    (left, right), (top, bottom) = axes.get_xticklabels(), axes.get_yticklabels()
    left.set_horizontalalignment("left")
    right.set_horizontalalignment("right")
    top.set_verticalalignment("top")
    bottom.set_verticalalignment("bottom")
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)


def _draw_counts(axes: Axes, per_image: NDArray[np.int64]) -> None:
    most = int(per_image.max(initial=0))
    step = max(1, -(-(most + 1) // 40))
    axes.hist(per_image, np.arange(-0.5, most + step + 0.5, step).tolist(), color=_GREEN, rwidth=0.92)
    axes.set(title="Boxes in an image", xlabel="boxes", ylabel="images")
    axes.xaxis.set_major_locator(MaxNLocator(8, integer=True))
    axes.yaxis.set_major_locator(MaxNLocator(6, integer=True))
    if len(per_image):
        middle = float(np.median(per_image))
        axes.axvline(middle, color=_INK, linewidth=1, linestyle=":")
        axes.text(
            0.98, 0.985, f"median {middle:g}", transform=axes.transAxes, ha="right", va="top", color=_INK, fontsize=9
        )


def _shortened(name: str) -> str:
    line = " ".join(name.split())
    return line if len(line) <= _LONGEST_NAME else f"{line[: _LONGEST_NAME - 1]}…"


def _figure(width: float, height: float) -> tuple[Figure, Axes]:
    """Return a figure of its own, without pyplot's global state."""
    figure = Figure(figsize=(width, height), dpi=_DPI, layout="constrained")
    return figure, _bare(figure.add_subplot())


def _bare(axes: Axes) -> Axes:
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.25)
    axes.set_axisbelow(True)
    return axes


def _legend_beside(axes: Axes) -> None:
    if axes.get_legend_handles_labels()[0]:
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False, fontsize=9)


def _png(figure: Figure) -> bytes:
    file = io.BytesIO()
    figure.savefig(file, format="png", metadata={"Software": None})
    return file.getvalue()
