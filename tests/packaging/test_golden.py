"""Golden images: which are chosen, and when a device's answer still counts as equal."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.contracts.dataset import ImageRecord
from headway.detection.detections import Detections
from headway.packaging.golden import Tolerance, choose_golden, compare, expected_detections, golden_image

CLASSES = ("can", "jar", "tin")
TOLERANCE = Tolerance(score=0.05, iou=0.9)
BOX = (10.0, 10.0, 50.0, 50.0)


def record(name: str) -> ImageRecord:
    return ImageRecord(name, f"{name}.png", name * 64, 96, 64, "test", (), "here")


def found(*rows: tuple[tuple[float, float, float, float], float, int]) -> Detections:
    boxes = np.array([box for box, _, _ in rows], dtype=np.float32).reshape(-1, 4)
    scores = np.array([score for _, score, _ in rows], dtype=np.float32)
    return Detections(boxes, scores, np.array([class_id for _, _, class_id in rows], dtype=np.int64))


def classes_only(*class_ids: int) -> Detections:
    return found(*((BOX, 0.9, class_id) for class_id in class_ids))


def chosen(count: int, **images: Detections) -> list[str]:
    return [entry.image_id for entry in choose_golden([record(name) for name in images], images, count)]


def test_images_that_show_the_most_classes_come_first() -> None:
    images = {"a": classes_only(0), "b": classes_only(0, 1), "c": classes_only(2)}

    assert ["b", "c"] == chosen(2, **images)


def test_an_empty_image_is_taken_last() -> None:
    assert ["b", "a"] == chosen(5, a=classes_only(), b=classes_only(1))


@given(st.permutations("abcde"), st.lists(st.sets(st.integers(0, 2)), min_size=5, max_size=5))
def test_the_choice_does_not_depend_on_the_order_of_the_images(names: list[str], shown: list[set[int]]) -> None:
    images = {name: classes_only(*ids) for name, ids in zip("abcde", shown, strict=True)}

    assert chosen(3, **images) == chosen(3, **{name: images[name] for name in names})


@given(st.lists(st.sets(st.integers(0, 2)), min_size=3, max_size=8))
def test_as_many_images_as_classes_cover_them_all(shown: list[set[int]]) -> None:
    images = {name: classes_only(*ids) for name, ids in zip("abcdefgh", shown, strict=False)}

    assert set().union(*shown) == set().union(*(images[name].class_ids.tolist() for name in chosen(3, **images)))


def test_expected_detections_come_back_from_their_entry() -> None:
    expected = found((BOX, 0.875, 2), ((0.0, 1.5, 20.25, 30.0), 0.5, 0))
    back = expected_detections(golden_image("golden/00.png", record("a"), expected, CLASSES), CLASSES)

    assert [] == compare(expected, back, 0.3, TOLERANCE)
    assert expected.boxes.tolist() == back.boxes.tolist()


def test_an_entry_with_an_unknown_class_is_refused() -> None:
    entry = golden_image("golden/00.png", record("a"), classes_only(2), CLASSES)

    with pytest.raises(ValueError, match="tuple"):
        expected_detections(entry, CLASSES[:2])


@pytest.mark.parametrize(
    ("seen", "fault"),
    [
        (found(), "1 of 1 expected objects are not found"),
        (found((BOX, 0.8, 1)), "1 of 1 expected objects are not found"),
        (found(((10, 10, 40, 50), 0.8, 0)), "1 of 1 expected objects are not found"),
        (found((BOX, 0.8, 0), (BOX, 0.6, 2)), "1 objects are found that were not expected"),
        (found((BOX, 0.7, 0)), "a score differs by 0.100, more than 0.05"),
    ],
    ids=["nothing", "another class", "another place", "one too many", "another score"],
)
def test_a_different_answer_is_a_fault(seen: Detections, fault: str) -> None:
    assert fault in compare(found((BOX, 0.8, 0)), seen, 0.3, TOLERANCE)


@pytest.mark.parametrize(
    ("expected", "seen"),
    [
        (found((BOX, 0.8, 0)), found(((10, 10, 51, 50), 0.83, 0))),
        (found((BOX, 0.32, 0)), found()),
        (found(), found((BOX, 0.32, 0))),
        (found((BOX, 0.31, 0)), found((BOX, 0.29, 0))),
    ],
    ids=["a little off", "vanished at the threshold", "appeared at the threshold", "fell below the threshold"],
)
def test_a_nearly_equal_answer_is_none(expected: Detections, seen: Detections) -> None:
    assert [] == compare(expected, seen, 0.3, TOLERANCE)
