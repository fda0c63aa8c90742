from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from headway.detection.detector import detect, prepare_batch, read_rows
from headway.detection.letterbox import place
from headway.integrations.onnxruntime import OnnxModel, open_model
from tests.blob_detector import SIZE, save_blob_detector


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> OnnxModel:
    return open_model(save_blob_detector(tmp_path_factory.mktemp("model") / "model.onnx"))


def scene(*blobs: tuple[int, list[int]], height: int = 60, width: int = 100) -> NDArray[np.uint8]:
    image = np.full((height, width, 3), 90, dtype=np.uint8)
    for channel, (left, top, right, bottom) in blobs:
        image[top:bottom, left:right] = 40
        image[top:bottom, left:right, channel] = 240
    return image


def test_boxes_come_back_in_pixels_of_the_original_image(model: OnnxModel) -> None:
    [found] = detect(model.run, [scene((0, [20, 10, 50, 30]))], SIZE)
    np.testing.assert_allclose([[20, 10, 50, 30]], found.boxes, atol=100 / SIZE)


def test_images_of_any_size_share_a_batch_and_do_not_mix(model: OnnxModel) -> None:
    images = [scene((0, [20, 10, 50, 30])), scene((2, [5, 5, 30, 200]), height=300, width=40), scene()]
    alone = [detect(model.run, [image], SIZE)[0] for image in images]
    together = detect(model.run, images, SIZE)
    for expected, found in zip(alone, together, strict=True):
        np.testing.assert_array_equal(expected.boxes, found.boxes)
        np.testing.assert_array_equal(expected.class_ids, found.class_ids)


def test_an_image_without_objects_gives_no_detections(model: OnnxModel) -> None:
    assert 0 == len(detect(model.run, [scene()], SIZE)[0])


def test_the_floor_leaves_weak_detections_out(model: OnnxModel) -> None:
    image = scene((0, [20, 10, 50, 30]), (1, [60, 10, 80, 30]))
    image[10:30, 60:80, 1] = 120
    [found] = detect(model.run, [image], SIZE, floor=0.5)
    assert [0] == found.class_ids.tolist()


def test_detections_come_by_falling_score() -> None:
    rows = np.array([[[0, 0, 9, 9, 0.2, 1], [0, 0, 0, 0, 0, 0], [0, 0, 9, 9, 0.7, 0]]], dtype=np.float32)
    [found] = read_rows(rows, [place(64, 64, 64)])
    assert [0, 1] == found.class_ids.tolist()


def test_pixels_are_scaled_to_one_and_channels_come_first() -> None:
    image = np.zeros((64, 64, 3), dtype=np.uint8)
    image[:, :, 0] = 255
    batch, _ = prepare_batch([image], 64)
    assert [1.0, 0.0, 0.0] == batch[0, :, 5, 5].tolist()
