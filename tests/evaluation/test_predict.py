from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from headway.contracts.dataset import ImageRecord, PreparedDataset
from headway.detection.detector import detect
from headway.errors import InputError
from headway.evaluation.predict import predict
from headway.integrations.onnxruntime import OnnxModel
from headway.integrations.pillow.reading import read_image
from tests.evaluation.silence import silent


@pytest.mark.parametrize("batch", [1, 5, 8, 100])
def test_every_record_gets_what_its_image_gets_alone(dataset: PreparedDataset, model: OnnxModel, batch: int) -> None:
    def load(record: ImageRecord) -> NDArray[np.uint8]:
        return read_image(dataset.image_path(record))

    found = predict(model, dataset.records, load, batch=batch, progress=silent, label="all")
    assert len(dataset.records) == len(found)
    for record, detections in zip(dataset.records, found, strict=True):
        [expected] = detect(model.run, [load(record)], model.input_size)
        np.testing.assert_array_equal(expected.boxes, detections.boxes)
        np.testing.assert_array_equal(expected.scores, detections.scores)


def test_an_image_that_cannot_be_read_ends_it(dataset: PreparedDataset, model: OnnxModel) -> None:
    def load(record: ImageRecord) -> NDArray[np.uint8]:
        if record == dataset.records[3]:
            raise InputError("the image is damaged")
        return read_image(dataset.image_path(record))

    with pytest.raises(InputError, match="the image is damaged"):
        predict(model, dataset.records, load, batch=2, progress=silent, label="all")


def test_only_a_few_batches_are_decoded_ahead(dataset: PreparedDataset, model: OnnxModel) -> None:
    decoded = []
    ahead = []

    def load(record: ImageRecord) -> NDArray[np.uint8]:
        decoded.append(record)
        return read_image(dataset.image_path(record))

    def watch(items, *, label, total=None):  # type: ignore[no-untyped-def]
        for done, item in enumerate(items, start=1):
            ahead.append(len(decoded) - done)
            yield item

    predict(model, dataset.records, load, batch=2, progress=watch, label="all")
    assert 10 >= max(ahead)


def test_no_records_give_no_detections(model: OnnxModel) -> None:
    def load(record: ImageRecord) -> NDArray[np.uint8]:
        raise AssertionError

    assert [] == predict(model, (), load, batch=4, progress=silent, label="none")
