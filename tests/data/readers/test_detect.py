"""Which format a source has, and which reader opens it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

import pytest

from headway.contracts.dataset import Box
from headway.contracts.params.prepare import Format
from headway.data.findings import Findings
from headway.data.readers.detect import FOREIGN_FORMATS, READERS, detect_format, open_source
from headway.errors import InputError
from headway.integrations.pillow.reading import read_image_size
from headway.ports import ForeignImage
from tests.data.sources import voc_object, write_image, write_text, write_voc, write_yolo

COCO = json.dumps({"images": [{"id": 1}], "annotations": [{"id": 1}], "categories": []})
NDJSON = '{"type": "dataset", "task": "detect", "class_names": {"0": "cup"}}\n'
CSV = "filename,class,xmin,ymin,xmax,ymax\n"
CUP = voc_object("cup", 1, 1, 2, 2)


def test_folders_of_yolo_and_voc_are_known(tmp_path: Path) -> None:
    yolo = write_yolo(tmp_path / "yolo", {"train/a": ""})
    voc = write_voc(tmp_path / "voc/VOC2012", {"a": CUP})
    assert ["yolo", "voc", "voc"] == [detect_format(source) for source in (yolo, voc, voc.parent)]


@pytest.mark.parametrize(
    ("file", "content", "expected"),
    [
        ("data.yaml", "names: [cup]\n", "yolo"),
        ("shelves.yaml", "scene:\n  images: 3\n", "shelves"),
        ("boxes.json", COCO, "coco"),
        ("boxes.ndjson", NDJSON, "ndjson"),
        ("boxes.CSV", CSV, "csv"),
        ("annotations.xml", "<?xml version='1.0'?>\n<annotations><version>1.1</version></annotations>", "cvat"),
        ("a.json", '{"version": "5.0.1", "shapes": [], "imagePath": "a.png"}', "labelme"),
        ("via.json", '{"a.png1": {"filename": "a.png", "regions": []}}', "via"),
        ("boxes.csv", "ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax\n", "openimages"),
    ],
)
def test_files_are_known_by_their_content(tmp_path: Path, file: str, content: str, expected: str) -> None:
    assert expected == detect_format(write_text(tmp_path / file, content))


@pytest.mark.parametrize(
    ("file", "content", "expected"),
    [
        ("annotations/instances_train2017.json", COCO, "coco"),
        ("train/_annotations.coco.json", COCO, "coco"),
        ("set.ndjson", NDJSON, "ndjson"),
        ("boxes.csv", CSV, "csv"),
        ("annotations.xml", "<annotations/>", "cvat"),
        ("shots/a.json", '{"shapes": []}', "labelme"),
    ],
)
def test_folders_are_known_by_the_files_in_them(tmp_path: Path, file: str, content: str, expected: str) -> None:
    write_text(tmp_path / "notes.json", "{}")
    write_text(tmp_path / file, content)
    assert expected == detect_format(tmp_path)


def test_a_table_beside_what_it_was_made_from_does_not_count(tmp_path: Path) -> None:
    write_voc(tmp_path / "voc", {"a": CUP})
    write_text(tmp_path / "boxes.csv", CSV)
    assert "voc" == detect_format(tmp_path)


def test_folder_of_two_formats_is_refused(tmp_path: Path) -> None:
    write_yolo(tmp_path / "both", {"train/a": ""})
    write_voc(tmp_path / "both/voc", {"a": ""})
    with pytest.raises(InputError, match="can be read as yolo and as voc"):
        detect_format(tmp_path / "both")


@pytest.mark.parametrize("content", ["", "{", "[1, 2]", '{"shape": 1}', "\0"])
def test_folder_of_no_format_is_refused(tmp_path: Path, content: str) -> None:
    for suffix in ("json", "xml", "csv", "jsonl"):
        write_text(tmp_path / f"a.{suffix}", content)
    with pytest.raises(InputError, match="holds no data set that Headway knows"):
        detect_format(tmp_path)


def test_file_of_no_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"data\.zip is no data set that Headway knows"):
        detect_format(write_text(tmp_path / "data.zip", ""))


def test_every_format_of_params_has_a_reader() -> None:
    assert {*READERS, *FOREIGN_FORMATS, "auto", "shelves"} == set(get_args(Format))


def test_auto_opens_what_lies_there(tmp_path: Path) -> None:
    write_yolo(tmp_path, {"train/a": "0 0.5 0.5 0.1 0.1\n"})
    source = open_source(tmp_path, "auto", read_image_size=read_image_size, findings=Findings())
    assert ("yolo", ["train/a"]) == (source.format, [image.image_id for image in source.images])


def test_foreign_formats_go_through_the_library_that_is_passed_in(tmp_path: Path) -> None:
    write_image(tmp_path / "a.png")
    asked: list[tuple[Path, str]] = []

    def read_foreign(path: Path, format: str) -> Sequence[ForeignImage]:
        asked.append((path, format))
        return [ForeignImage("a.png", tmp_path / "a.json", (Box("cup", 1.0, 2.0, 3.0, 4.0),))]

    source = open_source(
        tmp_path, "labelme", read_image_size=read_image_size, findings=Findings(), read_foreign=read_foreign
    )
    assert ("labelme", [1]) == (source.format, [len(image.boxes) for image in source.images])
    assert [(tmp_path, "labelme")] == asked


def test_foreign_formats_without_a_library_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be opened as 'cvat'"):
        open_source(tmp_path, "cvat", read_image_size=read_image_size, findings=Findings())


def test_real_sets_are_known(shared_folder: Path) -> None:
    names = ("bccd", "bccd/test.csv", "grocery_shelf")
    assert ["voc", "csv", "yolo"] == [detect_format(shared_folder / "datasets" / name) for name in names]
