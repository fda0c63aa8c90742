"""Images of every depth are read as OpenCV reads them, or refused."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from headway.errors import InputError
from headway.integrations.pillow.reading import read_image, read_image_size

ALL_LEVELS = np.arange(65_536, dtype=np.uint16).reshape(256, 256)


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_sixteen_bit_grey_is_scaled_as_opencv_does(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"x{suffix}"
    cv2.imwrite(str(path), ALL_LEVELS)
    reference = cv2.imread(str(path))
    assert reference is not None

    np.testing.assert_allclose(reference.astype(int), read_image(path).astype(int), atol=1)


def test_sixteen_bit_grey_of_either_byte_order_is_the_same(tmp_path: Path) -> None:
    Image.frombytes("I;16B", (256, 256), ALL_LEVELS.astype(">u2").tobytes()).save(tmp_path / "big.tif")
    Image.fromarray(ALL_LEVELS).save(tmp_path / "little.tif")

    np.testing.assert_array_equal(ALL_LEVELS >> 8, read_image(tmp_path / "big.tif")[..., 0])
    np.testing.assert_array_equal(ALL_LEVELS >> 8, read_image(tmp_path / "little.tif")[..., 2])


@pytest.mark.parametrize("dtype", [np.float32, np.int32])
def test_levels_of_no_known_range_are_refused(tmp_path: Path, dtype: type) -> None:
    Image.fromarray(np.ones((4, 4), dtype)).save(tmp_path / "x.tif")

    with pytest.raises(InputError, match="its levels are 32-bit") as caught:
        read_image(tmp_path / "x.tif")

    assert "16 bits" in caught.value.hint


@pytest.mark.parametrize(("name", "sentence"), [("gone.png", "does not exist"), (".", "is a folder, not an image")])
def test_a_path_without_an_image_is_the_callers_to_fix(tmp_path: Path, name: str, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence) as caught:
        read_image(tmp_path / name)

    assert caught.value.hint


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_size_by_the_header_is_that_of_the_upright_image(tmp_path: Path, suffix: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / f"turned{suffix}"
    Image.new("RGB", (64, 40)).save(path, exif=exif)

    height, width, _ = read_image(path).shape

    assert (width, height) == read_image_size(path)
