"""The sample sheet shows every image whole, its boxes in the colours of their classes."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from headway.contracts.dataset import Box
from headway.integrations.pillow.drawing import class_color
from headway.integrations.pillow.samples import draw_samples

CLASSES = ("can", "jar")


def grey(width: int, height: int) -> NDArray[np.uint8]:
    return np.full((height, width, 3), 128, np.uint8)


def shows(sheet: NDArray[np.uint8], color: tuple[int, int, int]) -> bool:
    return bool((sheet == color).all(axis=2).any())


def test_boxes_and_legend_have_the_colours_of_the_classes_that_are_there() -> None:
    sheet = draw_samples([(grey(100, 80), [Box("jar", 10.0, 10.0, 60.0, 60.0)])], CLASSES)

    assert (False, True) == (shows(sheet, class_color(0)), shows(sheet, class_color(1)))


def test_a_row_of_unequal_images_fills_the_width() -> None:
    sheet = draw_samples([(grey(*size), []) for size in ((100, 80), (300, 80), (80, 200), (50, 50))], CLASSES)

    assert 3 <= (sheet[0] == 255).all(axis=1).sum() <= 3 * 8 + 4, "white are only the gaps between them"
    assert 1440 == sheet.shape[1]


def test_a_ninth_image_begins_a_third_row() -> None:
    two = draw_samples([(grey(100, 80), [])] * 8, CLASSES)
    three = draw_samples([(grey(100, 80), [])] * 9, CLASSES)

    assert two.shape[0] < three.shape[0]


@pytest.mark.parametrize("size", [(1, 1), (1, 3000), (3000, 1)])
@pytest.mark.parametrize("box", [Box("can", 0.0, 0.0, 1.0, 1.0), Box("can", 0.2, 0.2, 0.2001, 0.2001)])
def test_odd_images_and_tiny_boxes_can_be_drawn(size: tuple[int, int], box: Box) -> None:
    assert 1440 == draw_samples([(grey(*size), [box])], CLASSES).shape[1]


def test_many_long_names_are_wrapped_and_cut() -> None:
    names = tuple(f"{'long name ' * 9}{number}" for number in range(40))
    sheet = draw_samples([(grey(100, 80), [Box(name, 1.0, 1.0, 9.0, 9.0) for name in names])], names)

    assert 1440 == sheet.shape[1]


def test_equal_samples_give_equal_sheets() -> None:
    samples = [(grey(100, 80), [Box("can", 10.0, 10.0, 60.0, 60.0)])]

    assert np.array_equal(draw_samples(samples, CLASSES), draw_samples(samples, CLASSES))
