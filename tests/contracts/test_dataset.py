"""The prepared data set comes back as it was written, or is refused with file and line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.contracts.dataset import (
    FACTS,
    RECORDS,
    Box,
    ImageRecord,
    PreparedDataset,
    read_dataset,
    read_problems,
    write_dataset,
)
from headway.contracts.problem import Problem
from headway.errors import InputError

NAMES = st.text(max_size=8) | st.text(alphabet="a\n\r\x0b\x0c\x1c\x85\u2028\u2029", max_size=8)
CORNERS = st.floats(allow_nan=False, allow_infinity=False)
BOXES = st.builds(Box, NAMES, CORNERS, CORNERS, CORNERS, CORNERS)
RECORD = st.builds(
    ImageRecord,
    image_id=NAMES,
    file=NAMES,
    sha256=st.just("0" * 64),
    width=st.integers(1),
    height=st.integers(1),
    split=st.sampled_from(["train", "val", "test", "fresh"]),
    boxes=st.lists(BOXES, max_size=3).map(tuple),
    source=NAMES,
    group=st.none() | NAMES,
)
PROBLEM = st.builds(
    Problem,
    code=NAMES,
    message=NAMES,
    file=NAMES,
    line=st.none() | st.integers(1),
    image_id=st.none() | NAMES,
    box=st.none() | st.integers(0),
    others=st.lists(NAMES, max_size=2).map(tuple),
)


@given(
    classes=st.lists(NAMES, max_size=3).map(tuple),
    records=st.lists(RECORD, max_size=3).map(tuple),
    problems=st.lists(PROBLEM, max_size=2),
)
def test_any_names_and_numbers_come_back(
    tmp_path_factory: pytest.TempPathFactory,
    classes: tuple[str, ...],
    records: tuple[ImageRecord, ...],
    problems: list[Problem],
) -> None:
    dataset = PreparedDataset(tmp_path_factory.mktemp("prepared"), classes, records)
    write_dataset(dataset, problems)

    assert dataset == read_dataset(dataset.root)
    assert tuple(problems) == read_problems(dataset.root)


@pytest.fixture
def written(tmp_path: Path) -> Path:
    records = tuple(
        ImageRecord(name, f"{name}.png", "0" * 64, 64, 48, "train", (Box("cup", 1.0, 2.0, 3.0, 4.0),), "yolo")
        for name in ("a", "b")
    )
    write_dataset(PreparedDataset(tmp_path, ("cup",), records))
    return tmp_path


@pytest.mark.parametrize(
    ("edit", "sentence"),
    [
        (lambda text: text[:-20], r"records\.jsonl:2 is cut off"),
        (lambda text: text.replace('{"boxes"', "<<<<<<<", 1), r"records\.jsonl:1 is not as it was written"),
        (lambda text: text.replace('"boxes":', '"bokses":', 1), r"records\.jsonl:1 .*: 'boxes' is missing"),
        (lambda text: text.replace('"width":64', '"wide":64', 1), r"records\.jsonl:1 .*'wide'"),
        (lambda text: text.replace(",4.0]]", "]]", 1), r"records\.jsonl:1 .*'y_max'"),
        (lambda text: text.replace('[["cup",1.0,2.0,3.0,4.0]]', "7", 1), r"records\.jsonl:1 "),
        (lambda text: text + "[]\n", r"records\.jsonl:3 "),
        (lambda text: text + "\xff\n", r"records\.jsonl:3 "),
        (lambda text: text.replace("64", "65", 1), r"records\.jsonl is not what dataset\.json beside it describes"),
        (lambda text: text.replace("1.0", "NaN", 1), "is not as it was written"),
    ],
)
def test_edited_records_are_refused(written: Path, edit: Callable[[str], str], sentence: str) -> None:
    path = written / RECORDS
    path.write_text(edit(path.read_text()), encoding="latin-1")

    with pytest.raises(InputError, match=sentence) as caught:
        read_dataset(written)

    assert "dvc repro --force prepare" in caught.value.hint


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("{", r"dataset\.json is not as it was written"),
        ("[1]", r"dataset\.json is not as it was written"),
        ('{"schema_version": 1}', r"dataset\.json .*: 'classes' is missing"),
        ('{"schema_version": 1, "classes": 7}', r"dataset\.json is not as it was written"),
        ('{"schema_version": 2}', r"dataset\.json has schema version 2, not 1"),
    ],
)
def test_an_edited_dataset_json_is_refused(written: Path, content: str, sentence: str) -> None:
    (written / FACTS).write_text(content)

    with pytest.raises(InputError, match=sentence) as caught:
        read_dataset(written)

    assert caught.value.hint


@pytest.mark.parametrize("name", [FACTS, RECORDS])
def test_a_folder_without_one_of_the_files_was_not_prepared(written: Path, name: str) -> None:
    (written / name).unlink()

    with pytest.raises(InputError, match="holds no prepared data set"):
        read_dataset(written)
