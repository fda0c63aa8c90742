"""A checkpoint becomes a file that gives, for every image of a batch, what the checkpoint gives."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from ultralytics.nn.tasks import SegmentationModel

from headway.contracts.model_facts import ExportFacts, Precision
from headway.detection.detector import read_rows
from headway.detection.letterbox import place
from headway.errors import InputError
from headway.integrations.onnx import assemble, check_model_file
from headway.integrations.onnxruntime import OnnxModel, open_model
from headway.integrations.onnxruntime_quantization import to_fp16, to_int8
from headway.integrations.ultralytics.checkpoint import Checkpoint, load_checkpoint
from headway.packaging.parity import compare
from tests.conftest import ROOT
from tests.small_detector import CLASSES, SIZE, patchwork, save_detector

ARCHITECTURES = ("yolo11n.yaml", "yolo26n.yaml")
ANCHORS = (SIZE // 8) ** 2 + (SIZE // 16) ** 2 + (SIZE // 32) ** 2
BATCH = 7


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Tiny networks lose more than they gain by a second thread, the more so on busy cores."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module", params=ARCHITECTURES)
def weights(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_detector(tmp_path_factory.mktemp("weights") / "weights.pt", request.param)


@pytest.fixture(scope="module")
def checkpoint(weights: Path) -> Checkpoint:
    return load_checkpoint(weights)


def make_facts(checkpoint: Checkpoint, *, max_det: int = 300, score_floor: float = 0.05) -> ExportFacts:
    return ExportFacts(checkpoint.classes, SIZE, "fp32", score_floor, 0.7, max_det, checkpoint.end2end)


def export(checkpoint: Checkpoint, folder: Path, *, max_det: int = 300, score_floor: float = 0.05) -> OnnxModel:
    facts = make_facts(checkpoint, max_det=max_det, score_floor=score_floor)
    return save_and_open(assemble(checkpoint.trace(facts, opset=20), facts), folder)


def save_and_open(content: bytes, folder: Path) -> OnnxModel:
    file = folder / "model.onnx"
    file.write_bytes(content)
    check_model_file(file)
    return open_model(file, threads=1)


def export_all(checkpoint: Checkpoint) -> dict[Precision, bytes]:
    facts = make_facts(checkpoint)
    network = checkpoint.trace(facts, opset=20)
    return {
        "fp32": assemble(network, facts),
        "fp16": assemble(to_fp16(network), replace(facts, precision="fp16")),
        "int8": assemble(to_int8(network, [patchwork(BATCH)]), replace(facts, precision="int8")),
    }


@pytest.fixture(scope="module")
def contents(checkpoint: Checkpoint) -> dict[Precision, bytes]:
    return export_all(checkpoint)


def run_one_by_one(model: OnnxModel, images: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.concatenate([model.run(image[None]) for image in images])


def test_checkpoint_knows_its_classes_and_size(checkpoint: Checkpoint) -> None:
    assert CLASSES == checkpoint.classes
    assert SIZE == checkpoint.train_size


def test_batch_gives_each_image_what_it_gives_alone(checkpoint: Checkpoint, tmp_path: Path) -> None:
    model, images = export(checkpoint, tmp_path), patchwork(BATCH)

    rows = model.run(images)

    assert (rows[:, 0, 4] > 0.25).all(), "every image has a detection"
    np.testing.assert_allclose(run_one_by_one(model, images), rows, rtol=1e-5, atol=1e-3)


def test_file_finds_what_the_checkpoint_finds_with_its_own_suppression(checkpoint: Checkpoint, tmp_path: Path) -> None:
    model, images, frames = export(checkpoint, tmp_path), patchwork(BATCH), [place(SIZE, SIZE, SIZE)] * BATCH

    expected = read_rows(checkpoint.runtime(make_facts(checkpoint)).run(images), frames)
    agreement = compare(expected, read_rows(model.run(images), frames))

    assert agreement.strong_boxes > 100
    assert agreement.strong_boxes == agreement.matched
    assert agreement.score_differences.max() < 1e-4


def test_rows_come_by_falling_score_above_the_floor_and_then_empty(checkpoint: Checkpoint, tmp_path: Path) -> None:
    rows = export(checkpoint, tmp_path, score_floor=0.3).run(patchwork(BATCH))

    scores = rows[..., 4]
    assert (np.diff(scores, axis=1) <= 0).all()
    assert (scores[scores > 0] > 0.3).all()
    assert (scores == 0).any()
    assert not rows[scores == 0].any()


@pytest.mark.parametrize("max_det", [5, 300])
def test_rows_are_as_many_as_asked_for_or_as_there_can_be(checkpoint: Checkpoint, max_det: int, tmp_path: Path) -> None:
    most = ANCHORS if checkpoint.end2end else ANCHORS * len(CLASSES)

    rows = export(checkpoint, tmp_path, max_det=max_det).run(patchwork(2))

    assert (2, min(max_det, most), 6) == rows.shape


def test_files_name_neither_a_date_nor_a_place(contents: dict[Precision, bytes], weights: Path) -> None:
    for content in contents.values():
        assert not re.search(rb"20\d\d-\d\d-\d\d", content)
        for place_name in (weights.parent, ROOT, Path(sys.prefix), "site-packages"):
            assert str(place_name).encode() not in content


PRINT_DIGESTS = """
import hashlib, json, sys
from pathlib import Path
from headway.integrations.ultralytics.checkpoint import load_checkpoint
from tests.integrations.ultralytics.test_checkpoint import export_all

