"""The same boxes in every format."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings

from headway.data.readers.detect import detect_format
from tests.data.readers.formats import SETS, WRITERS, Row, read


@settings(deadline=None, max_examples=25)
@given(SETS)
def test_same_boxes_in_every_format_are_equal(rows: dict[str, list[Row]]) -> None:
    expected = {key.rpartition("/")[2]: tuple(row.box for row in found) for key, found in rows.items()}
    for name, write in WRITERS.items():
        with tempfile.TemporaryDirectory() as folder:
            assert expected == read(name, write(Path(folder), rows)).boxes, name


@pytest.mark.parametrize("format", WRITERS)
def test_format_is_detected(format: str, tmp_path: Path) -> None:
    assert format == detect_format(WRITERS[format](tmp_path, {"train/0": []}))


def test_csv_of_the_cells_equals_their_xml(shared_folder: Path) -> None:
    folder = shared_folder / "datasets/bccd"

    table, xml = read("csv", folder / "test.csv"), read("voc", folder)

    assert 4888 == sum(map(len, table.boxes.values()))
    assert {stem: sorted(map(repr, boxes)) for stem, boxes in xml.boxes.items()} == {
        stem: sorted(map(repr, boxes)) for stem, boxes in table.boxes.items()
    }
