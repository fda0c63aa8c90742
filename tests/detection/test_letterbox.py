from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.contracts.model_facts import PADDING
from headway.detection.letterbox import letterbox, place

SIZES = [(720, 1280), (480, 640), (301, 401), (64, 48), (37, 1000), (1, 5), (640, 640)]


def random_image(height: int, width: int) -> np.ndarray[tuple[int, int, int], np.dtype[np.uint8]]:
    return np.random.default_rng(height * width).integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_pixels_are_within_one_grey_level_of_opencv(height: int, width: int) -> None:
    image = random_image(height, width)
    square, at = letterbox(image, 320)
    expected = cv2.resize(image, (at.scaled_width, at.scaled_height), interpolation=cv2.INTER_LINEAR)
    inside = square[at.top : at.top + at.scaled_height, at.left : at.left + at.scaled_width]
    assert 1 >= np.abs(expected.astype(int) - inside).max()


@pytest.mark.parametrize(("height", "width"), [(720, 1280), (301, 401), (64, 48), (100, 101)])
def test_the_image_lies_where_ultralytics_puts_it(height: int, width: int) -> None:
    from ultralytics.data.augment import LetterBox

    image = np.zeros((height, width, 3), dtype=np.uint8)
    expected = LetterBox((320, 320), auto=False)(image=image)
    np.testing.assert_array_equal(expected, letterbox(image, 320)[0])


def test_an_image_that_fits_is_copied() -> None:
    image = random_image(48, 64)
    square, _ = letterbox(image, 64)
    np.testing.assert_array_equal(image, square[8:56])


def test_the_rest_of_the_square_is_grey() -> None:
    square, _ = letterbox(np.zeros((10, 40, 3), dtype=np.uint8), 40)
    assert {PADDING} == set(np.unique(np.delete(square, range(15, 25), axis=0)))


@given(st.integers(1, 5000), st.integers(1, 5000), st.sampled_from([64, 320, 640]))
def test_the_whole_window_is_the_whole_image(width: int, height: int, size: int) -> None:
    at = place(width, height, size)
    window = np.array([[at.left, at.top, at.left + at.scaled_width, at.top + at.scaled_height]], dtype=np.float32)
    np.testing.assert_allclose([[0, 0, width, height]], at.restore(window), rtol=1e-6)


@given(st.integers(1, 5000), st.integers(1, 5000), st.sampled_from([64, 320, 640]))
def test_the_image_stays_inside_the_square(width: int, height: int, size: int) -> None:
    at = place(width, height, size)
    assert min(at.left, at.top) >= 0
    assert size >= max(at.left + at.scaled_width, at.top + at.scaled_height)
    assert size == max(at.scaled_width, at.scaled_height)


def test_boxes_are_clipped_to_the_image() -> None:
    outside = np.array([[-50, -50, 900, 900]], dtype=np.float32)
    np.testing.assert_array_equal([[0, 0, 100, 50]], place(100, 50, 640).restore(outside))
