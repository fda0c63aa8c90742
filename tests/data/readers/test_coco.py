"""COCO JSON, on real files."""

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
    coco_text,
    read,
    spoil,
    write_as_coco,
    write_images,
)
from tests.data.sources import write_image, write_text


def document(**members: Any) -> dict[str, Any]:
    """One image with one box; `members` replace or add to it."""
    image = {"id": 7, "file_name": "a.png", "width": 64, "height": 40}
    annotation = {"id": 1, "image_id": 7, "category_id": 3, "bbox": [1, 2, 3, 4], "iscrowd": 0}
    return {"images": [image], "annotations": [annotation], "categories": [{"id": 3, "name": "cup"}], **members}


def open_document(folder: Path, values: dict[str, Any], name: str = "labels.json") -> Opened:
    write_images(folder, ["a"])
    write_text(folder / name, json.dumps(values, indent=1))
    return read("coco", folder)


def row_problem(folder: Path, **annotation: Any) -> Opened:
    """Open a set whose one annotation has these members instead."""
    values = document()
    values["annotations"][0] |= annotation
    return open_document(folder, values)


def test_box_is_read_with_its_real_line(tmp_path: Path) -> None:
    opened = open_document(tmp_path, document())

    (image,) = opened.images
    assert (Box("cup", 1.0, 2.0, 4.0, 6.0),) == image.boxes
    line = [text.strip() for text in (tmp_path / "labels.json").read_text().split("\n")].index('"id": 1,')
    assert ("labels.json", (line,)) == (image.labels, image.lines)
    assert [] == opened.problems


def test_corners_are_added_as_decimals(tmp_path: Path) -> None:
    opened = row_problem(tmp_path, bbox=[0.1, 0.7, 0.2, 0.1])

    assert (Box("cup", 0.1, 0.7, 0.3, 0.8),) == opened.images[0].boxes


def test_classes_come_in_the_order_of_their_ids(tmp_path: Path) -> None:
    categories = [{"id": 20, "name": "c"}, {"id": 3, "name": "b"}, {"id": -1, "name": "a"}]

    assert ("a", "b", "c") == open_document(tmp_path, document(categories=categories)).source.classes


def test_licence_and_origin_are_told(tmp_path: Path) -> None:
    values = document(info={"url": "https://example.org", "version": 2}, licenses=[{"name": "CC0"}, {"name": "MIT"}])

    expected = {"origin": "https://example.org", "version": "2", "licence": "CC0; MIT"}
    assert expected == open_document(tmp_path, values).source.about


def test_annotations_may_come_before_images(tmp_path: Path) -> None:
    values = document()
    turned = {key: values[key] for key in ("annotations", "categories", "images")}

    assert 1 == len(open_document(tmp_path, turned).images[0].boxes)


def test_file_names_give_splits(tmp_path: Path) -> None:
    for name in ("train", "val"):
        write_image(tmp_path / f"{name}2017/a.png", len(name), (64, 40))
        write_text(tmp_path / f"annotations/instances_{name}2017.json", json.dumps(document()))
        write_text(tmp_path / f"annotations/captions_{name}2017.json", json.dumps({"images": []}))

    opened = read("coco", tmp_path)

    assert {"train2017/a": "train", "val2017/a": "val"} == {image.image_id: image.split for image in opened.images}
    assert [] == opened.problems


def test_roboflow_folders_give_splits(tmp_path: Path) -> None:
    for name in ("train", "valid"):
        write_image(tmp_path / name / "a.png", len(name), (64, 40))
        write_text(tmp_path / name / "_annotations.coco.json", json.dumps(document()))

    opened = read("coco", tmp_path)

    assert {"train/a": "train", "valid/a": "val"} == {image.image_id: image.split for image in opened.images}


def test_one_file_alone_gives_no_split(tmp_path: Path) -> None:
    write_image(tmp_path / "a.png", 0, (64, 40))
    file = write_text(tmp_path / "test.json", json.dumps(document()))

    assert [None] == [image.split for image in read("coco", file).images]


