"""Finding the GPU (with a stand-in for nvidia-smi), and, where there is one, building and running a plan."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from headway.cli.engine import engine
from headway.contracts.model_facts import ExportFacts
from headway.errors import OutsideError
from headway.integrations.onnx import assemble
from headway.integrations.onnxruntime import open_model
from headway.integrations.tensorrt import TensorRTPlan, build_plan, find_gpu

without_tensorrt = pytest.mark.skipif(bool(importlib.util.find_spec("tensorrt")), reason="TensorRT is installed")


def install_nvidia_smi(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    program = folder / "nvidia-smi"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))


def test_machine_without_a_driver_is_outside_trouble(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(OutsideError, match="no NVIDIA GPU here") as caught:
        find_gpu()

    assert "NVIDIA GPU" in caught.value.hint


@pytest.mark.parametrize("script", ["echo 'No devices were found'", "exit 6", "true", "echo a,b,c; echo d,e,f"])
def test_driver_without_that_gpu_is_outside_trouble(
    script: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install_nvidia_smi(tmp_path, script, monkeypatch)

    with pytest.raises(OutsideError, match="no NVIDIA GPU 3 here"):
        find_gpu("3")


@without_tensorrt
def test_missing_tensorrt_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install_nvidia_smi(tmp_path, "echo 'NVIDIA L4, 8.9, 580.65.06'", monkeypatch)

    with pytest.raises(OutsideError, match="'tensorrt' is not installed") as caught:
        find_gpu()

    assert "headway[tensorrt]" in caught.value.hint


@pytest.mark.gpu
@pytest.mark.parametrize("architecture", ["yolo11n.yaml", "yolo26n.yaml"])
def test_plan_finds_what_the_onnx_file_finds(architecture: str, tmp_path: Path) -> None:
    pytest.importorskip("tensorrt")
    torch = pytest.importorskip("torch")
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    from headway.integrations.ultralytics.checkpoint import load_checkpoint
    from tests.small_detector import SIZE, patchwork, save_detector

    checkpoint = load_checkpoint(save_detector(tmp_path / "weights.pt", architecture))
    facts = ExportFacts(checkpoint.classes, SIZE, "fp32", 0.05, 0.7, 20, checkpoint.end2end)
    content = assemble(checkpoint.trace(facts, opset=20), facts)
    (tmp_path / "model.onnx").write_bytes(content)

    plan = TensorRTPlan(build_plan(content, file="model.onnx", input_size=SIZE, max_batch=8))

    assert find_gpu().gpu
    for count in (1, 7):
        images = patchwork(count)
        expected = open_model(tmp_path / "model.onnx").run(images)
        np.testing.assert_allclose(expected[..., 4], plan.run(images)[..., 4], atol=0.02)

    result = CliRunner().invoke(engine, ["build", str(tmp_path / "model.onnx"), "--json"], catch_exceptions=False)

    measured = json.loads(result.stdout)["measured"]
    assert 0 < measured["boxes"]
    assert measured["score_difference_max"] < 0.02
    assert 0 < measured["plan_median_ms"]
