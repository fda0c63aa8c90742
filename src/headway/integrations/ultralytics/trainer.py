"""Implements `ports.Trainer` with Ultralytics. Call `quiet.silence` before importing this module."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from ultralytics.nn.tasks import DetectionModel

from headway.contracts import atomic
from headway.contracts.dataset import PreparedDataset
from headway.errors import InputError, OutsideError
from headway.integrations.ultralytics.checkpoint_state import StateFolder
from headway.integrations.ultralytics.training import ResumableDetection
from headway.integrations.ultralytics.weights import find_model, find_weights
from headway.ports import Progress


@dataclass(frozen=True)
class TrainedDetector:
    """The best weights of a finished training. Implements `ports.TrainedModel`."""

    epochs: Sequence[Mapping[str, float]]
    best_epoch: int
    architecture: Mapping[str, Any]
    classes: tuple[str, ...]
    weights: Mapping[str, torch.Tensor]
    resumed_epochs: int
    arguments: Mapping[str, Any]

    def save(self, path: Path) -> None:
        """Write an Ultralytics checkpoint in FP32; equal weights and arguments give equal bytes.

        The model is built afresh around the weights, so that a resumed run and
        an unbroken one pickle the same objects. No date, path or time goes in.
        """
        model = DetectionModel(dict(self.architecture), ch=3, nc=len(self.classes), verbose=False)
        model.load_state_dict(self.weights)
        model.names = dict(enumerate(self.classes))
        model.args = dict(self.arguments)
        model.task = "detect"
        for parameter in model.parameters():
            parameter.requires_grad_(False)
        checkpoint = {
            "epoch": -1,
            "model": model.eval(),
            "ema": None,
            "train_args": dict(self.arguments),
            "version": version("ultralytics-opencv-headless"),
            "license": "AGPL-3.0",
        }
        with atomic.binary_file(path) as file:
            torch.save(checkpoint, file)


class UltralyticsTrainer:
    """Trains YOLO11 and YOLO26 detectors, resumably. Implements `ports.Trainer`."""

    def train(
        self,
        dataset: PreparedDataset,
        arguments: Mapping[str, Any],
        *,
        checkpoints: Path,
        progress: Progress,
        say: Callable[[str], None],
    ) -> TrainedDetector:
        """Train, or go on from what `checkpoints` holds.

        Raises:
            InputError: the starting weights are no detector, an argument cannot be used, the loss diverged, or a batch
                does not fit into the GPU's memory.
            OutsideError: the device is not there or not of the kind the run began on, or weights could not be fetched.
        """
        _check_classes(dataset, arguments)
        folder = StateFolder(checkpoints)
        state = folder.read()
        resumed_epochs = 0 if state is None else len(state["rows"])
        if state is None or not state["finished"]:
            _run(_overrides(dataset, arguments, checkpoints), progress, say)
            state = folder.read()
        assert state is not None
        return TrainedDetector(
            epochs=state["rows"],
            best_epoch=state["best_epoch"],
            architecture=state["yaml"],
            classes=dataset.classes,
            weights=folder.read_best(state),
            resumed_epochs=resumed_epochs,
            arguments={"task": "detect", **arguments},
        )


def _overrides(dataset: PreparedDataset, arguments: Mapping[str, Any], checkpoints: Path) -> dict[str, Any]:
    files = {
        key: find_weights(arguments[key], f"train.{key}")
        for key in ("pretrained", "distill_model")
        if isinstance(arguments.get(key), str)
    }
    return {
        **arguments,
        **files,
        "model": find_model(str(arguments["model"])),
        "task": "detect",
        "mode": "train",
        "data": str((dataset.root / "data.yaml").resolve()),
        "project": str(checkpoints.parent.resolve()),
        "name": checkpoints.name,
        "exist_ok": True,
        "plots": False,
    }


def _check_classes(dataset: PreparedDataset, arguments: Mapping[str, Any]) -> None:
    count = len(dataset.classes)
    if arguments.get("single_cls") and count > 1:
        raise InputError(
            f"train.single_cls: the data has {count} classes, and what ships must know them",
            hint="prepare a data set of one class instead",
        )
    chosen = arguments.get("classes")
    unknown = [number for number in ([chosen] if isinstance(chosen, int) else chosen or ()) if not 0 <= number < count]
    if unknown:
        raise InputError(
            f"train.classes: there is no class {unknown[0]}", hint=f"the data has the classes 0 to {count - 1}"
        )


def _run(overrides: dict[str, Any], progress: Progress, say: Callable[[str], None]) -> None:
    try:
        training = ResumableDetection(overrides=overrides)
        if training.device.type == "cpu" and str(overrides.get("device") or "cpu") != "cpu":
            raise _no_device(overrides["device"], "Ultralytics would fall back to the CPU")
        training.progress, training.say = progress, say
        training.train()
    except torch.OutOfMemoryError as error:
        raise InputError(
            f"train: a batch does not fit into the memory of the GPU ({_first_line(error)})",
            hint="lower train.batch or train.imgsz, or free the GPU; the epochs before it are kept",
        ) from error
    except ValueError as error:
        if "device" in str(error).lower():
            raise _no_device(overrides.get("device"), _first_line(error)) from error
        raise InputError(f"train: {_first_line(error)}", hint="edit the train section of params.yaml") from error
    except ImportError as error:
        raise InputError(f"train: an argument needs a package that is not installed ({error})") from error
    except (TypeError, NotImplementedError, SyntaxError) as error:
        raise InputError(f"train: {_first_line(error)}", hint="edit the train section of params.yaml") from error


def _no_device(device: object, reason: str) -> OutsideError:
    return OutsideError(
        f"train.device: {device!r} is not here ({reason})", hint="use train.device: cpu, or run where the GPU is"
    )


def thread_count() -> int:
    """Return how many threads one operation uses on the CPU; another count gives other weights."""
    return int(torch.get_num_threads())


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__
