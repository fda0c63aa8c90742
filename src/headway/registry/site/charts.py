"""Line charts as inline SVG: what a number was, version by version. Every rule of the drawing is a pure function.

Numbers on different test sets do not compare, so the line ends where the test set changes, the dots take another shape,
and an upright line stands between.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from xml.etree.ElementTree import Element

from headway.registry.site.markup import element

WIDTH, HEIGHT = 340.0, 198.0
LEFT, RIGHT, TOP, BOTTOM = 42.0, 14.0, 34.0, 28.0
SPARK_WIDTH, SPARK_HEIGHT = 90.0, 22.0
_NUMBER_WIDTH, _LETTER_WIDTH = 38.0, 6.6
_CLOSEST_DOTS = 6.0
_FEW_DOTS = 6
_CHANGES_TOLD = 5
_STEPS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.25)
_MOST_TICKS = 4
_SHAPES = (
    "M-4,0 a4,4 0 1,0 8,0 a4,4 0 1,0 -8,0 z",
    "M-3.6,-3.6 h7.2 v7.2 h-7.2 z",
    "M0,-5 L5,0 L0,5 L-5,0 z",
    "M0,-5 L4.8,3.8 L-4.8,3.8 z",
)
"""Circle, square, diamond, triangle, around the dot's place; one for each test set in turn."""


@dataclass(frozen=True)
class Point:
    """One version's number; None where it has none. `test_set` says which points compare."""

    name: str
    value: float | None
    test_set: str


@dataclass(frozen=True)
class Dot:
    """A point that has a number, and where it is drawn. `test_set` counts: 0 is the first one."""

    place: int
    name: str
    value: float
    x: float
    y: float
    test_set: int


@dataclass(frozen=True)
class _Frame:
    """The part of a drawing that the numbers lie in."""

    left: float
    right: float
    top: float
    bottom: float
    count: int
    low: float
    high: float

    def x(self, place: float) -> float:
        return self.left + (self.right - self.left) * (place / (self.count - 1) if self.count > 1 else 0.5)

    def y(self, value: float) -> float:
        return self.top + (self.bottom - self.top) * (self.high - value) / (self.high - self.low)


def line_chart(title: str, points: Sequence[Point]) -> Element:
    """Return a figure: one number over versions, oldest on the left."""
    low, high, ticks = choose_scale(_values(points))
    frame = _Frame(LEFT + 12, WIDTH - RIGHT - 12, TOP, HEIGHT - BOTTOM, len(points), low, high)
    dots = _place_dots(points, frame)
    looks = "line dense" if _is_crowded(dots) else "line"
    newest = points[-1].value if points else None
    return element(
        "figure",
        element("figcaption", title, " ", element("span", "-" if newest is None else f"{newest:.3f}", class_="newest")),
        element(
            "svg",
            _grid(ticks, frame),
            _breaks(points, frame),
            (element("path", d=_path(run), class_=looks) for run in join_dots(dots)),
            _marks(dots),
            _numbers(dots),
            _names(points, frame),
            viewBox=f"0 0 {WIDTH:g} {HEIGHT:g}",
            role="img",
            aria_label=describe(title, points),
        ),
        class_="chart",
    )


def sparkline(title: str, points: Sequence[Point]) -> Element:
    """Return a small chart for a table's cell: the line alone, on a scale of its own."""
    low, high, _ = choose_scale(_values(points))
    runs = join_dots(_place_dots(points, _Frame(4, SPARK_WIDTH - 4, 4, SPARK_HEIGHT - 4, len(points), low, high)))
    ends = [run[-1] for run in runs if len(run) == 1 or run is runs[-1]]
    return element(
        "svg",
        (element("path", d=_path(run), class_="line") for run in runs),
        (element("circle", cx=f"{dot.x:.1f}", cy=f"{dot.y:.1f}", r=2, class_="dot") for dot in ends),
        viewBox=f"0 0 {SPARK_WIDTH:g} {SPARK_HEIGHT:g}",
        class_="spark",
        role="img",
        aria_label=describe(title, points),
    )


def choose_scale(values: Sequence[float]) -> tuple[float, float, tuple[float, ...]]:
    """Return the lowest and the highest value of an axis that holds `values`, and its ticks; within 0 and 1."""
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    for step in _STEPS:
        first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
        if last == first:
            first, last = (first, first + 1) if (first + 1) * step <= 1.0 + 1e-9 else (first - 1, first)
        if last - first <= _MOST_TICKS:
            break
    ticks = tuple(round(number * step, 6) for number in range(first, last + 1))
    return ticks[0], ticks[-1], ticks


def join_dots(dots: Sequence[Dot]) -> list[list[Dot]]:
    """Return the dots that a line may join: neighbours, on one test set."""
    joined: list[list[Dot]] = []
    for dot in dots:
        before = joined[-1][-1] if joined else None
        if before is not None and (before.place, before.test_set) == (dot.place - 1, dot.test_set):
            joined[-1].append(dot)
        else:
            joined.append([dot])
    return joined


def describe(title: str, points: Sequence[Point]) -> str:
    """Return what the chart shows, for those who do not see it."""
    known = [point for point in points if point.value is not None]
    if not known:
        return f"{title}: no version has it"
    alike = [point for point in known if point.test_set == known[-1].test_set]
    best, worst = max(alike, key=_value), min(alike, key=_value)
    changes = [point.name for place, point in enumerate(points) if _changes(points, place)]
    broken = f" The test set changed at {', '.join(changes[-_CHANGES_TOLD:])}; numbers across that do not compare."
    return (
        f"{title} of {len(known)} version{'s' * (len(known) != 1)}: newest {_value(known[-1]):.3f} ({known[-1].name}); "
        f"on its test set highest {_value(best):.3f} ({best.name}), lowest {_value(worst):.3f} ({worst.name})."
        + (broken if changes else "")
    )


