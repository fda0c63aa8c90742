"""Perceptual hashes: near for copies, far for other images."""

from __future__ import annotations

import io

import imagehash
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageEnhance

from headway.integrations.imagehash import hash_image


def photo(seed: int) -> Image.Image:
    grid = np.random.default_rng(seed).integers(0, 256, (12, 16), dtype=np.uint8)
    return Image.fromarray(grid).resize((160, 120), Image.Resampling.BICUBIC)


def pixels(image: Image.Image) -> NDArray[np.uint8]:
    return np.asarray(image)


def compressed(image: Image.Image) -> Image.Image:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=60)
    return Image.open(file)


def apart(first: Image.Image, second: Image.Image) -> int:
    return (hash_image(pixels(first)) ^ hash_image(pixels(second))).bit_count()


def test_the_number_is_the_hash_that_imagehash_writes() -> None:
    assert int(str(imagehash.phash(photo(0))), 16) == hash_image(pixels(photo(0)))


@pytest.mark.parametrize("seed", range(5))
def test_copies_are_near(seed: int) -> None:
    image = photo(seed)

    assert apart(image, compressed(image)) <= 8
    assert apart(image, image.resize((80, 60))) <= 8
    assert apart(image, ImageEnhance.Brightness(image).enhance(0.8)) <= 8


@pytest.mark.parametrize("seed", range(5))
def test_other_images_are_far(seed: int) -> None:
    assert apart(photo(seed), photo(seed + 1)) > 16
