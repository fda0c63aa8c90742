"""Tables that stay readable and short: no empty columns, and no more rows than fit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from headway.contracts.markdown import table
from headway.pull_request.report.figures import NONE

Row = Sequence[str]
_MOST_ROWS = 60
_LONGEST_BYTES = 12_000
"""Of UTF-8. Several tables of this size fit below GitHub's limit."""


def short_table(head: Row, rows: Sequence[Row], *, left: int = 1, order: str = "first") -> Iterator[str]:
    """Yield a table of as many rows as fit, and a line about the others.

    Args:
        head: column titles.
        rows: cells, Markdown already.
        left: number of columns that stand to the left.
        order: what the first rows are, for that line.
    """
    shown = _fitting(rows)
    yield from table(head, shown, left=left)
    if len(shown) < len(rows):
        yield from ("", f"The {len(shown)} {order} of {len(rows):,}.")


def without_empty_columns(head: Row, rows: Sequence[Row]) -> tuple[Row, Sequence[Row]]:
    """Drop columns in which nothing is known of any row."""
    kept = [index for index in range(len(head)) if any(row[index] != NONE for row in rows)]
    return [head[index] for index in kept], [[row[index] for index in kept] for row in rows]


def _fitting(rows: Sequence[Row]) -> list[Row]:
    taken: list[Row] = []
    left_bytes = _LONGEST_BYTES
    for row in rows[:_MOST_ROWS]:
        left_bytes -= sum(len(cell.encode()) + 3 for cell in row)
        if left_bytes < 0:
            break
        taken.append(row)
    return taken