def test_images_of_another_file_are_not_background(tmp_path: Path) -> None:
    write_images(tmp_path / "images", ["a", "b"])
    file = write_text(tmp_path / "annotations/train.json", json.dumps(document()))
    write_text(tmp_path / "annotations/val.json", json.dumps(document(images=[{"id": 7, "file_name": "b.png"}])))

    assert ["a"] == [image.path.stem for image in read("coco", file).images]


def test_crowd_is_a_box_with_a_problem(tmp_path: Path) -> None:
    opened = row_problem(tmp_path, iscrowd=1)

    assert 0 == opened.one("label-crowd").box
    assert 1 == len(opened.images[0].boxes)


def test_mask_counts_only_without_a_box(tmp_path: Path) -> None:
    opened = row_problem(tmp_path, bbox=None, segmentation=[[1, 2, 5, 2, 3, 9], [4, 1, 4, 2, 5, 2]])

    assert (Box("cup", 1.0, 1.0, 5.0, 9.0),) == opened.images[0].boxes
    assert 0 == opened.one("label-polygon").box


def test_mask_beside_a_box_is_ignored(tmp_path: Path) -> None:
    assert [] == row_problem(tmp_path, segmentation=[[1, 2, 5, 2, 3, 90]]).problems


@pytest.mark.parametrize(
    ("code", "annotation"),
    [
        ("label-not-finite", {"bbox": [1, 2, float("nan"), 4]}),
        ("label-not-finite", {"bbox": [1, 2, 10**400, 4]}),
        ("label-number", {"bbox": [1, 2, "3", 4]}),
        ("label-number", {"bbox": [1, 2, True, 4]}),
        ("label-fields", {"bbox": [1, 2, 3]}),
        ("label-malformed", {"bbox": "1 2 3 4"}),
        ("label-malformed", {"bbox": None}),
        ("label-malformed", {"image_id": 8}),
        ("label-malformed", {"image_id": "7"}),
        ("class-unknown", {"category_id": 4}),
        ("class-unknown", {"category_id": None}),
    ],
)
def test_row_that_is_no_box_is_a_problem(code: str, annotation: dict[str, Any], tmp_path: Path) -> None:
    opened = row_problem(tmp_path, **annotation)

    problem = opened.one(code)
    assert problem.file == "labels.json" and problem.line is not None
    assert () == opened.images[0].boxes


def test_ids_may_be_written_as_floats(tmp_path: Path) -> None:
    assert 1 == len(row_problem(tmp_path, image_id=7.0, category_id=3.0).images[0].boxes)


def test_image_of_another_size_is_a_problem(tmp_path: Path) -> None:
    opened = open_document(tmp_path, document(images=[{"id": 7, "file_name": "a.png", "width": 40, "height": 64}]))

    assert "says 40 x 64 pixels, but the image has 64 x 40" == opened.one("label-image-size").message


def test_missing_image_is_a_problem(tmp_path: Path) -> None:
    opened = open_document(tmp_path, document(images=[{"id": 7, "file_name": "b.png"}]))

    assert "image 'b.png' is not there" == opened.one("image-missing").message
    assert "b.png" not in [image.path.name for image in opened.images]


@pytest.mark.parametrize("name", ["../a.png", "/a.png", "C:\\a.png", "x/../../a.png"])
def test_name_that_leads_outside_is_a_problem(name: str, tmp_path: Path) -> None:
    opened = open_document(tmp_path / "set", document(images=[{"id": 7, "file_name": name}]))

    assert "labels.json" == opened.one("path-escapes").file
    assert ["a.png"] == [image.path.name for image in opened.images if not image.boxes]


def test_link_that_leads_outside_is_not_opened(tmp_path: Path) -> None:
    write_image(tmp_path / "secret.png")
    (tmp_path / "set").mkdir()
    (tmp_path / "set/b.png").symlink_to(tmp_path / "secret.png")

    opened = open_document(tmp_path / "set", document(images=[{"id": 7, "file_name": "b.png"}]))

    assert "path-escapes" in opened.codes
    assert "b.png" not in [image.path.name for image in opened.images]


