"""The real sets beside the repository go from where they lie through import, check and split to a trained model."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.deeppcb import convert_deeppcb
from tests.pipeline.conftest import Project

pytestmark = pytest.mark.slow


def go_through(project: Project, source: Path, **prepare: object) -> dict[str, int]:
    """Import, check, split and run the pipeline; return the images of each split."""
    project.set_params(
        prepare=prepare, train={"epochs": 1, "imgsz": 64, "close_mosaic": 0}, evaluate={"robustness": False}
    )
    project.run("headway", "data", "import", str(source), "--out", "data/real.jsonl")
    project.set_params(
        prepare={
            "source": "data/real.jsonl",
            "classes": "data/real.classes.yaml",
            "ledger": "data/real.splits.csv",
            **prepare,
        }
    )
    project.run("headway", "data", "split")
    project.run("headway", "data", "check")
    project.run("headway", "repro")
    splits = json.loads((project.root / "reports/dataset.json").read_text())["splits"]
    return {name: split["images"] for name, split in splits.items()}


def test_grocery_shelves_are_divided_anew_by_photo(project: Project, shared_folder: Path) -> None:
    source = (shared_folder / "datasets/grocery_shelf").resolve()

    images = go_through(project, source, given_splits="ignore")

    assert 279 == sum(images.values())
    lines = (project.root / "data/prepared/records.jsonl").read_text().splitlines()
    sides: dict[str, set[str]] = {}
    for record in map(json.loads, lines):
        sides.setdefault(record["image_id"].rpartition("/")[2].partition(".rf.")[0], set()).add(record["split"])
    assert {1} == {len(splits) for splits in sides.values()}


def test_circuit_boards_are_read_from_their_table(project: Project, shared_folder: Path, tmp_path: Path) -> None:
    folder = (shared_folder / "datasets/deeppcb").resolve()
    source = convert_deeppcb(folder / "PCBData" if (folder / "PCBData").is_dir() else folder, tmp_path / "boards")

    images = go_through(project, source)

    assert (251, 84) == (sum(images.values()), images["test"])
