"""The reader of Pascal VOC data sets."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.contracts.dataset import Box
from headway.data.readers.voc import parse_xml, read_voc
from headway.data.source import Source
from headway.errors import InputError
from headway.integrations.pillow.reading import read_image_size
from tests.data.sources import quiet, voc_object, write_image, write_text, write_voc

CUP = voc_object("cup", 1, 2, 30, 40)


def read(source: Path) -> Source:
    return read_voc(source, read_image_size=read_image_size, progress=quiet)


def refusal(source: Path) -> str:
    with pytest.raises(InputError) as caught:
        read(source)
    return caught.value.message


def test_corners_are_kept_as_they_are_written(tmp_path: Path) -> None:
    image = read(write_voc(tmp_path / "set", {"a": voc_object("cup", 1, 2.125, "3e1", 40)})).images[0]
    assert (Box("cup", 1.0, 2.125, 30.0, 40.0),) == image.boxes
    assert ("Annotations/a.xml:4",) == image.box_places


def test_classes_are_sorted_by_name(tmp_path: Path) -> None:
    objects = {"a": voc_object("jar", 1, 1, 2, 2), "b": voc_object("box", 1, 1, 2, 2) + CUP}
    assert ("box", "cup", "jar") == read(write_voc(tmp_path / "set", objects)).classes


def test_the_folder_is_found_one_level_below(tmp_path: Path) -> None:
    write_voc(tmp_path / "outer/inner", {"a": CUP})
    assert read(tmp_path / "outer/inner") == read(tmp_path / "outer")


def test_several_sets_in_one_folder_are_refused(tmp_path: Path) -> None:
    write_voc(tmp_path / "one", {"a": CUP})
    write_voc(tmp_path / "two", {"a": CUP})
    assert f"{tmp_path} holds 2 VOC data sets: one, two" == refusal(tmp_path)


def test_lists_give_the_splits(tmp_path: Path) -> None:
    splits = {"train": ["a"], "val": ["b"], "trainval": ["a", "b", "d"], "test": ["c"]}
    images = read(write_voc(tmp_path / "set", dict.fromkeys("abcd", CUP), splits)).images
    assert ["train", "val", "test", None] == [image.split for image in images]


def test_trainval_without_train_and_val_is_train(tmp_path: Path) -> None:
    splits = {"trainval": ["a", "b"], "test": ["c"]}
    images = read(write_voc(tmp_path / "set", dict.fromkeys("abc", CUP), splits)).images
    assert ["train", "train", "test"] == [image.split for image in images]


def test_name_in_two_lists_is_refused(tmp_path: Path) -> None:
    write_voc(tmp_path / "set", {"a": CUP}, {"train": ["a"], "test": ["a"]})
    assert "ImageSets/Main/test.txt:1: 'a' is listed in train too" in refusal(tmp_path / "set")


def test_listed_name_without_image_is_reported(tmp_path: Path) -> None:
    write_voc(tmp_path / "set", {"a": CUP}, {"train": ["a", "gone"]})
    assert ("ImageSets/Main: 'gone' of train has no image",) == read(tmp_path / "set").problems


def test_image_is_found_by_filename_before_the_name_of_the_annotation(tmp_path: Path) -> None:
    folder = write_voc(tmp_path / "set", {"a": CUP})
    (folder / "Annotations/a.xml").rename(folder / "Annotations/other.xml")
    assert ("a", 1) == (read(folder).images[0].image_id, len(read(folder).images[0].boxes))


@pytest.mark.parametrize("filename", ["", "a.jpeg", "../../elsewhere/b.png", ".", ".."])
def test_annotation_falls_back_to_its_own_name(tmp_path: Path, filename: str) -> None:
    folder = write_voc(tmp_path / "set", {"a": CUP})
    annotation = f"<annotation><filename>{filename}</filename>{CUP}</annotation>"
    write_text(folder / "Annotations/a.xml", annotation)
    assert 1 == len(read(folder).images[0].boxes)


def test_image_without_annotation_is_background_and_reported(tmp_path: Path) -> None:
    folder = write_voc(tmp_path / "set", {"a": CUP})
    write_image(folder / "JPEGImages/b.png")
    source = read(folder)
    assert () == source.images[1].boxes
    assert ("JPEGImages/b.png: no annotation; taken as background",) == source.problems


def test_annotation_without_image_is_reported(tmp_path: Path) -> None:
    folder = write_voc(tmp_path / "set", {"a": CUP, "b": CUP})
    (folder / "JPEGImages/b.png").unlink()
    assert ("Annotations/b.xml: no image 'b.png'; left out",) == read(folder).problems


def test_two_annotations_of_one_image_are_refused(tmp_path: Path) -> None:
    folder = write_voc(tmp_path / "set", {"a": CUP})
    write_text(folder / "Annotations/b.xml", (folder / "Annotations/a.xml").read_text())
    assert "Annotations/b.xml: Annotations/a.xml names the same image 'a.png'" in refusal(folder)


def test_size_that_does_not_fit_the_image_is_reported(tmp_path: Path) -> None:
    folder = write_voc(tmp_path / "set", {"a": CUP})
    write_image(folder / "JPEGImages/a.png", size=(32, 32))
    assert ("Annotations/a.xml: says 64 x 48 pixels, but the image has 32 x 32",) == read(folder).problems


@pytest.mark.parametrize(
    ("annotation", "reason"),
    [
        ("<annotation>\n<object>", "a.xml: not XML (no element found: line 2, column 8)"),
        ("", "a.xml: not XML"),
        ('<?xml version="1.0" encoding="klingon"?><annotation/>', "a.xml: not XML"),
        ("<html/>", "a.xml:1: the root is 'html', not 'annotation'"),
        ("<!DOCTYPE a SYSTEM 'file:///etc/passwd'><annotation/>", "a.xml: line 1: a DOCTYPE is refused"),
        ("<!DOCTYPE a [<!ENTITY b 'c'>]><annotation>&b;</annotation>", "a.xml: line 1: a DOCTYPE is refused"),
        ("<annotation>\n<object><name>cup</name></object></annotation>", "a.xml:2: <object> needs one <bndbox>"),
        (f"<annotation>{voc_object('', 1, 1, 2, 2)}</annotation>", "a.xml:1: <name> is empty"),
        (f"<annotation>{voc_object('cup', 'nan', 1, 2, 2)}</annotation>", "a.xml:1: 'nan' is not a number"),
    ],
)
def test_bad_annotation_is_refused(tmp_path: Path, annotation: str, reason: str) -> None:
    folder = write_voc(tmp_path / "set", {"a": CUP})
    write_text(folder / "Annotations/a.xml", annotation)
    assert f"Annotations/{reason}" in refusal(folder)


def test_every_bad_object_is_named(tmp_path: Path) -> None:
    folder = write_voc(tmp_path / "set", {"a": "<object/>\n<object/>", "b": "<object/>"})
    message = refusal(folder)
    assert all(where in message for where in ("a.xml:4:", "a.xml:5:", "b.xml:4:"))


@given(content=st.binary() | st.text(alphabet="<>/!?&;ab ='\"[]").map(str.encode))
def test_any_bytes_are_xml_or_refused(content: bytes) -> None:
    try:
        element = parse_xml(content)
    except ValueError:
        return
    assert element.tag


def test_bccd_equals_its_own_csv(shared_folder: Path) -> None:
    folder = shared_folder / "datasets/bccd"
    found = read(folder)
    with (folder / "test.csv").open(encoding="utf-8") as file:
        corners = ("xmin", "ymin", "xmax", "ymax")
        expected = sorted(
            (row["filename"].removesuffix(".jpg"), row["cell_type"], *(float(row[corner]) for corner in corners))
            for row in csv.DictReader(file)
        )
    boxes = [
        (image.image_id, box.class_name, box.x_min, box.y_min, box.x_max, box.y_max)
        for image in found.images
        for box in image.boxes
    ]
    assert expected == sorted(boxes)
    assert 4888 == len(boxes)


def test_bccd_has_its_splits_and_classes(shared_folder: Path) -> None:
    found = read(shared_folder / "datasets/bccd")
    splits = [image.split for image in found.images]
    assert (205, 87, 72) == (splits.count("train"), splits.count("val"), splits.count("test"))
    assert ("Platelets", "RBC", "WBC") == found.classes
    assert () == found.problems
