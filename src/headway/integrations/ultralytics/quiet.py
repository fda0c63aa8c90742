"""Imports Ultralytics without its trackers, telemetry, installs, font downloads or settings file in HOME."""

from __future__ import annotations

import logging
import os
from pathlib import Path

_TRACKERS = ("clearml", "comet", "dvc", "mlflow", "raytune", "tensorboard", "wandb")


def silence(state: Path) -> None:
    """Prepare this process, and those it starts, for a quiet `import ultralytics`.

    Call it before anything imports Ultralytics: the variables are read at import.

    Args:
        state: ignored folder for Ultralytics' own settings file; a YOLO_CONFIG_DIR that is set wins.
    """
    folder = state / "ultralytics"
    folder.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("YOLO_CONFIG_DIR", str(folder.resolve()))
    os.environ.update(
        YOLO_AUTOINSTALL="false",
        YOLO_OFFLINE="true",  # no look-ups at import; `weights` fetches what is asked for
        YOLO_VERBOSE="false",
        ULTRALYTICS_SAFE_LOAD="true",  # a .pt is a pickle: only known classes are built from it
    )
    from ultralytics.utils import LOGGER, SETTINGS

    LOGGER.setLevel(logging.ERROR)
    # In memory only: `SETTINGS.update` would write the user's file.
    dict.update(SETTINGS, dict.fromkeys(("sync", "vscode_msg", "openvino_msg", *_TRACKERS), False))
