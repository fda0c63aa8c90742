"""Line charts in Mermaid's `xychart-beta`, which GitHub draws.

https://mermaid.js.org/syntax/xyChart.html: one list of numbers a line, spread evenly over the x-axis; no legend, no
exponents. Nothing that an author wrote may stand in a chart but its numbers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

MOST_POINTS = 40
COLOURS = (("🔵", "#3b82f6"), ("🟠", "#f97316"), ("🟢", "#22c55e"), ("🟣", "#a855f7"))
"""Mark in the text above a chart, and colour in it: the chart itself has no legend."""
_DECIMALS = 4
_LARGEST = 1e9
_UNFIT = re.compile(r"[^\w .,/()%-]")


@dataclass(frozen=True)
class Line:
    """One curve; x rises strictly."""

    name: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Axis:
    """An axis; without `ends` it takes those of the data."""

    title: str
    ends: tuple[float, float] | None = None


def chart(lines: Sequence[Line], x: Axis, y: Axis) -> Iterator[str]:
    """Yield a legend and a chart of at most four lines, each with two points or more.

    Longer lines are thinned by interpolation at evenly spaced x, ends kept.
    """
    left, right = x.ends or _ends([place for line in lines for place, _ in line.points])
    number = min(MOST_POINTS, max(len(line.points) for line in lines))
    places = [left + (right - left) * step / (number - 1) for step in range(number)]
    drawn = [[round(_at(line.points, place), _DECIMALS) for place in places] for line in lines]
    low, high = y.ends or _padded(*_ends([value for values in drawn for value in values]))
    yield " · ".join(f"{mark} {line.name}" for (mark, _), line in zip(COLOURS, lines, strict=False))
    yield ""
    yield "```mermaid"
    yield _settings(len(lines))
    yield "xychart-beta"
    yield f"  x-axis {_quoted(x.title)} {_plain(left)} --> {_plain(right)}"
    yield f"  y-axis {_quoted(y.title)} {_plain(low)} --> {_plain(high)}"
    yield from (f"  line [{', '.join(map(_plain, values))}]" for values in drawn)
    yield "```"


def _settings(lines: int) -> str:
    palette = ", ".join(colour for _, colour in COLOURS[:lines])
    values = {"xyChart": {"width": 700, "height": 300}, "themeVariables": {"xyChart": {"plotColorPalette": palette}}}
    return f"%%{{init: {json.dumps(values)}}}%%"


def can_be_drawn(line: Line) -> bool:
    """Return whether the line has two points, and no number that Mermaid cannot read."""
    return len(line.points) > 1 and all(abs(value) < _LARGEST for point in line.points for value in point)


def _quoted(title: str) -> str:
    """Return text that cannot leave its quotes: Mermaid knows no escapes, so what could is left out."""
    return f'"{_UNFIT.sub("", " ".join(title.split()))}"'


def _plain(value: float) -> str:
    text = f"{value:.{_DECIMALS}f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _ends(values: Sequence[float]) -> tuple[float, float]:
    return min(values), max(values)


def _padded(low: float, high: float) -> tuple[float, float]:
    margin = max(0.05 * (high - low or abs(high)), 10**-_DECIMALS)
    return max(low - margin, 0.0) if low >= 0.0 else low - margin, high + margin


def _at(points: Sequence[tuple[float, float]], place: float) -> float:
    """Interpolate linearly; beyond the ends their values hold."""
    before = [point for point in points if point[0] <= place]
    after = [point for point in points if point[0] >= place]
    if not before or not after:
        return (before or after)[-1 if before else 0][1]
    (x0, y0), (x1, y1) = before[-1], after[0]
    return y0 if x1 == x0 else y0 + (y1 - y0) * (place - x0) / (x1 - x0)
