"""A training that was killed ends with the bytes of one that was not."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.blobs import make_blobs
from tests.conftest import ROOT

EPOCHS = 4
COMMON = {"epochs": EPOCHS, "imgsz": 64, "batch": 4, "optimizer": "AdamW", "lr0": 0.002, "close_mosaic": 1, "seed": 3}


def _start(folder: Path, name: str, arguments: dict[str, Any], hash_seed: str = "0") -> subprocess.Popen[str]:
    spec = {
        "state": str(folder / "state"),
        "data": str(folder / "data"),
        "arguments": arguments,
        "checkpoints": str(folder / name / "checkpoints"),
        "weights": str(folder / name / "weights.pt"),
    }
    (folder / name).mkdir(exist_ok=True)
    path = folder / name / "spec.json"
    path.write_text(json.dumps(spec))
    return subprocess.Popen(
        [sys.executable, "-m", "tests.training.process", str(path)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT / "src")},
    )


def _finish(process: subprocess.Popen[str]) -> str:
    output, _ = process.communicate(timeout=600)
    assert process.returncode == 0
    return output


def _kill_after_line(process: subprocess.Popen[str], beginning: str, delay_s: float) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith(beginning):
            time.sleep(delay_s)
            break
    process.send_signal(signal.SIGKILL)
    process.wait()


@pytest.mark.parametrize(
    ("model", "workers", "nbs", "optimizer"),
    [
        pytest.param("yolo11n.yaml", 0, 4, "AdamW", marks=pytest.mark.slow),
        pytest.param("yolo11n.yaml", 2, 12, "AdamW", marks=pytest.mark.slow),
        pytest.param("yolo11n.yaml", 0, 12, "SGD", marks=pytest.mark.slow),
        pytest.param("yolo11n.yaml", 2, 4, "AdamW", marks=pytest.mark.slow),
        ("yolo26n.yaml", 0, 12, "MuSGD"),
        pytest.param("yolo26n.yaml", 0, 4, "AdamW", marks=pytest.mark.slow),
        pytest.param("yolo26n.yaml", 2, 4, "AdamW", marks=pytest.mark.slow),
        pytest.param("yolo26n.yaml", 2, 12, "MuSGD", marks=pytest.mark.slow),
    ],
)
def test_killed_twice_ends_with_the_bytes_of_an_unbroken_run(
    tmp_path: Path, model: str, workers: int, nbs: int, optimizer: str
) -> None:
    make_blobs(tmp_path / "data", train=14, val=4)
    arguments = COMMON | {"model": model, "workers": workers, "nbs": nbs, "optimizer": optimizer}
    unbroken = _finish(_start(tmp_path, "unbroken", arguments))

    _kill_after_line(_start(tmp_path, "killed", arguments), "epoch 1/", delay_s=0.0)
    _kill_after_line(_start(tmp_path, "killed", arguments), "epoch 3/", delay_s=0.3)
    resumed = _finish(_start(tmp_path, "killed", arguments, hash_seed="7"))

    assert "resuming after epoch" in resumed
    assert unbroken.splitlines()[-1] == resumed.splitlines()[-1]
    assert (tmp_path / "unbroken/weights.pt").read_bytes() == (tmp_path / "killed/weights.pt").read_bytes()
