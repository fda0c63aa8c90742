"""Detections are drawn where they are, readable on images of any size."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from headway.detection.detections import Detections
from headway.integrations.pillow.drawing import class_color, draw_detections, encode_image

BLACK = np.zeros((480, 640, 3), dtype=np.uint8)


def found(*boxes: tuple[float, float, float, float], class_id: int = 0) -> Detections:
    count = len(boxes)
    corners = np.array(boxes, dtype=np.float32).reshape(-1, 4)
    return Detections(corners, np.full(count, 0.87, np.float32), np.full(count, class_id, np.int64))


def test_the_outline_has_the_colour_of_the_class() -> None:
    drawn = draw_detections(BLACK, found((100, 200, 300, 400), class_id=1), ["can", "jar"])

    assert class_color(1) == tuple(drawn[300, 100])
    assert class_color(1) == tuple(drawn[400, 200])
    assert (0, 0, 0) == tuple(drawn[300, 200])


def test_the_original_is_left_alone() -> None:
    draw_detections(BLACK, found((1, 1, 90, 90)), ["can"])

    assert 0 == BLACK.max()


@pytest.mark.parametrize(("height", "width"), [(60, 80), (1, 1), (480, 640), (900, 1600)])
def test_small_images_are_enlarged_by_a_whole_factor(height: int, width: int) -> None:
    drawn = draw_detections(np.zeros((height, width, 3), np.uint8), found((0, 0, width, height)), ["can"])

    assert max(drawn.shape) >= 640
    assert (0, 0) == (drawn.shape[0] % height, drawn.shape[1] % width)
    assert drawn.shape[0] // height == drawn.shape[1] // width


@pytest.mark.parametrize("box", [(0, 0, 20, 20), (630, 470, 640, 480), (0, 470, 640, 480), (300, 0, 300, 0)])
def test_a_label_stays_inside_the_image(box: tuple[float, float, float, float]) -> None:
    drawn = draw_detections(BLACK, found(box), ["washing powder"])
    label = (drawn == class_color(0)).all(axis=2)

    assert label.sum() > 900


def test_colours_of_the_first_classes_differ() -> None:
    colours = np.array([class_color(number) for number in range(12)], dtype=int)
    distances = np.abs(colours[:, None] - colours[None]).sum(axis=2) + 1000 * np.eye(12, dtype=int)

    assert distances.min() > 60


@pytest.mark.parametrize(("suffix", "kind"), [(".png", "PNG"), (".jpg", "JPEG"), (".jpeg", "JPEG")])
def test_an_image_is_encoded_as_its_suffix_says(suffix: str, kind: str) -> None:
    with Image.open(io.BytesIO(encode_image(BLACK, suffix))) as image:
        assert (kind, (640, 480)) == (image.format, image.size)
