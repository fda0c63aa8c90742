"""One thing that is wrong with a data set; `contracts.problems` lists the kinds that there are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong.

    Attributes:
        code: its `Kind`.
        message: one sentence with the value seen, without the place.
        file: where it is written, relative to the data set; "" for the set as a whole.
        line: 1-based line in `file`, where it has lines.
        image_id: the image that it concerns.
        box: index among that image's boxes, where the row could be read as one.
        others: ids of the other images that it concerns (duplicates, leaks).
    """

    code: str
    message: str
    file: str = ""
    line: int | None = None
    image_id: str | None = None
    box: int | None = None
    others: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        """`file:line` as far as they are known."""
        return f"{self.file}:{self.line}" if self.line is not None else self.file

    def __str__(self) -> str:
        return f"{self.place}: {self.message}" if self.place else self.message


def problem_values(problem: Problem) -> dict[str, Any]:
    """Return a problem as JSON values; what is unknown is left out."""
    values: dict[str, Any] = {"code": problem.code, "file": problem.file, "message": problem.message}
    optional = {"line": problem.line, "image_id": problem.image_id, "box": problem.box}
    values |= {name: value for name, value in optional.items() if value is not None}
    return values | ({"others": list(problem.others)} if problem.others else {})


def problem_from(values: Mapping[str, Any]) -> Problem:
    """Return what `problem_values` gave."""
    return Problem(**{**values, "others": tuple(values.get("others", ()))})