def choose_labels(wanted: Sequence[tuple[float, int]], width: float) -> list[int]:
    """Return the places of the labels that find room, of (x, place), the most wanted first."""
    taken: list[tuple[float, int]] = []
    for x, place in wanted:
        if all(abs(x - other) >= width for other, _ in taken):
            taken.append((x, place))
    return sorted(place for _, place in taken)


def _changes(points: Sequence[Point], place: int) -> bool:
    return place > 0 and points[place].test_set != points[place - 1].test_set


def _value(point: Point) -> float:
    return 0.0 if point.value is None else point.value


def _values(points: Sequence[Point]) -> list[float]:
    return [point.value for point in points if point.value is not None]


def _place_dots(points: Sequence[Point], frame: _Frame) -> list[Dot]:
    dots, test_set = [], 0
    for place, point in enumerate(points):
        test_set += _changes(points, place)
        if point.value is not None:
            dots.append(Dot(place, point.name, point.value, frame.x(place), frame.y(point.value), test_set))
    return dots


def _grid(ticks: Sequence[float], frame: _Frame) -> Iterator[Element]:
    digits = 3 if len(ticks) > 1 and ticks[1] - ticks[0] < 0.01 else 2
    for tick in ticks:
        y = frame.y(tick)
        yield element("line", x1=LEFT, x2=WIDTH - RIGHT, y1=f"{y:.1f}", y2=f"{y:.1f}", class_="grid")
        yield element("text", f"{tick:.{digits}f}", x=LEFT - 6, y=f"{y + 4:.1f}", class_="tick end")


def _breaks(points: Sequence[Point], frame: _Frame) -> Iterator[Element]:
    """Yield an upright line before each version that was scored on another test set than the one before it."""
    places = [place for place in range(len(points)) if _changes(points, place)]
    marks = [(frame.x(place - 0.5), place) for place in places]
    named = choose_labels(marks, 80.0)
    for x, place in marks:
        yield element("line", x1=f"{x:.1f}", x2=f"{x:.1f}", y1=TOP - 17, y2=HEIGHT - BOTTOM, class_="break")
        if place in named:
            middle = min(max(x, LEFT + 30), WIDTH - RIGHT - 34)
            yield element("text", "new test set", x=f"{middle:.1f}", y=TOP - 22, class_="tick middle")


def _path(dots: Sequence[Dot]) -> str:
    return "M" + " L".join(f"{dot.x:.1f},{dot.y:.1f}" for dot in dots)


def _is_crowded(dots: Sequence[Dot]) -> bool:
    return any(after.x - before.x < _CLOSEST_DOTS for before, after in pairwise(dots))


def _marks(dots: Sequence[Dot]) -> Iterator[Element]:
    """Yield a mark for each number, or for the labelled ones alone where they would run together."""
    shown = set(_labelled(dots)) if _is_crowded(dots) else {dot.place for dot in dots}
    for dot in dots:
        if dot.place in shown:
            yield element(
                "path",
                element("title", f"{dot.name}: {dot.value:.3f}"),
                d=_SHAPES[dot.test_set % len(_SHAPES)],
                transform=f"translate({dot.x:.1f},{dot.y:.1f})",
                class_="dot",
            )


def _labelled(dots: Sequence[Dot]) -> list[int]:
    """Return the places of the dots whose number is written out: the newest, and each test set's best and first."""
    sets = [list(group) for _, group in groupby(dots, key=lambda dot: dot.test_set)]
    best = [max(group, key=lambda dot: dot.value) for group in sets]
    wanted = [*dots[-1:], *reversed(best), *(group[0] for group in sets), *(dots if len(dots) <= _FEW_DOTS else ())]
    return choose_labels([(dot.x, dot.place) for dot in wanted], _NUMBER_WIDTH)


def _numbers(dots: Sequence[Dot]) -> Iterator[Element]:
    shown = set(_labelled(dots))
    for index, dot in enumerate(dots):
        if dot.place in shown:
            around = dots[max(index - 1, 0) : index + 2]
            under = dot.y > sum(other.y for other in around) / len(around) + 0.5 and dot.y + 17 < HEIGHT - BOTTOM
            y = dot.y + 17 if under else dot.y - 8
            yield element("text", f"{dot.value:.3f}", x=f"{dot.x:.1f}", y=f"{y:.1f}", class_="number middle")


def _names(points: Sequence[Point], frame: _Frame) -> Iterator[Element]:
    """Yield the versions' names below: newest, oldest, where a test set begins, then whoever finds room."""
    places = range(len(points))
    width = _LETTER_WIDTH * max((len(point.name) for point in points), default=0) + 8
    order = [*places[-1:], *places[:1], *(place for place in places if _changes(points, place)), *reversed(places)]
    for place in choose_labels([(frame.x(place), place) for place in order], width):
        x, y = frame.x(place), HEIGHT - BOTTOM
        yield element("line", x1=f"{x:.1f}", x2=f"{x:.1f}", y1=y, y2=y + 4, class_="grid")
        yield element("text", points[place].name, x=f"{x:.1f}", y=y + 17, class_="tick middle")