def test_image_that_is_not_listed_is_a_problem(tmp_path: Path) -> None:
    write_images(tmp_path, ["b"])
    opened = open_document(tmp_path, document())

    assert "b.png" == opened.one("image-without-label").file
    assert [1, 0] == [len(image.boxes) for image in opened.images]


def test_image_without_annotation_is_told(tmp_path: Path) -> None:
    assert ["label-empty"] == open_document(tmp_path, document(annotations=[])).codes


def test_image_id_that_is_taken_is_a_problem(tmp_path: Path) -> None:
    write_images(tmp_path, ["b"])
    images = [{"id": 7, "file_name": "a.png"}, {"id": 7, "file_name": "b.png"}]

    opened = open_document(tmp_path, document(images=images))

    assert "image id 7 of 'b.png' is taken" in opened.one("label-malformed").message


def test_rows_of_an_image_that_is_listed_twice_are_kept(tmp_path: Path) -> None:
    images = [{"id": 7, "file_name": "a.png"}, {"id": 8, "file_name": "a.png"}]
    annotations = [{"image_id": key, "category_id": 3, "bbox": [key, 2, 3, 4]} for key in (7, 8)]

    opened = open_document(tmp_path, document(images=images, annotations=annotations))

    assert ["listed-twice"] == opened.codes
    assert 2 == len(opened.images[0].boxes)


def test_image_of_two_splits_is_a_problem(tmp_path: Path) -> None:
    write_images(tmp_path, ["a"])
    for name in ("train", "val"):
        write_text(tmp_path / f"annotations/{name}.json", json.dumps(document()))

    assert "is in val too" in read("coco", tmp_path).one("split-conflict").message


@pytest.mark.parametrize(
    "categories",
    [
        [{"id": 3, "name": "cup"}, {"id": 3, "name": "jar"}],
        [{"id": 3, "name": "cup"}, {"id": 4, "name": "cup"}],
        [{"id": 3, "name": "cup"}, {"id": 4}],
        [{"id": 3, "name": "cup"}, "jar"],
        [{"id": 3, "name": "cup"}, {"id": 4, "name": "\ud800"}],
    ],
)
def test_category_without_id_and_name_of_its_own_is_a_problem(categories: list[Any], tmp_path: Path) -> None:
    assert ["label-malformed"] == open_document(tmp_path, document(categories=categories)).codes


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"images": 1', "[" * 5000, '{"images": [1,]}', '{"a": 1}', "\xff\xfe"]
)
def test_file_that_is_no_coco_is_refused(text: str, tmp_path: Path) -> None:
    write_text(tmp_path / "labels.json", text)

    with pytest.raises(InputError, match=r"labels\.json:1: not COCO JSON"):
        read("coco", tmp_path)


def test_one_broken_file_of_several_is_a_problem(tmp_path: Path) -> None:
    write_text(tmp_path / "other.json", '{\n"images": [')

    problem = open_document(tmp_path, document()).one("label-malformed")

    assert "other.json:2" == problem.place


def test_folder_without_json_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no COCO JSON"):
        read("coco", tmp_path)


@settings(deadline=None, max_examples=25)
@given(SETS)
def test_boxes_that_are_written_are_read(rows: dict[str, list[Row]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        opened = read("coco", write_as_coco(Path(folder), rows))

    assert {name: tuple(row.box for row in found) for name, found in rows.items()} == {
        image.image_id: image.boxes for image in opened.images
    }
    assert set(opened.codes) <= {"label-empty"}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_as_coco(tmp_path_factory.mktemp("coco"), SPOILED)


@settings(deadline=None, max_examples=300)
@given(SPOILS)
def test_damage_is_a_problem_or_refused(whole: Path, damage: tuple[float, int | None]) -> None:
    (whole / "annotations/instances_train.json").write_bytes(spoil(coco_text(SPOILED).encode(), *damage))
    try:
        opened = read("coco", whole)
    except InputError:
        return
    assert_nothing_lost(opened, SPOILED)
