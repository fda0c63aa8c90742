"""The sections with charts: how the training went, and precision over recall."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from headway.contracts.layout import EPOCHS
from headway.pull_request.report.charts import Axis, Line, can_be_drawn, chart
from headway.pull_request.report.facts import Facts, Table
from headway.pull_request.report.figures import METRICS
from headway.pull_request.report.gathering import PRECISION_RECALL

_LOSSES = {
    "train/box_loss": "box, train",
    "val/box_loss": "box, val",
    "train/cls_loss": "class, train",
    "val/cls_loss": "class, val",
}
_SCORES = {"metrics/mAP50-95(B)": METRICS["map50_95"], "metrics/mAP50(B)": METRICS["map50"]}
"""Columns that Ultralytics writes -> what the legend says. Others are not drawn: no name from a file is."""


def training_curves(facts: Facts) -> Iterator[str]:
    """Yield losses and validation scores over epochs."""
    table = facts.run.epochs
    yield "### Training"
    yield ""
    if table is None:
        yield f"No curves: `{EPOCHS}` {facts.run.missing.get(EPOCHS, 'is missing')}."
        return
    charts = [
        list(chart(lines, Axis("epoch"), Axis(title, ends)))
        for title, columns, ends in (("loss", _LOSSES, None), ("score on val", _SCORES, (0.0, 1.0)))
        if (lines := _lines(table, "epoch", columns))
    ]
    if not charts:
        yield f"No curves: `{EPOCHS}` holds fewer than two epochs, or no column that is known."
        return
    yield from (line for one in charts for line in (*one, ""))
    yield "Losses and scores on val as the training saw them: good to watch it, not to compare models."


def precision_recall(facts: Facts) -> Iterator[str]:
    """Yield the candidate's curve, and the base's where it is another."""
    yield "### Precision and recall"
    yield ""
    now, before = facts.run.precision_recall, facts.base.run.precision_recall if facts.base else None
    tables = {"candidate": now, "base": None if before == now else before}
    lines = [line for name, table in tables.items() if table for line in _lines(table, "recall", {"precision": name})]
    if not lines:
        yield f"No curve: `{PRECISION_RECALL}` {facts.run.missing.get(PRECISION_RECALL, 'holds no points')}."
        return
    ends = (0.0, 1.0)
    yield "On test, mean over classes."
    yield ""
    yield from chart(lines, Axis("recall", ends), Axis("precision", ends))
    if now is not None and before == now:
        yield from ("", "The base's curve is the same.")


def _lines(table: Table, x: str, columns: Mapping[str, str]) -> list[Line]:
    """Return the columns that can be drawn over column `x`; a cell without a number is left out of its line."""
    found = [Line(name, _points(table, x, column)) for column, name in columns.items() if column in table]
    return [line for line in found if can_be_drawn(line)]


def _points(table: Table, x: str, y: str) -> tuple[tuple[float, float], ...]:
    pairs = zip(table.get(x, ()), table[y], strict=False)
    points = sorted({place: value for place, value in pairs if place is not None and value is not None}.items())
    return tuple(points)
