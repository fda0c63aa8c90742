from __future__ import annotations

import importlib.metadata

import pytest

from headway.integrations.faster_coco_eval import FasterCocoEval

ONE_BOX = {
    "images": [{"id": 1, "width": 100, "height": 100}],
    "categories": [{"id": 1, "name": "cup"}, {"id": 2, "name": "bowl"}],
    "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 10, 20, 20], "area": 400, "iscrowd": 0}],
}
FOUND = {"image_id": 1, "category_id": 1, "bbox": [10, 10, 20, 20], "score": 0.9}


def test_the_engine_names_its_version() -> None:
    assert f"faster-coco-eval {importlib.metadata.version('faster-coco-eval')}" == FasterCocoEval().engine


def test_a_box_found_exactly_scores_one() -> None:
    numbers = FasterCocoEval().score(ONE_BOX, [FOUND])
    assert 1.0 == pytest.approx(numbers["map50_95"]) == pytest.approx(numbers["recall_100"])


def test_sizes_without_boxes_have_no_number() -> None:
    numbers = FasterCocoEval().score(ONE_BOX, [FOUND])
    assert [1.0, None, None] == [numbers["map_small"], numbers["map_medium"], numbers["map_large"]]


def test_classes_are_keyed_by_category() -> None:
    numbers = FasterCocoEval().score(ONE_BOX, [FOUND])
    assert {1: {"map50_95": 1.0, "map50": 1.0}, 2: {"map50_95": None, "map50": None}} == numbers["per_class"]


def test_the_inputs_are_left_as_they_were() -> None:
    found = dict(FOUND)
    FasterCocoEval().score(ONE_BOX, [found])
    assert FOUND == found


def test_scoring_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    FasterCocoEval().score(ONE_BOX, [FOUND])
    assert ("", "") == tuple(capfd.readouterr())
