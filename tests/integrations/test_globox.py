"""Formats that globox reads, on real files."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from headway.contracts.dataset import Box
from headway.data.findings import Findings
from headway.data.readers.detect import detect_format, open_source
from headway.errors import InputError
from headway.integrations.globox import read_foreign
from headway.integrations.pillow.reading import read_image_size
from tests.data.readers.formats import SPOILS, Opened, spoil
from tests.data.sources import write_image, write_text

BOX = Box("cup", 16.0, 10.0, 32.0, 30.0)


def write_cvat(folder: Path, extra: str = "", rotation: str = "") -> Path:
    box = f'<box label="cup" xtl="16" ytl="10" xbr="32" ybr="30" {rotation}/>'
    image = f'<image id="0" name="a.png" width="64" height="40">{box}{extra}</image>'
    return write_text(folder / "annotations.xml", f"<annotations>{image}</annotations>")


def write_labelme(folder: Path, *extra: dict[str, Any]) -> Path:
    shape = {"label": "cup", "shape_type": "rectangle", "points": [[32, 10], [16, 30]]}
    values = {"imagePath": "a.png", "imageWidth": 64, "imageHeight": 40, "imageData": None, "shapes": [shape, *extra]}
    return write_text(folder / "a.json", json.dumps(values))


def write_via(folder: Path, *extra: dict[str, Any], label: object = "cup") -> Path:
    shape = {"name": "rect", "x": 16, "y": 10, "width": 16, "height": 20}
    region = {"shape_attributes": shape, "region_attributes": {"class": label}}
    entry = {"filename": "a.png", "size": 1, "regions": [region, *extra]}
    return write_text(folder / "via.json", json.dumps({"_via_img_metadata": {"a.png1": entry}}))


def write_openimages(folder: Path, is_group: str = "0", image: str = "a") -> Path:
    with (folder / "boxes.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["ImageID", "LabelName", "XMin", "XMax", "YMin", "YMax", "IsGroupOf"])
        table.writerow([image, "cup", 0.25, 0.5, 0.25, 0.75, is_group])
    return folder / "boxes.csv"


WRITERS: dict[str, Callable[..., Path]] = {
    "cvat": write_cvat,
    "labelme": write_labelme,
    "via": write_via,
    "openimages": write_openimages,
}


def read(path: Path, format: str) -> Opened:
    findings = Findings()
    source = open_source(path, format, read_image_size=read_image_size, findings=findings, read_foreign=read_foreign)
    images = list(source.images)
    return Opened(source, images, [*findings.problems, *(one for image in images for one in image.problems)])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_image(tmp_path / "a.png", 0, (64, 40))
    return tmp_path


@pytest.mark.parametrize("format", WRITERS)
def test_boxes_are_read_from_the_folder_and_from_the_file(format: str, folder: Path) -> None:
    file = WRITERS[format](folder)

    for path in (folder, file):
        opened = read(path, format)
        assert {"a": (BOX,)} == opened.boxes
        assert [] == opened.problems
        assert (file.name, (0,)) == (opened.images[0].labels, opened.images[0].lines)


@pytest.mark.parametrize("format", WRITERS)
def test_format_is_detected(format: str, folder: Path) -> None:
    assert format == detect_format(WRITERS[format](folder))


CIRCLE = {"label": "cup", "shape_type": "circle", "points": [[3, 3], [4, 4]]}
POLYGON = {"label": "jar", "shape_type": "polygon", "points": [[3, 3], [8, 4], [5, 9]]}
ELLIPSE = {"shape_attributes": {"name": "ellipse"}, "region_attributes": {"class": "cup"}}


@pytest.mark.parametrize(
    ("format", "extra", "code", "boxes"),
    [
        ("labelme", CIRCLE, "label-malformed", 1),
        ("labelme", POLYGON, "label-polygon", 2),
        ("via", ELLIPSE, "label-malformed", 1),
        ("cvat", '<polygon label="cup" points="1,2;3,4;5,6"/>', "label-malformed", 1),
    ],
)
def test_shape_that_is_no_box_is_a_problem(
    format: str, extra: dict[str, Any] | str, code: str, boxes: int, folder: Path
) -> None:
    WRITERS[format](folder, extra)

    opened = read(folder, format)

    assert [code] == opened.codes
    assert boxes == len(opened.images[0].boxes)


def test_turned_box_is_a_problem(folder: Path) -> None:
    write_cvat(folder, rotation='rotation="30"')

    assert 0 == read(folder, "cvat").one("label-polygon").box


def test_group_of_objects_is_a_crowd(folder: Path) -> None:
    write_openimages(folder, is_group="1")

    assert 0 == read(folder, "openimages").one("label-crowd").box


def test_image_that_is_not_there_is_told(folder: Path) -> None:
    (folder / "a.png").rename(folder / "b.png")
    write_cvat(folder)

    assert "image 'a.png' is not there" == read(folder, "cvat").one("image-missing").message


@pytest.mark.parametrize(
    ("format", "arguments"),
    [
        ("cvat", {"extra": '<box label="cup" xtl="x" ytl="1" xbr="2" ybr="3"/>'}),
        ("cvat", {"extra": '<box label="cup" xtl="nan" ytl="1" xbr="nan" ybr="3"/>'}),
        ("cvat", {"extra": '<box label="cup" xtl="9" ytl="1" xbr="2" ybr="3"/>'}),
        ("via", {"label": {"cup": True}}),
        ("via", {"label": 3}),
        ("via", {"label": "\ud800"}),
        ("openimages", {"image": "gone"}),
    ],
)
def test_what_globox_cannot_read_names_the_file(format: str, arguments: dict[str, Any], folder: Path) -> None:
    file = WRITERS[format](folder, **arguments)

    with pytest.raises(InputError, match=file.name):
        read(folder, format)


@pytest.mark.parametrize("format", WRITERS)
def test_folder_without_labels_is_refused(format: str, folder: Path) -> None:
    with pytest.raises(InputError, match=f"with {format} labels"):
        read(folder, format)


def test_missing_globox_names_the_extra(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_cvat(folder)
    monkeypatch.setitem(sys.modules, "globox", None)

    with pytest.raises(InputError, match="not installed") as caught:
        read(folder, "cvat")
    assert 'run: pip install "headway[formats]"' == caught.value.hint


@pytest.fixture(scope="module")
def wholes(tmp_path_factory: pytest.TempPathFactory) -> Sequence[tuple[str, Path, bytes]]:
    files = []
    for name, write in WRITERS.items():
        folder = tmp_path_factory.mktemp(name)
        write_image(folder / "a.png", 0, (64, 40))
        file = write(folder)
        files.append((name, file, file.read_bytes()))
    return files


@settings(deadline=None, max_examples=150)
@given(SPOILS)
def test_damage_is_a_problem_or_refused(
    wholes: Sequence[tuple[str, Path, bytes]], damage: tuple[float, int | None]
) -> None:
    for name, file, content in wholes:
        file.write_bytes(spoil(content, *damage))
        try:
            opened = read(file, name)
        except InputError:
            continue
        assert opened.problems or 1 == len(opened.boxes["a"])
