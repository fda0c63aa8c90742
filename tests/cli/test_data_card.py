"""`headway data card`."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from PIL import Image

from headway.contracts.dataset import write_dataset
from headway.contracts.layout import PREPARED
from headway.contracts.problem import Problem
from tests.blob_dataset import make_blob_dataset
from tests.cli.command import run_headway

FILES = ["boxes.png", "card.md", "classes.png", "samples.jpg"]


@pytest.fixture
def prepared(tmp_path: Path) -> Path:
    """A folder with prepared data whose licence is known and whose problems are two."""
    dataset = make_blob_dataset(tmp_path / PREPARED, images=4)
    problems = [Problem("box-tiny", "3 px2", "labels/a.txt", 1), Problem("class-rare", "class 'blue' has 1 box")]
    write_dataset(dataset, problems, {"licence": "CC BY 4.0", "origin": "blobs"})
    return tmp_path


def test_the_card_is_a_folder_with_a_page_and_every_picture_that_it_shows(prepared: Path) -> None:
    result = run_headway("data", "card", folder=prepared)
    folder = prepared / "reports/data_card"
    text = (folder / "card.md").read_text()

    assert (0, "reports/data_card/card.md\n", "") == (result.returncode, result.stdout, result.stderr)
    assert sorted(path.name for path in folder.iterdir()) == FILES
    assert ["samples.jpg", "classes.png", "boxes.png"] == re.findall(r"!\[[^]]+\]\(([^)]+)\)", text)
    assert "CC BY 4.0" in text
    assert "| `box-tiny` | tiny box | 1 |" in text


def test_the_pictures_can_be_read(prepared: Path) -> None:
    run_headway("data", "card", "--out", "card", folder=prepared)

    for name in ("samples.jpg", "classes.png", "boxes.png"):
        with Image.open(prepared / "card" / name) as picture:
            picture.load()
            assert picture.width > 900


def test_equal_data_gives_an_equal_card(prepared: Path) -> None:
    run_headway("data", "card", "--out", "one", folder=prepared)
    run_headway("data", "card", "--out", "two", folder=prepared)

    assert [(prepared / "one" / name).read_bytes() for name in FILES] == [
        (prepared / "two" / name).read_bytes() for name in FILES
    ]


def test_other_files_in_the_folder_are_left_alone(prepared: Path) -> None:
    (prepared / "notes.txt").write_text("mine")
    run_headway("data", "card", "--out", ".", folder=prepared)

    assert "mine" == (prepared / "notes.txt").read_text()
    assert (prepared / "card.md").is_file()


def test_the_facts_come_as_json(prepared: Path) -> None:
    values = json.loads(run_headway("data", "card", "--json", folder=prepared).stdout)

    assert "reports/data_card/card.md" == values["card"]
    assert {"box-tiny": 1, "class-rare": 1} == values["problems"]
    assert ["red", "green", "blue"] == [one["name"] for one in values["class_statistics"]]


def test_without_prepared_data_the_hint_is_to_prepare(tmp_path: Path) -> None:
    result = run_headway("data", "card", folder=tmp_path)

    assert (2, "") == (result.returncode, result.stdout)
    assert "error: data/prepared holds no prepared data set\nhint: run: dvc repro prepare\n" == result.stderr
