"""What a contact sheet shows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from headway.contracts.dataset import Box
from headway.integrations.pillow.sheets import contact_sheet
from headway.ports import Picture

GREY = 128
RED, BLUE = (217, 48, 37), (26, 115, 232)


@pytest.fixture
def grey(tmp_path: Path) -> Path:
    path = tmp_path / "grey.png"
    Image.new("RGB", (64, 48), (GREY,) * 3).save(path)
    return path


def count(sheet: NDArray[np.uint8], color: tuple[int, int, int]) -> int:
    return int((sheet == color).all(axis=2).sum())


def test_bad_box_is_red_and_the_others_are_blue(grey: Path) -> None:
    boxes = (Box("cup", 5, 5, 20, 20), Box("cup", 30, 5, 50, 20))
    sheet = contact_sheet([[Picture("a", grey, boxes, bad=(1,))]])
    assert count(sheet, RED) > count(sheet, BLUE) > 0


@pytest.mark.parametrize("corners", [(20, 20, 20, 20), (40, 40, 20, 20), (-90, 10, -80, 20), (700, 5, 1e308, 20)])
def test_box_without_area_or_off_the_image_is_seen(corners: tuple[float, float, float, float], grey: Path) -> None:
    assert count(contact_sheet([[Picture("a", grey, (Box("cup", *corners),), bad=(0,))]]), RED) > 0


def test_image_that_cannot_be_read_has_a_placeholder(tmp_path: Path) -> None:
    (tmp_path / "bad.png").write_text("no image")
    sheet = contact_sheet([[Picture("a", tmp_path / "bad.png", (Box("cup", 1, 1, 9, 9),))]])
    assert count(sheet, (232, 234, 237)) > 10_000
    assert 0 == count(sheet, BLUE)


@pytest.mark.parametrize(("tiles", "shown"), [(1, 1), (4, 4), (5, 5), (12, 12)])
def test_every_tile_is_on_the_sheet(tiles: int, shown: int, grey: Path) -> None:
    one = count(contact_sheet([[Picture("", grey, ())]]), (GREY,) * 3)
    assert shown * one == count(contact_sheet([[Picture("", grey, ())]] * tiles), (GREY,) * 3)


@pytest.mark.parametrize("together", [1, 2, 3])
def test_images_of_a_tile_are_side_by_side(together: int, grey: Path) -> None:
    sheet = contact_sheet([[Picture("a", grey, ())] * together])
    row = (sheet == GREY).all(axis=2).any(axis=0)
    assert together == int((np.diff(row.astype(int), prepend=0) == 1).sum())


def test_long_names_stay_below_their_own_image(grey: Path) -> None:
    long = contact_sheet([[Picture("x" * 500, grey, ()), Picture("", grey, ())]])
    short = contact_sheet([[Picture("", grey, ()), Picture("", grey, ())]])
    assert long.shape == short.shape
    middle = long.shape[1] // 2
    assert np.array_equal(long[:, middle + 4 :], short[:, middle + 4 :])


def test_equal_pictures_give_equal_sheets(grey: Path) -> None:
    tiles = [[Picture("a", grey, (Box("cup", 5, 5, 20, 20),), bad=(0,))]]
    assert np.array_equal(contact_sheet(tiles), contact_sheet(tiles))