contents = export_all(load_checkpoint(Path(sys.argv[1])))
print(json.dumps({name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}))
"""


def test_equal_weights_give_equal_bytes_in_another_process(contents: dict[Precision, bytes], weights: Path) -> None:
    printed = subprocess.run(
        [sys.executable, "-c", PRINT_DIGESTS, str(weights)],
        env={**os.environ, "PYTHONHASHSEED": "7"}, cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()} == json.loads(
        printed.stdout.splitlines()[-1]
    )


@pytest.mark.parametrize("precision", ["fp16", "int8"])
def test_converted_file_gives_each_image_of_a_batch_what_it_gives_alone(
    contents: dict[Precision, bytes], precision: Precision, tmp_path: Path
) -> None:
    model, images = save_and_open(contents[precision], tmp_path), patchwork(BATCH)

    rows = model.run(images)

    assert contents["fp32"] != contents[precision]
    assert (rows[:, 0, 4] > 0.25).all()
    np.testing.assert_allclose(run_one_by_one(model, images), rows, rtol=1e-5, atol=1e-3)


def test_oldest_operator_set_gives_the_same_detections(
    checkpoint: Checkpoint, contents: dict[Precision, bytes], tmp_path: Path
) -> None:
    facts, images = make_facts(checkpoint), patchwork(BATCH)

    rows = save_and_open(assemble(checkpoint.trace(facts, opset=17), facts), tmp_path).run(images)

    np.testing.assert_allclose(save_and_open(contents["fp32"], tmp_path).run(images), rows, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize(
    "content",
    [b"", b"garbage" * 100, b"<html></html>", b"PK\x03\x04broken", b"\x80\x02cos\nsystem\nX\x02\x00\x00\x00ls\x85R."],
    ids=["empty", "garbage", "HTML", "broken zip", "pickle that runs a command"],
)
def test_file_that_is_no_checkpoint_is_refused(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "weights.pt"
    file.write_bytes(content)

    with pytest.raises(InputError, match=r"weights\.pt is no model checkpoint, or is damaged"):
        load_checkpoint(file)


def test_checkpoint_that_was_cut_off_is_refused(weights: Path, tmp_path: Path) -> None:
    file, content = tmp_path / "weights.pt", weights.read_bytes()
    file.write_bytes(content[: len(content) // 2])

    with pytest.raises(InputError, match="no model checkpoint"):
        load_checkpoint(file)


def test_missing_checkpoint_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist") as caught:
        load_checkpoint(tmp_path / "weights.pt")

    assert "dvc repro train" in caught.value.hint


def test_model_that_is_no_detector_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "weights.pt"
    torch.save({"model": SegmentationModel("yolo11n-seg.yaml", nc=2, verbose=False)}, file)

    with pytest.raises(InputError, match="holds a SegmentationModel with a Segment head, no YOLO detector"):
        load_checkpoint(file)


def test_weights_without_a_network_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "weights.pt"
    torch.save({"model": {"layer": torch.zeros(2)}}, file)

    with pytest.raises(InputError, match="holds a dict, no YOLO detector"):
        load_checkpoint(file)
