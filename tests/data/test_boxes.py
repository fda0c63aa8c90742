"""What is wrong with a box by itself and beside the others of its image, and what is only float noise."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.contracts.dataset import Box
from headway.contracts.problem import Problem
from headway.data.boxes import check_boxes, cut, iou
from headway.data.source import SourceImage
from headway.detection.geometry import iou_matrix

WIDTH, HEIGHT = 640, 480


def box(x_min: float, y_min: float, x_max: float, y_max: float, name: str = "cup") -> Box:
    return Box(name, x_min, y_min, x_max, y_max)


def checked(*boxes: Box, lines: tuple[int, ...] | None = None) -> list[Problem]:
    lines = tuple(range(1, len(boxes) + 1)) if lines is None else lines
    return check_boxes(SourceImage("a", Path("a.png"), boxes, "a.txt", lines), WIDTH, HEIGHT)


def codes(*boxes: Box) -> list[tuple[str, int | None]]:
    return [(problem.code, problem.box) for problem in checked(*boxes)]


@pytest.mark.parametrize(
    ("bad", "code", "message"),
    [
        (box(504, 337, 504, 337), "box-no-area", "cup box (504, 337, 504, 337) has no area"),
        (box(10, 10, 20, 10), "box-no-area", "cup box (10, 10, 20, 10) has no area"),
        (box(20, 10, 10, 20), "box-no-area", "cup box (20, 10, 10, 20) has no area"),
        (box(-5, 10, 20, 20), "box-outside", "cup box (-5, 10, 20, 20) reaches out of the image (640 x 480)"),
        (box(10, 10, 20, 480.5), "box-outside", "cup box (10, 10, 20, 480.5) reaches out of the image (640 x 480)"),
        (box(9, 9, 1e308, 20), "box-outside", "cup box (9, 9, 1e+308, 20) reaches out of the image (640 x 480)"),
        (box(700, 9, 720, 20), "box-off-image", "cup box (700, 9, 720, 20) lies wholly outside the image (640 x 480)"),
        (box(-9, 9, 0, 20), "box-off-image", "cup box (-9, 9, 0, 20) lies wholly outside the image (640 x 480)"),
        (box(10, 10, 13, 14), "box-tiny", "cup box (10, 10, 13, 14) has only 12 square pixels"),
    ],
)
def test_bad_box_is_named_with_its_corners(bad: Box, code: str, message: str) -> None:
    assert [Problem(code, message, "a.txt", 1, image_id="a", box=0)] == checked(bad)


def test_box_that_fills_the_image_is_good() -> None:
    assert [] == checked(box(0, 0, WIDTH, HEIGHT))


def test_box_of_sixteen_square_pixels_is_good() -> None:
    assert [] == checked(box(10, 10, 14, 14))


def test_line_that_is_not_known_is_none() -> None:
    assert [None] == [problem.line for problem in checked(box(5, 5, 5, 5), lines=(0,))]


def test_noise_outside_the_image_is_good_and_cut() -> None:
    noisy = box(-1e-9, -1e-4, WIDTH + 1e-3, HEIGHT + 1e-12)
    assert [] == checked(noisy)
    assert box(0, 0, WIDTH, HEIGHT) == cut(noisy, WIDTH, HEIGHT)


def test_equal_boxes_of_a_class_name_the_later_one() -> None:
    found = checked(box(10, 10, 50, 50), box(90, 90, 99, 99), box(10, 10, 50, 50))
    expected = Problem("box-duplicate", "cup box (10, 10, 50, 50) repeats line 1", "a.txt", 3, image_id="a", box=2)
    assert [expected] == found


def test_each_repetition_of_a_box_is_counted_once() -> None:
    assert [("box-duplicate", 1), ("box-duplicate", 2)] == codes(*[box(10, 10, 50, 50)] * 3)


def test_boxes_nearly_equal_are_told_from_boxes_merely_close() -> None:
    assert [("box-near-duplicate", 1)] == codes(box(0, 0, 100, 100), box(0, 0, 100, 99))
    assert [] == codes(box(0, 0, 100, 100), box(0, 0, 100, 94))


def test_same_box_with_two_classes() -> None:
    found = checked(box(10, 10, 50, 50), box(10, 10, 50, 50, "jar"))
    message = "jar box (10, 10, 50, 50) lies upon the cup of line 1"
    assert [Problem("box-two-classes", message, "a.txt", 2, image_id="a", box=1)] == found


def test_boxes_without_area_or_off_the_image_are_not_compared() -> None:
    assert [("box-no-area", 0), ("box-no-area", 1)] == codes(box(5, 5, 5, 5), box(5, 5, 5, 5))
    assert [("box-off-image", 0), ("box-off-image", 1)] == codes(*[box(700, 5, 710, 9)] * 2)


corner = st.floats(-2000, 2000)


@given(corners=st.tuples(corner, corner, corner, corner))
def test_a_box_without_a_problem_lies_inside_and_has_area_once_cut(corners: tuple[float, float, float, float]) -> None:
    candidate = box(*corners)
    if not checked(candidate):
        kept = cut(candidate, WIDTH, HEIGHT)
        assert 0 <= kept.x_min < kept.x_max <= WIDTH
        assert 0 <= kept.y_min < kept.y_max <= HEIGHT


side = st.integers(1, 8).map(lambda tens: tens * 50.0)
some_box = st.builds(
    lambda x, y, width, height, name: box(x, y, x + width, y + height, name),
    st.integers(0, 3).map(float),
    st.integers(0, 3).map(float),
    side,
    side,
    st.sampled_from(["cup", "jar"]),
)


@given(boxes=st.lists(some_box, max_size=12))
def test_pairs_are_those_that_comparing_all_with_all_finds(boxes: list[Box]) -> None:
    found = {problem.box for problem in checked(*boxes)}
    corners = np.array([[one.x_min, one.y_min, one.x_max, one.y_max] for one in boxes]).reshape(-1, 4)
    later = np.triu(iou_matrix(corners, corners) >= 0.95, k=1).any(axis=0)
    assert set(np.flatnonzero(later)) == found


@given(first=some_box, second=some_box)
def test_iou_of_a_pair_is_that_of_the_matrix(first: Box, second: Box) -> None:
    corners = [np.array([[one.x_min, one.y_min, one.x_max, one.y_max]]) for one in (first, second)]
    assert float(iou_matrix(*corners)[0, 0]) == pytest.approx(iou(first, second), abs=1e-12)
