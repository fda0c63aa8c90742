"""A team's own folder, blood cells in Pascal VOC, from where it lies to a bundle that checks out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.pipeline.conftest import Project, make_project

PLACES = (
    "Annotations/BloodImage_00338.xml:158: RBC box (504, 337, 504, 337) has no area",
    "Annotations/BloodImage_00343.xml:50: RBC box (181, 329, 181, 329) has no area",
)


@pytest.fixture
def source(shared_folder: Path) -> Path:
    folder = shared_folder / "datasets" / "bccd"
    if not folder.is_dir():
        pytest.skip(f"the blood cells are not at {folder}; set HEADWAY_SHARED")
    return folder.resolve()


@pytest.fixture
def cells(tmp_path: Path) -> Project:
    """A project that trains shortly."""
    project = make_project(tmp_path / "project")
    project.set_params(
        train={"epochs": 1, "fraction": 0.1, "imgsz": 64, "close_mosaic": 0}, evaluate={"robustness": False}
    )
    return project


def test_blood_cells_go_from_their_folder_to_a_verified_bundle(cells: Project, source: Path) -> None:
    before = sorted(source.rglob("*"))
    imported = ("headway", "data", "import", str(source), "--format", "voc", "--out", "data/cells.jsonl")
    own = {"source": "data/cells.jsonl", "classes": "data/cells.classes.yaml", "ledger": "data/cells.splits.csv"}

    refused = cells.run(*imported, check=False)
    cells.set_params(prepare={"policy": {"box-no-area": "drop"}})
    cells.run(*imported)
    cells.set_params(prepare=own)
    cells.run("headway", "data", "split")
    cells.run("headway", "repro")
    verified = cells.run("headway", "bundle", "verify", "models/detector/bundle")
    report = json.loads((cells.root / "reports/dataset.json").read_text())

    assert 1 == refused.returncode
    assert [] == [place for place in PLACES if place not in refused.stderr + refused.stdout]
    assert ["Platelets", "RBC", "WBC"] == report["classes"]
    assert {"train": 205, "val": 87, "test": 72} == {name: split["images"] for name, split in report["splits"].items()}
    assert 4153 == sum(split["boxes_per_class"]["RBC"] for split in report["splits"].values())
    assert 365 == len((cells.root / "data/cells.splits.csv").read_text().splitlines())
    assert "is sound" in verified.stdout
    assert before == sorted(source.rglob("*"))
