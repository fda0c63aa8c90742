from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from headway.contracts.params.document import ParamsError, parse_document, read_section
from headway.contracts.params.gate import GateParams
from headway.detection.detections import Detections
from headway.detection.matching import Labels
from headway.evaluation.contenders import ScoredImage
from headway.evaluation.slices import slice_masks

NOTHING = Detections(np.empty((0, 4), np.float32), np.empty(0, np.float32), np.empty(0, np.int64))


def image(name: str, *sides: float) -> ScoredImage:
    """Return an image with a square label of each of `sides`."""
    boxes = np.array([(0, 0, side, side) for side in sides], dtype=np.float64).reshape(-1, 4)
    return ScoredImage(name, name, "", Labels(boxes, np.zeros(len(sides), np.int64)), NOTHING)


def names_in(name: str, images: Sequence[ScoredImage], patterns: dict[str, str]) -> list[str]:
    mask = slice_masks(images, patterns)[name]
    return [one.image_id for one, inside in zip(images, mask, strict=True) if inside]


def test_patterns_are_searched_in_image_ids() -> None:
    images = [image("night/1"), image("day/night"), image("night/2")]

    assert ["night/1", "night/2"] == names_in("at night", images, {"at night": "^night/"})


def test_a_pattern_that_finds_nothing_is_kept_and_shown_empty() -> None:
    assert [False] == slice_masks([image("day")], {"at night": "^night/"})["at night"].tolist()


def test_small_objects_are_images_of_whose_labels_more_than_half_are_small() -> None:
    images = [image("small", 31, 31, 40), image("even", 31, 40), image("large", 32), image("empty")]

    assert ["small"] == names_in("small objects", images, {})


def test_crowded_are_images_with_more_labels_than_three_quarters_of_the_labelled() -> None:
    images = [image("1", 50), image("2", *[50] * 2), image("3", *[50] * 3), image("9", *[50] * 9), image("empty")]

    assert ["9"] == names_in("crowded", images, {})


def test_built_in_slices_that_hold_all_or_nothing_are_left_out() -> None:
    assert {} == slice_masks([image("a", 10, 10), image("b", 10, 10)], {})
    assert {} == slice_masks([image("a"), image("b")], {})


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("night: '['", "params.yaml:4: gate.slices.patterns.night: '\\[' is no regular expression"),
        ("crowded: a", "params.yaml:4: gate.slices.patterns.crowded: 'crowded' is a slice that is always there"),
    ],
)
def test_a_pattern_that_cannot_be_used_is_named_with_its_line(line: str, said: str) -> None:
    document = parse_document(f"gate:\n  slices:\n    patterns:\n      {line}\n", "params.yaml")

    with pytest.raises(ParamsError, match=said):
        read_section(document, "gate", GateParams)


def test_a_budget_in_milliseconds_must_name_its_hardware() -> None:
    with pytest.raises(ParamsError, match=r"params\.yaml:2: gate\.speed: p95_ms needs hardware"):
        read_section(parse_document("gate:\n  speed: {p95_ms: 5}\n", "params.yaml"), "gate", GateParams)
