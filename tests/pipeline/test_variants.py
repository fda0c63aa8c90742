"""Params and data off the beaten track, each from `headway repro` to a verified bundle."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from PIL import Image

from tests.pipeline.conftest import Project

pytestmark = pytest.mark.slow

ORIENTATION = 0x0112
QUARTER_TURN = 6
"""EXIF: the picture is to be turned by 90 degrees to the right."""
ODD_CLASSES = ['12" can', "it's/that", "a|b", "<b>bold</b> [x](y)"]


def run_to_verified(project: Project, model: str = "detector") -> None:
    project.run("headway", "repro")
    assert "is sound" in project.run("headway", "bundle", "verify", f"models/{model}/bundle").stdout


def read(project: Project, path: str) -> Any:
    return json.loads((project.root / path).read_text())


@pytest.mark.parametrize("precision", ["fp16", "int8"])
def test_smaller_precision_ships_and_is_measured(precision: str, finished: Project) -> None:
    finished.set_params(export={"precision": precision})
    before = read(finished, "models/detector/manifest.json")["files"]["model.onnx"]["size_bytes"]

    run_to_verified(finished)

    assert precision == read(finished, "reports/parity.json")["precision"]
    assert read(finished, "reports/parity.json")["matched_boxes"] is not None
    assert read(finished, "models/detector/manifest.json")["files"]["model.onnx"]["size_bytes"] < 0.7 * before


def test_file_may_be_smaller_than_what_was_trained(finished: Project) -> None:
    finished.set_params(export={"imgsz": 64})

    run_to_verified(finished)

    assert 64 == read(finished, "models/detector/manifest.json")["input"]["size"]
    assert 64 == read(finished, "reports/export_speed.json")["input_size"]


def test_model_with_suppression_built_in_goes_the_same_way(finished: Project) -> None:
    finished.set_params(train={"model": "yolo26n.yaml"})

    run_to_verified(finished)

    assert "yolo26n.yaml" in (finished.root / "models/detector/bundle/card.md").read_text()
    assert read(finished, "reports/parity.json")["matched_boxes"] is not None


def test_second_model_lies_beside_the_first(finished: Project) -> None:
    params = finished.root / "params.yaml"
    params.write_text(yaml.safe_dump(yaml.safe_load(params.read_text()) | {"model": "other"}))

    run_to_verified(finished, "other")

    assert "other" == read(finished, "models/other/manifest.json")["name"]
    names = {path.name for path in (finished.root / "models/other").iterdir()}
    assert {"weights.pt", "model.onnx", "evidence", "bundle", "manifest.json"} <= names
    assert "Data and pipelines are up to date" in finished.run("headway", "repro").stdout


def test_odd_images_and_names_go_through(finished: Project) -> None:
    source = make_odd_folder(finished.root.parent / "odd data")
    finished.set_params(
        prepare={"source": str(source), "split": {"train": 0.5, "val": 0.25, "test": 0.25}}, train={"epochs": 1}
    )

    run_to_verified(finished)

    dataset = read(finished, "reports/dataset.json")
    card = (finished.root / "models/detector/bundle/card.md").read_text()
    assert ODD_CLASSES == dataset["classes"] == read(finished, "models/detector/manifest.json")["classes"]
    assert 24 == sum(split["images"] for split in dataset["splits"].values())
    assert 96 == sum(split["boxes"] for split in dataset["splits"].values())
    assert "&lt;b&gt;bold&lt;/b&gt; \\[x\\](y)" in card
    assert "<b>" not in card


def save_odd_images(folder: Path) -> None:
    """Write CMYK, palette, transparent and turned pictures under odd names."""
    blobs = np.random.default_rng(0).integers(0, 255, (24, 6, 8, 3), dtype=np.uint8)
    pictures = [Image.fromarray(blob).resize((96, 72), Image.Resampling.NEAREST) for blob in blobs]
    turned = Image.Exif()
    turned[ORIENTATION] = QUARTER_TURN
    folder.mkdir(parents=True)
    for number, picture in enumerate(pictures):
        kind = number % 4
        if kind == 0:
            picture.convert("CMYK").save(folder / f"cmyk {number}.jpg")
        elif kind == 1:
            picture.convert("P").save(folder / f"пале́тка {number}.png")
        elif kind == 2:
            picture.convert("RGBA").save(folder / f"透明 ({number}).png")
        else:
            picture.save(folder / f"turned_é'{number}.jpg", exif=turned)


def make_odd_folder(folder: Path) -> Path:
    """Make a YOLO folder of odd images whose classes have odd names."""
    save_odd_images(folder / "images")
    (folder / "labels").mkdir()
    for image in (folder / "images").iterdir():
        rows = [f"{number} {0.2 + 0.2 * number:.1f} 0.5 0.2 0.4" for number in range(len(ODD_CLASSES))]
        (folder / "labels" / f"{image.stem}.txt").write_text("\n".join(rows))
    spec = {"train": "images", "names": ODD_CLASSES}
    (folder / "data.yaml").write_text(yaml.safe_dump(spec, allow_unicode=True))
    return folder
