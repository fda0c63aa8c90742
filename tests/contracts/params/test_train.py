"""The train section is held to the installed Ultralytics."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from headway.contracts.params.train import OWNED, TrainParams

NOT_FOR_DETECTION = {
    "overlap_mask", "mask_ratio", "dropout", "pose", "kobj", "rle", "angle", "dlog", "dgrad", "dlam", "auto_augment",
    "erasing",
}  # fmt: skip
"""Arguments of Ultralytics' other tasks: segmentation, classification, pose, oriented boxes, depth."""

NOT_FOR_TRAINING = {
    "save_json", "dnn", "nms", "source", "vid_stride", "stream_buffer", "visualize", "augment", "retina_masks", "embed",
    "show", "save_frames", "save_txt", "save_conf", "save_crop", "show_labels", "show_conf", "show_boxes",
    "line_width", "format", "optimize", "dynamic", "simplify", "opset", "workspace", "tracker",
}  # fmt: skip
"""Arguments of prediction, drawing, export and tracking."""


@pytest.fixture(scope="module")
def installed() -> dict[str, Any]:
    from ultralytics.utils import DEFAULT_CFG_DICT

    return dict(DEFAULT_CFG_DICT)


def test_every_training_argument_of_ultralytics_is_here_or_owned(installed: dict[str, Any]) -> None:
    expected = set(installed) - NOT_FOR_DETECTION - NOT_FOR_TRAINING

    assert expected == set(TrainParams.model_fields) | set(OWNED)


def test_defaults_are_those_of_ultralytics(installed: dict[str, Any]) -> None:
    ours = TrainParams().model_dump(exclude={"model"})

    assert {name: installed[name] for name in ours} == ours


def test_only_given_arguments_are_handed_on() -> None:
    assert {"model": "yolo11n.yaml", "epochs": 3, "lr0": 0.1} == TrainParams.model_validate(
        {"epochs": 3, "lr0": 0.1}
    ).given()


@pytest.mark.parametrize(
    "value",
    [{"batch": 0.6}, {"batch": -1}, {"device": [0, 1]}, {"device": "cpu"}, {"scale": [0.5, 2.0]}, {"amp": "bf16"},
     {"freeze": 10}, {"freeze": ["model.0"]}, {"fraction": 100}, {"cache": "ram"}, {"classes": [0, 2]}],
)  # fmt: skip
def test_every_form_that_ultralytics_takes_is_taken(value: dict[str, Any]) -> None:
    from ultralytics.cfg import get_cfg

    get_cfg(overrides=dict(value))

    assert {"model": "yolo11n.yaml", **value} == TrainParams.model_validate(value).given()


@pytest.mark.parametrize("value", [{"lr0": 1.5}, {"seed": -1}, {"fraction": 0.0}, {"model": "yolo11n.onnx"}])
def test_impossible_values_are_refused(value: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        TrainParams.model_validate(value)
