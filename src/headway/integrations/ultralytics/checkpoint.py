"""A detector's checkpoint: where exports start from, and what they are held against."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
import torchvision  # noqa: F401  (once imported, Ultralytics suppresses with it: its own loop takes 20 times as long)
import ultralytics
from numpy.typing import NDArray
from ultralytics.nn.tasks import DetectionModel
from ultralytics.utils.nms import non_max_suppression

from headway.contracts.model_facts import ExportFacts
from headway.errors import InputError
from headway.integrations.ultralytics.tracing import fused, trace_network
from headway.integrations.ultralytics.weights import read_detector

_NMS_SECONDS_AN_IMAGE = 3600.0
_MOST_CANDIDATES = 1_000_000


class Checkpoint:
    """A trained detector in Ultralytics' own form. Implements `ports.Checkpoint`."""

    def __init__(self, model: DetectionModel, train_size: int) -> None:
        self._model = model
        self._train_size = train_size

    @property
    def classes(self) -> tuple[str, ...]:
        return tuple(self._model.names[class_id] for class_id in sorted(self._model.names))

    @property
    def train_size(self) -> int:
        return self._train_size

    @property
    def end2end(self) -> bool:
        return getattr(self._model.model[-1], "one2one_cv2", None) is not None

    def trace(self, facts: ExportFacts, *, opset: int) -> bytes:
        return trace_network(self._model, facts, opset)

    def runtime(self, facts: ExportFacts) -> CheckpointRuntime:
        return CheckpointRuntime(self._model, facts)


class CheckpointRuntime:
    """Runs the checkpoint with torch and Ultralytics' own suppression. Implements `ports.Runtime`.

    Several labels of a box are kept, as Ultralytics does when it validates and as the exported file does.
    """

    def __init__(self, model: DetectionModel, facts: ExportFacts) -> None:
        self._network = fused(model, facts)
        self._facts = facts

    @property
    def input_size(self) -> int:
        return self._facts.input_size

    @property
    def classes(self) -> tuple[str, ...]:
        return self._facts.classes

    @property
    def engine(self) -> str:
        return f"torch {torch.__version__}, ultralytics {ultralytics.__version__}"

    def run(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        facts = self._facts
        with torch.inference_mode():
            found = non_max_suppression(
                self._network(torch.from_numpy(batch)),
                conf_thres=facts.score_floor,
                iou_thres=facts.iou,
                multi_label=True,
                max_det=facts.max_det,
                max_time_img=_NMS_SECONDS_AN_IMAGE,  # by default slow images come back empty
                max_nms=_MOST_CANDIDATES,
                end2end=facts.end2end,
            )
        rows = np.zeros((len(batch), facts.max_det, 6), dtype=np.float32)
        for target, image_rows in zip(rows, found, strict=True):
            target[: len(image_rows)] = image_rows.numpy()
        return rows


def load_checkpoint(path: Path) -> Checkpoint:
    """Load the weights that the train stage wrote.

    Raises:
        InputError: the file is missing, no checkpoint, or holds no detector.
    """
    if not path.is_file():
        raise InputError(f"{path} does not exist", hint="run: dvc repro train")
    model, arguments = read_detector(path, hint="train again: dvc repro --force train")
    return Checkpoint(model, int(arguments.get("imgsz", 640)))
