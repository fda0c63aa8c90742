"""Small data sets in memory, to compare versions of."""

from __future__ import annotations

from pathlib import Path

from hypothesis import strategies as st

from headway.contracts.dataset import ALL_SPLITS, Box, ImageRecord, PreparedDataset, Split, sorted_records
from headway.contracts.problem import Problem
from headway.contracts.problems import KINDS, sorted_problems
from headway.data.diff import Version

CLASSES = ("can", "bottle", "jar")
CAN = Box("can", 10.0, 10.0, 30.0, 30.0)


def image(image_id: str, *boxes: Box, content: str | None = None, split: Split = "train") -> ImageRecord:
    """Return an image whose bytes are told apart by `content`, or else by its id."""
    return ImageRecord(image_id, f"images/{image_id}", content or image_id, 100, 80, split, boxes, "test")


def version(*records: ImageRecord, classes: tuple[str, ...] = CLASSES, problems: tuple[Problem, ...] = ()) -> Version:
    return Version(PreparedDataset(Path(), classes, sorted_records(records)), tuple(sorted_problems(problems)))


_corners = st.tuples(st.integers(0, 6), st.integers(0, 6), st.integers(1, 4), st.integers(1, 4))
boxes = st.builds(
    lambda name, at: Box(name, at[0] * 10.0, at[1] * 10.0, (at[0] + at[2]) * 10.0, (at[1] + at[3]) * 10.0),
    st.sampled_from(CLASSES),
    _corners,
)
_records = st.lists(
    st.builds(
        lambda image_id, content, split, labels: image(image_id, *labels, content=content, split=split),
        st.sampled_from("abcdefgh"),
        st.sampled_from("12345"),
        st.sampled_from(ALL_SPLITS),
        st.lists(boxes, max_size=6),
    ),
    max_size=8,
    unique_by=lambda record: record.image_id,
)
_problems = st.lists(
    st.builds(
        Problem,
        code=st.sampled_from(sorted(KINDS)),
        message=st.sampled_from(["one", "other"]),
        file=st.sampled_from(["", "labels/a.txt"]),
        line=st.none() | st.integers(1, 3),
    ),
    max_size=5,
)
versions = st.builds(
    lambda records, classes, problems: version(*records, classes=tuple(classes), problems=tuple(problems)),
    _records,
    st.permutations([*CLASSES, "box"]) | st.just(CLASSES),
    _problems,
)
