"""Ultralytics NDJSON, on real files."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from headway.contracts.dataset import Box
from headway.errors import InputError
from tests.data.readers.formats import (
    SETS,
    SPOILED,
    SPOILS,
    Opened,
    Row,
    assert_nothing_lost,
    ndjson_text,
    read,
    spoil,
    write_as_ndjson,
    write_images,
)
from tests.data.sources import write_image, write_text

HEADER: dict[str, Any] = {"type": "dataset", "task": "detect", "class_names": {"0": "cup", "1": "jar"}}
IMAGE: dict[str, Any] = {
    "type": "image",
    "file": "a.png",
    "width": 64,
    "height": 40,
    "split": "train",
    "annotations": {"boxes": [[1, 0.5, 0.5, 0.25, 0.5]]},
}


def open_lines(folder: Path, *lines: Any) -> Opened:
    write_images(folder, ["a"])
    write_text(folder / "set.ndjson", "\n".join(json.dumps(line) for line in lines))
    return read("ndjson", folder)


def test_box_is_read_with_its_line(tmp_path: Path) -> None:
    opened = open_lines(tmp_path, HEADER, IMAGE)

    (image,) = opened.images
    assert (Box("jar", 24.0, 10.0, 40.0, 30.0),) == image.boxes
    assert ("set.ndjson", (2,), "train") == (image.labels, image.lines, image.split)
    assert ("cup", "jar") == opened.source.classes
    assert [] == opened.problems


@pytest.mark.parametrize("where", ["{}", "images/{}", "train/{}", "images/train/{}", "train/images/{}", "deep/down/{}"])
def test_image_is_found_where_it_lies(where: str, tmp_path: Path) -> None:
    write_image(tmp_path / where.format("b.png"), 0, (64, 40))

    opened = open_lines(tmp_path, HEADER, {**IMAGE, "file": "b.png"})

    assert "b.png" in [image.path.name for image in opened.images]
    assert "image-missing" not in opened.codes


def test_path_of_the_header_says_where_images_lie(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        write_image(tmp_path / folder / "images/train/b.png", len(folder), (64, 40))

    opened = open_lines(tmp_path, {**HEADER, "path": "two"}, {**IMAGE, "file": "b.png"})

    assert "two/train/b" in [image.image_id for image in opened.images]


def test_url_is_never_downloaded(tmp_path: Path) -> None:
    opened = open_lines(tmp_path, HEADER, {**IMAGE, "file": "b.png", "url": "https://example.org/b.png"})

    assert "image 'b.png' is not there; its url is never downloaded" == opened.one("image-missing").message


@pytest.mark.parametrize(
    ("code", "kind", "row"),
    [
        ("label-extra-columns", "boxes", [1, 0.5, 0.5, 0.25, 0.5, 0.9]),
        ("label-extra-columns", "pose", [1, 0.5, 0.5, 0.25, 0.5, 0.1, 0.2, 2]),
        ("label-polygon", "segments", [1, 0.375, 0.25, 0.625, 0.25, 0.5, 0.75]),
        ("label-polygon", "obb", [1, 0.375, 0.25, 0.625, 0.25, 0.625, 0.75, 0.375, 0.75]),
    ],
)
def test_row_that_can_be_read_as_a_box_is_one(code: str, kind: str, row: list[float], tmp_path: Path) -> None:
    opened = open_lines(tmp_path, HEADER, {**IMAGE, "annotations": {kind: [row]}})

    assert 0 == opened.one(code).box
    assert (Box("jar", 24.0, 10.0, 40.0, 30.0),) == opened.images[0].boxes


@pytest.mark.parametrize(
    ("code", "annotations"),
    [
        ("class-unknown", {"boxes": [[2, 0.5, 0.5, 0.25, 0.5]]}),
        ("class-unknown", {"boxes": [[0.5, 0.5, 0.5, 0.25, 0.5]]}),
        ("class-unknown", {"boxes": [[-1, 0.5, 0.5, 0.25, 0.5]]}),
        ("label-fields", {"boxes": [[1, 0.5, 0.5, 0.25]]}),
        ("label-fields", {"boxes": [[]]}),
        ("label-fields", {"segments": [[1, 0.5, 0.5, 0.25, 0.5]]}),
        ("label-not-finite", {"boxes": [[1, 0.5, float("inf"), 0.25, 0.5]]}),
        ("label-number", {"boxes": [[1, 0.5, None, 0.25, 0.5]]}),
        ("label-malformed", {"boxes": [1]}),
        ("label-malformed", {"boxes": {}}),
        ("label-malformed", {"classification": [1]}),
        ("label-malformed", [1]),
    ],
)
def test_row_that_is_no_box_is_a_problem(code: str, annotations: Any, tmp_path: Path) -> None:
    opened = open_lines(tmp_path, HEADER, {**IMAGE, "annotations": annotations})

    assert "set.ndjson:2" == opened.one(code).place
    assert () == opened.images[0].boxes


@pytest.mark.parametrize("line", [1, {"type": "image"}, {"type": "note", "file": "a.png"}, {"file": 3}])
def test_line_that_is_no_image_is_a_problem(line: Any, tmp_path: Path) -> None:
    assert "set.ndjson:3" == open_lines(tmp_path, HEADER, IMAGE, line).one("label-malformed").place


def test_unknown_split_is_a_problem(tmp_path: Path) -> None:
    assert "'holdout'" in open_lines(tmp_path, HEADER, {**IMAGE, "split": "holdout"}).one("label-malformed").message


def test_line_that_is_not_text_is_a_problem(tmp_path: Path) -> None:
    open_lines(tmp_path, HEADER, IMAGE)
    with (tmp_path / "set.ndjson").open("ab") as file:
        file.write(b"\n\xff\n{")

    assert ["set.ndjson:3", "set.ndjson:4"] == [problem.place for problem in read("ndjson", tmp_path).problems]


def test_image_without_boxes_is_told(tmp_path: Path) -> None:
    opened = open_lines(tmp_path, HEADER, {key: value for key, value in IMAGE.items() if key != "annotations"})

    assert ["label-empty"] == opened.codes


def test_class_names_may_be_a_list(tmp_path: Path) -> None:
    assert ("x", "y") == open_lines(tmp_path, {**HEADER, "class_names": ["x", "y"]}, IMAGE).source.classes


@pytest.mark.parametrize("names", [{"a": "cup"}, {"0": ""}, {"0": "cup", "1": "cup"}, {"0": 5}])
def test_class_without_id_and_name_of_its_own_is_a_problem(names: dict[str, Any], tmp_path: Path) -> None:
    assert "label-malformed" in open_lines(tmp_path, {**HEADER, "class_names": names}).codes


@pytest.mark.parametrize("line", [{"type": "image"}, [1], 3])
def test_file_without_a_header_is_refused(line: Any, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"set\.ndjson:1 is no header"):
        open_lines(tmp_path, line, IMAGE)


@settings(deadline=None, max_examples=25)
@given(SETS)
def test_boxes_that_are_written_are_read(rows: dict[str, list[Row]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        opened = read("ndjson", write_as_ndjson(Path(folder), rows))

    assert {name: tuple(row.box for row in found) for name, found in rows.items()} == {
        image.image_id: image.boxes for image in opened.images
    }
    assert set(opened.codes) <= {"label-empty"}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_as_ndjson(tmp_path_factory.mktemp("ndjson"), SPOILED)


@settings(deadline=None, max_examples=300)
@given(SPOILS)
def test_damage_is_a_problem_or_refused(whole: Path, damage: tuple[float, int | None]) -> None:
    (whole / "set.ndjson").write_bytes(spoil(ndjson_text(SPOILED).encode(), *damage))
    try:
        opened = read("ndjson", whole)
    except InputError:
        return
    assert_nothing_lost(opened, SPOILED)
