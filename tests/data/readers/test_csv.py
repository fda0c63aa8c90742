"""CSV tables of boxes, on real files."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headway.contracts.dataset import Box
from headway.errors import InputError
from tests.data.readers.formats import (
    SETS,
    SPOILED,
    SPOILS,
    Opened,
    Row,
    assert_nothing_lost,
    csv_text,
    read,
    spoil,
    write_as_csv,
    write_images,
)
from tests.data.sources import write_image

BOX = Box("cup", 1.0, 2.0, 4.0, 6.0)
HEADER = "filename,class,xmin,ymin,xmax,ymax"


def open_table(folder: Path, *lines: str, end: str = "\n", name: str = "boxes.csv") -> Opened:
    write_images(folder, ["a"])
    (folder / name).write_text(end.join(lines), encoding="utf-8", newline="")
    return read("csv", folder / name)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_any_delimiter_and_line_ending(delimiter: str, end: str, tmp_path: Path) -> None:
    lines = [line.replace(",", delimiter) for line in (HEADER, "a.png,cup,1,2,4,6", "a.png,jar,0,0,9,9", "")]

    opened = open_table(tmp_path, *lines, end=end)

    assert (BOX, Box("jar", 0.0, 0.0, 9.0, 9.0)) == opened.images[0].boxes
    assert ("boxes.csv", (2, 3)) == (opened.images[0].labels, opened.images[0].lines)
    assert [] == opened.problems


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("filename,width,height,class,xmin,ymin,xmax,ymax", "a.png,64,40,cup,1,2,4,6"),
        ("filename,cell_type,xmin,xmax,ymin,ymax", "a.png,cup,1,4,2,6"),
        ("image,label,x,y,w,h", "a.png,cup,1,2,3,4"),
        ("image,label,x,y,width,height", "a.png,cup,1,2,3,4"),
        (
            "label_name,bbox_x,bbox_y,bbox_width,bbox_height,image_name,image_width,image_height",
            "cup,1,2,3,4,a.png,64,40",
        ),
        ("image_path,x1,y1,x2,y2,class_name", "./a.png,1,2,4,6,cup"),
        ("\ufeffImage_ID, X Min ,Y-Min,X Max,Y Max,CATEGORY", "a,1,2,4,6,cup"),
        ('"filename","class","xmin","ymin","xmax","ymax"', '"a.png","cup","1","2","4","6"'),
        ("id,ymax,xmax,note,ymin,xmin,class,filename", "9,6,4,x,2,1,cup,a.png"),
    ],
)
def test_columns_are_found_by_their_names(header: str, row: str, tmp_path: Path) -> None:
    opened = open_table(tmp_path, header, row)

    assert (BOX,) == opened.images[0].boxes
    assert [] == opened.problems


def test_row_without_a_box_is_background(tmp_path: Path) -> None:
    opened = open_table(tmp_path, HEADER, "a.png,,,,,")

    assert [()] == [image.boxes for image in opened.images]
    assert ["label-empty"] == opened.codes


def test_split_and_group_columns_are_read(tmp_path: Path) -> None:
    (image,) = open_table(tmp_path, f"{HEADER},split,group", "a.png,cup,1,2,4,6,valid,monday").images

    assert ("val", "monday") == (image.split, image.group)


def test_name_of_one_file_is_no_split(tmp_path: Path) -> None:
    assert [None] == [
        image.split for image in open_table(tmp_path, HEADER, "a.png,cup,1,2,4,6", name="test.csv").images
    ]


def test_names_of_several_files_give_splits(tmp_path: Path) -> None:
    write_images(tmp_path, ["b"])
    open_table(tmp_path, HEADER, "a.png,cup,1,2,4,6", name="train_labels.csv")
    open_table(tmp_path, HEADER, "b.png,cup,1,2,4,6", name="test_labels.csv")

    assert {"a": "train", "b": "test"} == {image.image_id: image.split for image in read("csv", tmp_path).images}


def test_image_is_found_wherever_it_lies(tmp_path: Path) -> None:
    write_image(tmp_path / "deep/down/b.png")

    assert "deep/down/b" in [image.image_id for image in open_table(tmp_path, HEADER, "b.png,cup,1,2,4,6").images]


def test_name_that_several_images_have_is_a_problem(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        write_image(tmp_path / folder / "b.png", len(folder))

    opened = open_table(tmp_path, HEADER, "b.png,cup,1,2,4,6", "b.png,jar,1,2,4,6", "two/b.png,cup,1,2,4,6")

    assert (
        "image 'b.png' could be 'one/b.png' or 'two/b.png'; name it with its folder"
        == opened.one("image-missing").message
    )
    assert {"two/b": 1} == {image.image_id: len(image.boxes) for image in opened.images if image.boxes}


@pytest.mark.parametrize(
    ("code", "row"),
    [
        ("label-separator", "a.png;cup;1;2;4;6"),
        ("label-separator", "a.png cup 1 2 4 6"),
        ("label-extra-columns", "a.png,cup,1,2,4,6,0.9"),
    ],
)
def test_row_that_can_be_read_as_a_box_is_one(code: str, row: str, tmp_path: Path) -> None:
    opened = open_table(tmp_path, HEADER, row)

    assert 0 == opened.one(code).box
    assert (BOX,) == opened.images[0].boxes


@pytest.mark.parametrize(
    ("code", "row"),
    [
        ("label-fields", "a.png,cup,1,2,4"),
        ("label-number", "a.png,cup,1,2,4,six"),
        ("label-number", "a.png,cup,1,2,4,"),
        ("label-not-finite", "a.png,cup,1,2,nan,6"),
        ("label-not-finite", "a.png,cup,1,2,1e999,6"),
        ("label-malformed", "a.png,,1,2,4,6"),
        ("label-malformed", ",cup,1,2,4,6"),
        ("label-malformed", '"a.png,cup,1,2,4,6'),
        ("image-missing", "b.png,cup,1,2,4,6"),
        ("path-escapes", "../b.png,cup,1,2,4,6"),
    ],
)
def test_row_that_is_no_box_is_a_problem_of_its_own(code: str, row: str, tmp_path: Path) -> None:
    opened = open_table(tmp_path, HEADER, row, "a.png,cup,1,2,4,6")

    assert "boxes.csv:2" == opened.one(code).place
    assert (BOX,) == opened.images[0].boxes


@pytest.mark.parametrize("column", ["split", "group"])
def test_rows_that_contradict_each_other_are_a_problem(column: str, tmp_path: Path) -> None:
    opened = open_table(tmp_path, f"{HEADER},{column}", "a.png,cup,1,2,4,6,train", "a.png,cup,1,2,4,6,test")

    assert [{"split": "split-conflict", "group": "label-malformed"}[column]] == opened.codes


def test_image_of_another_size_is_told_once(tmp_path: Path) -> None:
    opened = open_table(tmp_path, f"width,height,{HEADER}", *2 * ["64,48,a.png,cup,1,2,4,6"])

    assert "says 64 x 48 pixels, but the image has 64 x 40" == opened.one("label-image-size").message


def test_row_that_is_not_text_is_a_problem(tmp_path: Path) -> None:
    open_table(tmp_path, HEADER, "a.png,cup,1,2,4,6", "")
    with (tmp_path / "boxes.csv").open("ab") as file:
        file.write(b"\xe9.png,cup,1,2,4,6\n")

    assert "boxes.csv:3" == read("csv", tmp_path).one("label-encoding").place


def test_image_without_a_row_is_a_problem(tmp_path: Path) -> None:
    write_images(tmp_path, ["b"])

    assert "b.png" == open_table(tmp_path, HEADER, "a.png,cup,1,2,4,6").one("image-without-label").file


def test_table_without_names_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not name the columns") as caught:
        open_table(tmp_path, "a.png,1,2,4,6,cup")
    assert HEADER in caught.value.hint


def test_open_images_are_not_taken_for_pixels(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Open Images"):
        open_table(tmp_path, "ImageID,LabelName,XMin,XMax,YMin,YMax", "a,cup,0,1,0,1")


def test_column_that_is_named_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'xmin' twice"):
        open_table(tmp_path, f"{HEADER},xmin", "a.png,cup,1,2,4,6,7")


@settings(deadline=None, max_examples=25)
@given(SETS, st.randoms(use_true_random=False), st.sampled_from([",", ";", "\t"]))
def test_boxes_that_are_written_are_read(rows: dict[str, list[Row]], order: random.Random, delimiter: str) -> None:
    columns = list(range(6))
    order.shuffle(columns)
    lines = [line.split(",") for line in csv_text(rows).splitlines()]
    with tempfile.TemporaryDirectory() as folder:
        write_as_csv(Path(folder), rows)
        text = "\r\n".join(delimiter.join(line[column] for column in columns) for line in lines)
        Path(folder, "boxes.csv").write_text(text, newline="")
        opened = read("csv", Path(folder))

    assert {name: tuple(row.box for row in found) for name, found in rows.items()} == {
        image.image_id: image.boxes for image in opened.images
    }
    assert set(opened.codes) <= {"label-empty"}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_as_csv(tmp_path_factory.mktemp("csv"), SPOILED)


@settings(deadline=None, max_examples=300)
@given(SPOILS)
def test_damage_is_a_problem_or_refused(whole: Path, damage: tuple[float, int | None]) -> None:
    (whole / "boxes.csv").write_bytes(spoil(csv_text(SPOILED).encode(), *damage))
    try:
        opened = read("csv", whole / "boxes.csv")
    except InputError:
        return
    assert_nothing_lost(opened, SPOILED)
