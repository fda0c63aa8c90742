"""Which format a source has."""

from __future__ import annotations

from pathlib import Path

import pytest

from headway.data.readers.detect import detect_format
from headway.errors import InputError
from tests.data.sources import voc_object, write_text, write_voc, write_yolo


def test_formats_are_known_by_what_lies_there(tmp_path: Path) -> None:
    yolo = write_yolo(tmp_path / "yolo", {"train/a": ""})
    voc = write_voc(tmp_path / "voc/VOC2012", {"a": voc_object("cup", 1, 1, 2, 2)})
    scene = write_text(tmp_path / "shelves.yaml", "scene:\n  images: 3\n")
    sources = (yolo, yolo / "data.yaml", voc, voc.parent, scene)
    assert ["yolo", "yolo", "voc", "voc", "shelves"] == [detect_format(source) for source in sources]


def test_folder_of_two_formats_is_refused(tmp_path: Path) -> None:
    write_yolo(tmp_path / "both", {"train/a": ""})
    write_voc(tmp_path / "both/voc", {"a": ""})
    with pytest.raises(InputError, match="can be read as yolo and as voc"):
        detect_format(tmp_path / "both")


def test_folder_of_no_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no data set that Headway knows"):
        detect_format(tmp_path)


def test_file_that_is_no_yaml_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="neither a folder nor a YAML file"):
        detect_format(write_text(tmp_path / "data.zip", ""))
