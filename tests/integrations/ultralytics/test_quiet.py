"""Ultralytics imports and trains without trackers, telemetry, downloads or files in HOME."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.blobs import make_blobs
from tests.conftest import ROOT

TRAIN = """
import socket, sys
from pathlib import Path
real = socket.socket.connect
def connect(self, address):
    if self.family in (socket.AF_INET, socket.AF_INET6):
        print("CONNECTED", address, flush=True)
    return real(self, address)
socket.socket.connect = connect

from headway.integrations.ultralytics.quiet import silence
silence(Path(sys.argv[1]))
from ultralytics.utils import AUTOINSTALL, SETTINGS
from headway.contracts.dataset import read_dataset
from headway.integrations.ultralytics.trainer import UltralyticsTrainer
trackers = ("clearml", "comet", "dvc", "mlflow", "raytune", "tensorboard", "wandb", "sync")
print("ON", [name for name in trackers if SETTINGS[name]], AUTOINSTALL)
UltralyticsTrainer().train(
    read_dataset(Path(sys.argv[2])),
    {"model": "yolo11n.yaml", "epochs": 1, "imgsz": 64, "batch": 4, "device": "cpu"},
    checkpoints=Path(sys.argv[1]) / "run", progress=lambda items, label, total=None: items, say=print,
)
print("IMPORTED", [name for name in ("mlflow", "dvclive", "wandb", "matplotlib.pyplot") if name in sys.modules])
"""


def test_a_training_calls_nobody_and_leaves_home_empty(tmp_path: Path) -> None:
    make_blobs(tmp_path / "data", train=4, val=2, test=1)
    (tmp_path / "home").mkdir()
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("YOLO_", "XDG_"))}

    ended = subprocess.run(
        [sys.executable, "-c", TRAIN, str(tmp_path / "state"), str(tmp_path / "data")],
        env=environment | {"HOME": str(tmp_path / "home"), "PYTHONPATH": str(ROOT / "src")},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )

    assert "ON [] False" in ended.stdout
    assert "CONNECTED" not in ended.stdout
    assert [] == list((tmp_path / "home").iterdir())
    assert {"data", "home", "state"} == {path.name for path in tmp_path.iterdir()}
