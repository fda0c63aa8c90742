"""The other side of the train stage: Ultralytics' own call.

usage: bare_train.py ARGUMENTS.json TIMES.json THREADS
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from ultralytics import YOLO
from ultralytics.utils import torch_utils


def main(arguments_file: str, times_file: str, threads: str) -> None:
    """Train, and write how long Ultralytics works on after the last epoch (it validates best.pt once more)."""
    torch_utils.NUM_THREADS = int(threads)
    arguments = json.loads(Path(arguments_file).read_text())
    model = YOLO(arguments.pop("model"))
    epoch_ends: list[float] = []
    model.add_callback("on_fit_epoch_end", lambda _: epoch_ends.append(time.perf_counter()))
    model.train(**arguments)
    Path(times_file).write_text(json.dumps({"after_last_epoch_s": epoch_ends[-1] - epoch_ends[-2]}))


if __name__ == "__main__":
    main(*sys.argv[1:])
