from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from headway.contracts.scorecard import Corruption, Strength
from headway.evaluation.corruptions import CORRUPTIONS, STRENGTHS, corrupt

ALL = [(corruption, strength) for corruption in CORRUPTIONS for strength in STRENGTHS]


@pytest.fixture(scope="module")
def image() -> NDArray[np.uint8]:
    """A smooth slope with a hard-edged square and a fine pattern: something for every corruption to spoil."""
    slope = np.linspace(40, 200, 160)[None, :] + np.linspace(0, 30, 120)[:, None]
    pixels = np.stack([slope, slope[:, ::-1], slope], axis=2).astype(np.uint8)
    pixels[30:80, 40:90] = (230, 30, 30)
    pixels[90:110, 20:140:2] = 250
    return pixels


def harm(image: NDArray[np.uint8], corruption: Corruption, strength: Strength) -> float:
    return float(np.abs(corrupt(image, corruption, strength, "a").astype(int) - image).mean())


@pytest.mark.parametrize(("corruption", "strength"), ALL)
def test_size_and_type_are_kept(image: NDArray[np.uint8], corruption: Corruption, strength: Strength) -> None:
    spoilt = corrupt(image, corruption, strength, "a")
    assert (image.shape, np.dtype(np.uint8)) == (spoilt.shape, spoilt.dtype)


@pytest.mark.parametrize(("corruption", "strength"), ALL)
def test_the_same_image_is_spoilt_the_same_way_again(
    image: NDArray[np.uint8], corruption: Corruption, strength: Strength
) -> None:
    again = corrupt(image, corruption, strength, "a")
    np.testing.assert_array_equal(corrupt(image, corruption, strength, "a"), again)


@pytest.mark.parametrize(("corruption", "strength"), ALL)
def test_the_original_is_left_alone(image: NDArray[np.uint8], corruption: Corruption, strength: Strength) -> None:
    before = image.copy()
    corrupt(image, corruption, strength, "a")
    np.testing.assert_array_equal(before, image)


@pytest.mark.parametrize("corruption", CORRUPTIONS)
def test_the_second_strength_harms_more(image: NDArray[np.uint8], corruption: Corruption) -> None:
    assert 0 < harm(image, corruption, 1) < harm(image, corruption, 2)


@pytest.mark.parametrize("corruption", ["noise", "motion_blur"])
def test_another_image_id_draws_another_chance(image: NDArray[np.uint8], corruption: Corruption) -> None:
    assert not np.array_equal(corrupt(image, corruption, 1, "a"), corrupt(image, corruption, 1, "b"))


@pytest.mark.parametrize(("corruption", "strength"), ALL)
def test_the_smallest_image_survives(corruption: Corruption, strength: Strength) -> None:
    assert (1, 1, 3) == corrupt(np.full((1, 1, 3), 90, np.uint8), corruption, strength, "a").shape


def test_blur_keeps_the_mean_brightness(image: NDArray[np.uint8]) -> None:
    assert image.mean() == pytest.approx(corrupt(image, "motion_blur", 2, "a").mean(), abs=2)
