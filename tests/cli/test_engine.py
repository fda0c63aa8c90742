"""`headway engine`: what it refuses before it needs a GPU, and what it says without one."""

from __future__ import annotations

from pathlib import Path

import pytest

from headway.cli.main import main
from headway.contracts.engine_plan import GpuStack, PlanRecord
from headway.errors import INPUT, OutsideError
from headway.integrations.onnx import assemble
from headway.packaging.engine import write_plan
from tests.integrations.test_onnx import make_facts, make_network


@pytest.fixture(autouse=True)
def no_gpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))


def run(*arguments: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Run the command; return its exit code and what it printed on stderr."""
    with pytest.raises(SystemExit) as ended:
        main(["engine", *arguments])
    return int(ended.value.code or 0), capsys.readouterr().err


def test_build_without_a_gpu_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "model.onnx"
    file.write_bytes(assemble(make_network("7, 12"), make_facts()))

    code, said = run("build", str(file), capsys=capsys)

    assert OutsideError.exit_code == code
    assert "error: no NVIDIA GPU here" in said
    assert "hint: " in said
    assert ["model.onnx"] == [path.name for path in tmp_path.iterdir()]


def test_build_checks_the_file_before_it_looks_for_a_gpu(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "model.onnx"
    file.write_bytes(b"<html>404</html>")

    code, said = run("build", str(file), capsys=capsys)

    assert INPUT == code
    assert "is no ONNX model" in said


def test_build_refuses_an_int8_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "model.onnx"
    file.write_bytes(assemble(make_network("7, 12"), make_facts(precision="int8")))

    code, said = run("build", str(file), capsys=capsys)

    assert INPUT == code
    assert "hint: export with precision fp16 or fp32" in said


def test_build_refuses_a_stranger_without_facts(shared_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = run("build", str(shared_folder / "weights" / "yolov8n_int8.onnx"), capsys=capsys)

    assert INPUT == code
    assert "carries no 'headway' metadata" in said


def test_verify_without_a_gpu_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stack = GpuStack(gpu="NVIDIA L4", compute_capability="8.9", driver="580.65.06", tensorrt="10.13.2")
    record = PlanRecord(
        onnx_sha256="1" * 64, plan_sha256="2" * 64, precision="fp32", input_size=64, max_batch=8, built_on=stack
    )
    write_plan(tmp_path / "model.plan", b"code", record)

    code, said = run("verify", str(tmp_path / "model.plan"), capsys=capsys)

    assert OutsideError.exit_code == code
    assert "no NVIDIA GPU here" in said
