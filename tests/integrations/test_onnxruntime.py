from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx.parser
import pytest

from headway.errors import InputError, OutsideError
from headway.integrations.onnxruntime import open_model, open_session
from tests.blob_detector import CLASSES, SIZE, save_blob_detector
from tests.conftest import ROOT

FACTS = {"schema_version": 1, "classes": ["a"], "input_size": SIZE, "precision": "fp32"}


def test_a_model_says_its_classes_size_and_engine(tmp_path: Path) -> None:
    model = open_model(save_blob_detector(tmp_path / "model.onnx"))
    assert (CLASSES, SIZE) == (model.classes, model.input_size)
    assert model.engine.startswith("onnxruntime 1.")


def test_every_image_of_a_batch_gets_what_it_gets_alone(tmp_path: Path) -> None:
    model = open_model(save_blob_detector(tmp_path / "model.onnx"), threads=1)
    batch = np.random.default_rng(0).random((5, 3, SIZE, SIZE), dtype=np.float32)
    alone = np.concatenate([model.run(image[None]) for image in batch])
    np.testing.assert_array_equal(alone, model.run(batch))


def test_a_third_party_model_is_refused_with_a_reason(shared_folder: Path) -> None:
    with pytest.raises(InputError, match="carries no 'headway' metadata"):
        open_model(shared_folder / "weights/yolov8n_int8.onnx")


def test_a_third_party_model_still_runs_as_a_bare_session(shared_folder: Path) -> None:
    session = open_session(shared_folder / "weights/yolov8n_int8.onnx", threads=1)
    image = np.full((1, 3, 640, 640), 0.5, dtype=np.float32)
    assert (1, 84, 8400) == session.run(None, {"images": image})[0].shape


@pytest.mark.parametrize("content", [b"", b"this is no model", b"\x80\x02}q\x00."])
def test_a_file_that_is_no_model_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"model\.onnx is no ONNX model that can be run"):
        open_model(path)


def test_a_missing_file_is_refused_with_the_command_that_makes_it(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist") as caught:
        open_model(tmp_path / "model.onnx")
    assert "run: dvc repro export" == caught.value.hint


@pytest.mark.parametrize(
    ("message", "facts"),
    [
        ("schema 2, not 1", FACTS | {"schema_version": 2}),
        ("names no classes", FACTS | {"classes": []}),
        ("unknown precision in its metadata: 'fp8'", FACTS | {"precision": "fp8"}),
        ("unknown precision in its metadata: \\[\\]", FACTS | {"precision": []}),
        ("impossible input size", FACTS | {"input_size": -1}),
        ("damaged", {"schema_version": 1}),
        ("damaged", [1, 2]),
    ],
)
def test_metadata_that_cannot_be_used_is_refused(tmp_path: Path, message: str, facts: Any) -> None:
    path = save_blob_detector(tmp_path / "model.onnx", metadata={"headway": json.dumps(facts)})
    with pytest.raises(InputError, match=message):
        open_model(path)


@pytest.mark.parametrize(
    ("signature", "body"),
    [
        ("(float[1, 3, 64, 64] images) => (float[1, 3, 64, 64] detections)", "Identity(images)"),
        ("(float[n, 3, 32, 32] images) => (float[n, 3, 32, 32] detections)", "Identity(images)"),
        ("(float[n, 3, 64, 64] pixels) => (float[n, 3, 64, 64] detections)", "Identity(pixels)"),
        ("(double[n, 9, 6] images) => (double[n, 9, 6] detections)", "Identity(images)"),
    ],
)
def test_other_inputs_or_outputs_are_refused(tmp_path: Path, signature: str, body: str) -> None:
    text = f'<ir_version: 8, opset_import: ["" : 17]> other {signature} {{ detections = {body} }}'
    model = onnx.parser.parse_model(text)
    model.metadata_props.add(key="headway", value=json.dumps(FACTS))
    (tmp_path / "model.onnx").write_bytes(model.SerializeToString())
    with pytest.raises(InputError, match="has the ends"):
        open_model(tmp_path / "model.onnx")


def test_a_provider_that_is_not_there_is_outside_trouble(tmp_path: Path) -> None:
    path = save_blob_detector(tmp_path / "model.onnx")
    with pytest.raises(OutsideError, match="no NoSuchProvider here"):
        open_model(path, providers=("NoSuchProvider",))


def test_the_runtime_imports_no_torch() -> None:
    program = (
        "import sys, headway.integrations.onnxruntime, headway.detection.detector;"
        "sys.exit(any(name.split('.')[0] in {'torch', 'ultralytics', 'onnx'} for name in sys.modules))"
    )
    assert 0 == subprocess.run([sys.executable, "-c", program], check=False).returncode


def test_running_a_model_leaves_no_device_id_behind(tmp_path: Path) -> None:
    model = save_blob_detector(tmp_path / "model.onnx")
    (tmp_path / "home").mkdir()
    code = (
        "import sys; from pathlib import Path; from headway.integrations.onnxruntime import open_model\n"
        "open_model(Path(sys.argv[1]))"
    )
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("ORT_", "XDG_"))}
    environment = kept | {"HOME": str(tmp_path / "home"), "PYTHONPATH": str(ROOT / "src")}

    subprocess.run([sys.executable, "-c", code, str(model)], env=environment, check=True)

    assert [] == list((tmp_path / "home").iterdir())
