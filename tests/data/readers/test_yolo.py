"""The reader of Ultralytics YOLO data sets."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from headway.contracts.dataset import Box
from headway.data.readers.yolo import format_row, parse_row, read_yolo
from headway.data.source import Source
from headway.errors import InputError
from headway.integrations.pillow.reading import read_image_size
from tests.data.sources import quiet, write_image, write_text, write_yolo

GOOD = "0 0.5 0.5 0.25 0.5\n"


def read(source: Path) -> Source:
    return read_yolo(source, read_image_size=read_image_size, progress=quiet)


def refusal(source: Path) -> str:
    with pytest.raises(InputError) as caught:
        read(source)
    return caught.value.message


def test_rows_become_pixels_and_keep_their_place(tmp_path: Path) -> None:
    source = read(write_yolo(tmp_path, {"train/a": "\n1 0.5 0.5 0.25 0.5\n"}))
    assert (Box("jar", 24.0, 12.0, 40.0, 36.0),) == source.images[0].boxes
    assert ("labels/train/a.txt:2",) == source.images[0].box_places


def test_splits_and_ids_come_from_the_folders(tmp_path: Path) -> None:
    source = read(write_yolo(tmp_path, {"train/a": GOOD, "val/a": GOOD, "test/b": GOOD}))
    expected = [("test/b", "test"), ("train/a", "train"), ("val/a", "val")]
    assert expected == [(image.image_id, image.split) for image in source.images]


def test_the_yaml_file_itself_can_be_named(tmp_path: Path) -> None:
    write_yolo(tmp_path, {"train/a": GOOD})
    assert read(tmp_path) == read(tmp_path / "data.yaml")


def test_the_hint_names_the_file_as_it_is_called(tmp_path: Path) -> None:
    write_text(tmp_path / "cups.yaml", "train: nowhere\nnames: [cup]\n")
    with pytest.raises(InputError) as caught:
        read(tmp_path / "cups.yaml")
    assert caught.value.hint.startswith("mend cups.yaml: ")


def test_roboflow_paths_are_found_beside_the_yaml(tmp_path: Path) -> None:
    write_image(tmp_path / "set/train/images/a.jpg")
    write_image(tmp_path / "set/valid/images/a.jpg")
    write_text(tmp_path / "set/train/labels/a.txt", GOOD)
    write_text(tmp_path / "set/valid/labels/a.txt", GOOD)
    write_text(tmp_path / "set/data.yaml", "train: ../train/images\nval: ../valid/images\nnc: 1\nnames: ['cup']\n")
    images = read(tmp_path / "set").images
    assert [("train/a", "train", 1), ("valid/a", "val", 1)] == [(i.image_id, i.split, len(i.boxes)) for i in images]


def test_path_lists_of_folders_and_text_lists_are_followed(tmp_path: Path) -> None:
    root = tmp_path / "data"
    write_yolo(root, {"one/a": GOOD, "two/b": GOOD, "val/c": GOOD})
    write_text(root / "val.txt", "./images/val/c.png\n\n")
    content = {"path": "data", "train": ["images/one", "images/two"], "valid": "val.txt", "names": {0: "cup"}}
    write_text(tmp_path / "set.yaml", yaml.safe_dump(content))
    images = read(tmp_path / "set.yaml").images
    assert ["data/one/a", "data/two/b", "data/val/c"] == [image.image_id for image in images]
    assert ["train", "train", "val"] == [image.split for image in images]


def test_only_the_last_images_folder_becomes_labels(tmp_path: Path) -> None:
    write_image(tmp_path / "images/batch/images/a.png")
    write_text(tmp_path / "images/batch/labels/a.txt", GOOD)
    write_text(tmp_path / "data.yaml", "train: images\nnames: [cup]\n")
    image = read(tmp_path).images[0]
    assert ("images/batch/a", 1) == (image.image_id, len(image.boxes))


def test_labels_lie_beside_images_where_no_folder_is_called_images(tmp_path: Path) -> None:
    write_image(tmp_path / "frames/a.png")
    write_text(tmp_path / "frames/a.txt", GOOD)
    write_text(tmp_path / "data.yaml", "train: frames\nnames: [cup]\n")
    assert 1 == len(read(tmp_path).images[0].boxes)


def test_empty_label_file_is_background_without_a_word(tmp_path: Path) -> None:
    source = read(write_yolo(tmp_path, {"train/a": ""}))
    assert ((), ()) == (source.images[0].boxes, source.problems)


def test_missing_label_file_is_background_and_reported(tmp_path: Path) -> None:
    write_yolo(tmp_path, {"train/a": GOOD, "train/b": GOOD})
    (tmp_path / "labels/train/b.txt").unlink()
    source = read(tmp_path)
    assert () == source.images[1].boxes
    assert ("images/train/b.png: no label file; taken as background",) == source.problems


def test_label_without_image_is_reported(tmp_path: Path) -> None:
    write_yolo(tmp_path, {"train/a": GOOD})
    write_text(tmp_path / "labels/train/gone.txt", GOOD)
    write_text(tmp_path / "labels/train/classes.txt", "cup\njar\n")
    assert ("labels/train/gone.txt: label without an image",) == read(tmp_path).problems


def test_download_is_never_executed_but_reported(tmp_path: Path) -> None:
    marker = tmp_path / "executed"
    write_yolo(tmp_path, {"train/a": GOOD}, download=f"touch {marker}")
    assert ("data.yaml:1: download: is never executed",) == read(tmp_path).problems
    assert not marker.exists()


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("2 0.5 0.5 0.1 0.1", "class id '2' is not one of 0 to 1"),
        ("-1 0.5 0.5 0.1 0.1", "class id '-1' is not one of 0 to 1"),
        ("0.5 0.5 0.5 0.1 0.1", "class id '0.5' is not one of 0 to 1"),
        ("0 nan 0.5 0.1 0.1", "'nan' is not a number"),
        ("0 0.5 inf 0.1 0.1", "'inf' is not a number"),
        ("0 0.5 1e999 0.1 0.1", "'1e999' is not finite"),
        ("0 0.5 0.5 0.1 wide", "'wide' is not a number"),
        ("0 0.5 0.5 0.1 1_0", "'1_0' is not a number"),
        ("0,0.5,0.5,0.1,0.1", "1 fields instead of 5 (class x_centre y_centre width height) in '0,0.5,0.5,0.1,0.1'"),
        ("0 0.5 0.5 0.1 0.1 0.9", "6 fields instead of 5 (class x_centre y_centre width height) in"),
        ("0 0.1 0.1 0.2 0.1 0.2 0.2", "7 fields: a polygon or turned box; only boxes (5 fields) can be read"),
    ],
)
def test_bad_row_is_refused_with_file_line_and_value(tmp_path: Path, row: str, reason: str) -> None:
    write_yolo(tmp_path, {"train/a": GOOD + row + "\n"})
    assert f"labels/train/a.txt:2: {reason}" in refusal(tmp_path)


def test_all_bad_rows_are_counted_and_the_first_twenty_shown(tmp_path: Path) -> None:
    write_yolo(tmp_path, {"train/a": "x\n" * 15, "train/b": "x\n" * 15})
    lines = refusal(tmp_path).splitlines()
    assert f"30 faults in {tmp_path}:" == lines[0]
    assert 22 == len(lines)
    assert "  ... and 10 more" == lines[-1]


def test_damaged_image_and_bad_row_are_reported_together(tmp_path: Path) -> None:
    write_yolo(tmp_path, {"train/a": "x\n"})
    (tmp_path / "images/train/a.png").write_bytes(b"no image")
    message = refusal(tmp_path)
    assert "images/train/a.png: not an image" in message
    assert "labels/train/a.txt:1: " in message


def test_label_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    write_yolo(tmp_path, {"train/a": GOOD})
    (tmp_path / "labels/train/a.txt").write_bytes(b"0 0.5 \xff\xfe")
    assert "labels/train/a.txt: not UTF-8 text" in refusal(tmp_path)


def test_byte_order_mark_and_windows_line_ends_are_read(tmp_path: Path) -> None:
    write_yolo(tmp_path, {"train/a": GOOD})
    (tmp_path / "labels/train/a.txt").write_bytes(b"\xef\xbb\xbf0 0.5 0.5 0.25 0.5\r\n1 0.5 0.5 0.25 0.5\r\n")
    assert 2 == len(read(tmp_path).images[0].boxes)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("train: images/nowhere\nnames: [cup]\n", "data.yaml:1: train: 'images/nowhere' does not exist"),
        ("train: images/train\n", "names must list the classes, not 'None'"),
        ("train: images/train\nnames: {0: cup, 2: jar}\n", "names must count its ids from 0 without a gap"),
        ("train: images/train\nnames: [cup, cup]\n", "names repeats 'cup'"),
        ("train: images/train\nnames: [yes, no]\n", "class 1 has no name but False; put it in quotes"),
        ("train: images/train\nnames: [cup, '']\n", "class 1 has no name but ''"),
        ("train: images/train\nnames: [cup]\nnc: 2\n", "names holds 1 classes, but nc is 2"),
        ("names: [cup]\n", "data.yaml names no image"),
        ("train: data.yaml\nnames: [cup]\n", "'data.yaml' is neither a folder nor a .txt list of images"),
        ("train: list.txt\nnames: [cup]\n", "list.txt:2: 'images/train/gone.png' does not exist"),
        ("train: images/train\nval: images/train\nnames: [cup]\n", "val repeats images/train/a.png of train"),
        ("train: [\n", "data.yaml:2: "),
        ("names: 2024-13-45\n", "is not a plain YAML mapping"),
        ("names: " + 5000 * "[", "is not a plain YAML mapping"),
        ("a: &a [cup]\nb: [*a, *a]\n", "data.yaml:2 uses a YAML alias (*a)"),
    ],
)
def test_bad_data_yaml_is_refused(tmp_path: Path, content: str, reason: str) -> None:
    write_yolo(tmp_path, {"train/a": GOOD})
    write_text(tmp_path / "list.txt", "images/train/a.png\nimages/train/gone.png\n")
    write_text(tmp_path / "data.yaml", content)
    assert reason in refusal(tmp_path)


SIDES = st.integers(1, 10_000)
SHARES = st.floats(0.0, 1.0)


@given(width=SIDES, height=SIDES, x=st.tuples(SHARES, SHARES), y=st.tuples(SHARES, SHARES), class_id=st.integers(0, 1))
def test_writing_and_reading_a_row_are_inverse(
    width: int, height: int, x: tuple[float, float], y: tuple[float, float], class_id: int
) -> None:
    classes = ("cup", "jar")
    box = Box(classes[class_id], min(x) * width, min(y) * height, max(x) * width, max(y) * height)
    back = parse_row(format_row(box, class_id, width, height), classes, width, height)
    assert box.class_name == back.class_name
    for corner, side in (("x_min", width), ("y_min", height), ("x_max", width), ("y_max", height)):
        assert math.isclose(getattr(box, corner), getattr(back, corner), rel_tol=1e-9, abs_tol=1e-9 * side)


@given(row=st.text() | st.text(alphabet="0123456789.eE+-nainf \t_,"))
def test_any_text_is_a_box_of_a_known_class_or_refused(row: str) -> None:
    try:
        box = parse_row(row, ("cup", "jar"), 640, 480)
    except ValueError:
        return
    assert box.class_name in {"cup", "jar"}
    assert "nan" not in str(box)


@given(content=st.binary(max_size=200))
def test_any_label_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    folder = tmp_path_factory.mktemp("yolo")
    write_yolo(folder, {"train/a": ""})
    (folder / "labels/train/a.txt").write_bytes(content)
    try:
        source = read(folder)
    except InputError:
        return
    assert len(content.decode("utf-8-sig").split()) == 5 * len(source.images[0].boxes)


def test_grocery_shelf_is_read_in_full(shared_folder: Path) -> None:
    images = read(shared_folder / "datasets/grocery_shelf").images
    splits = [image.split for image in images]
    assert (240, 23, 16) == (splits.count("train"), splits.count("val"), splits.count("test"))
    assert 3470 == sum(len(image.boxes) for image in images)
    assert 34 == sum(not image.boxes for image in images)
