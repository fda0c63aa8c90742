from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from headway.detection.geometry import areas, iou_matrix

COORDINATE = st.floats(0, 1000, width=32)


@st.composite
def boxes(draw: st.DrawFn) -> NDArray[np.float64]:
    rows = draw(st.lists(st.tuples(COORDINATE, COORDINATE, COORDINATE, COORDINATE), max_size=6))
    corners = np.array(rows, dtype=np.float64).reshape(-1, 2, 2)
    return np.sort(corners, axis=1).reshape(-1, 4)


@given(boxes(), boxes())
def test_iou_does_not_depend_on_the_order(first: NDArray[np.float64], second: NDArray[np.float64]) -> None:
    np.testing.assert_allclose(iou_matrix(first, second), iou_matrix(second, first).T)


@given(boxes())
def test_a_box_covers_itself(given_boxes: NDArray[np.float64]) -> None:
    solid = given_boxes[areas(given_boxes) > 0]
    np.testing.assert_allclose(np.ones(len(solid)), iou_matrix(solid, solid).diagonal())


@given(boxes(), boxes())
def test_iou_lies_between_0_and_1(first: NDArray[np.float64], second: NDArray[np.float64]) -> None:
    iou = iou_matrix(first, second)
    assert np.all((iou >= 0) & (iou <= 1))


@pytest.mark.parametrize(
    ("expected", "other"),
    [
        (1 / 3, [5, 0, 15, 10]),
        (0.25, [0, 0, 5, 5]),
        (0.0, [10, 0, 20, 10]),
        (0.0, [3, 3, 3, 3]),
    ],
)
def test_iou_of_known_boxes(expected: float, other: list[float]) -> None:
    square = np.array([[0.0, 0.0, 10.0, 10.0]])
    assert expected == pytest.approx(iou_matrix(square, np.array([other], dtype=np.float64))[0, 0])
