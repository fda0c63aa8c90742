"""What the drift monitor counts in an image."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from headway.contracts.profile import bin_of
from headway.detection.detections import Detections
from headway.detection.signals import LONGEST_SIDE, brightness, luma, observe, sharpness

NOTHING = Detections(np.empty((0, 4), np.float32), np.empty(0, np.float32), np.empty(0, np.int64))


def found(*rows: tuple[float, float, float, float, float, int]) -> Detections:
    table = np.array(rows, dtype=np.float64)
    return Detections(table[:, :4].astype(np.float32), table[:, 4].astype(np.float32), table[:, 5].astype(np.int64))


def noise(height: int, width: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


def test_white_is_as_bright_as_can_be() -> None:
    assert 1.0 == pytest.approx(brightness(luma(np.full((8, 8, 3), 255, dtype=np.uint8))))


def test_green_is_brighter_than_blue() -> None:
    green, blue = np.zeros((4, 4, 3), np.uint8), np.zeros((4, 4, 3), np.uint8)
    green[..., 1] = blue[..., 2] = 200

    assert brightness(luma(blue)) < brightness(luma(green))


def test_sharpness_is_the_log_of_the_laplacian_variance() -> None:
    grey = np.zeros((5, 5), np.float32)
    grey[2, 2] = 10.0
    laplacian = [0, 10, 0, 10, -40, 10, 0, 10, 0]

    assert np.log10(np.var(laplacian)) == pytest.approx(sharpness(grey))


def test_blur_lowers_sharpness() -> None:
    grey = luma(noise(32, 32))
    blurred = (grey[:-1, :-1] + grey[1:, :-1] + grey[:-1, 1:] + grey[1:, 1:]) / 4

    assert sharpness(blurred.astype(np.float32)) < sharpness(grey)


def test_large_images_are_averaged_down() -> None:
    assert (500, 600) == luma(noise(1000, 1201)).shape
    assert max(luma(noise(4, 2 * LONGEST_SIDE + 2)).shape) <= LONGEST_SIDE


@given(npst.arrays(np.uint8, st.tuples(st.integers(1, 4), st.integers(1, 4), st.just(3))))
def test_any_image_is_counted_once(image: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> None:
    window = observe(image, NOTHING, 2)

    assert {1} == {int(counts.sum()) for counts in window.by_image.values()}
    assert [1, 1] == window.by_class["detections"].sum(axis=1).tolist()


def test_boxes_are_counted_under_their_class() -> None:
    window = observe(noise(100, 200), found((0, 0, 20, 10, 0.91, 1), (100, 50, 200, 100, 0.5, 1)), 3)

    assert [0, 2, 0] == window.by_class["confidence"].sum(axis=1).tolist()
    assert 1 == window.by_class["detections"][1][2]
    assert 1 == window.by_image["detections"][2]


@pytest.mark.parametrize(
    ("signal", "value"), [("confidence", 0.91), ("log_area", -2.0), ("center_x", 0.05), ("center_y", 0.05)]
)
def test_a_box_falls_into_the_bin_of_its_share_of_the_image(signal: str, value: float) -> None:
    window = observe(noise(100, 200), found((0, 0, 20, 10, 0.91, 0)), 1)

    assert [bin_of(signal, np.array([value]))[0]] == np.flatnonzero(window.by_class[signal][0]).tolist()
