"""Ultralytics' detection training, made exactly resumable.

What an epoch does depends on (seed, epoch) and on the state at its start,
and on nothing else; that state is kept in FP32 after every epoch. A run that
is killed and started again therefore ends with the weights of an unbroken one.
"""

from __future__ import annotations

import hashlib
import math
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
import ultralytics.engine.trainer
from ultralytics.models.yolo.detect import DetectionTrainer
from ultralytics.utils import DEFAULT_CFG, RANK
from ultralytics.utils.torch_utils import unwrap_model

from headway.contracts.dataset import read_dataset
from headway.errors import InputError, OutsideError
from headway.integrations.ultralytics.checkpoint_state import StateFolder
from headway.integrations.ultralytics.records import RecordsDataset
from headway.ports import Progress

_CRITERION_STATE = ("updates", "o2m", "o2o")
"""Attributes of the end-to-end loss (YOLO26) that change from epoch to epoch."""


class ResumableDetection(DetectionTrainer):
    """Trains on a prepared data set and goes on from the last whole epoch.

    Ultralytics attaches its trackers to classes with "Trainer" in their name;
    this one has none. All it needs comes in `overrides` (data = the prepared
    folder's data.yaml, project/name = the checkpoint folder), so that the
    processes of a multi-GPU run build the same object.
    """

    progress: Progress | None = None
    say: Callable[[str], None] | None = None

    def __init__(self, cfg: Any = DEFAULT_CFG, overrides: dict[str, Any] | None = None, _callbacks: Any = None) -> None:
        workers = (overrides or {}).get("workers")
        super().__init__(cfg, overrides, _callbacks)
        if workers is not None:
            self.args.workers = workers  # Ultralytics puts it to 0 on a CPU, whatever was asked
        self.folder = StateFolder(self.save_dir)
        self.rows: list[dict[str, float]] = []
        self._best_file = ""
        self._best_epoch = 0
        self._batch = 0
        self._last_step = -1
        self._step_offset = 0
        self._pending_gradients: list[torch.Tensor | None] | None = None
        self._ticks: Iterator[int] = iter(())

    # Start

    def train(self) -> None:
        """Train. Of several GPUs this process only starts the others'; it leaves the folder with the state as it is."""
        if self.ddp:
            self.resume = True  # else Ultralytics removes the folder first, state and lock with it
        super().train()

    def _setup_train(self) -> None:
        _trust_amp()  # here, for the processes of several GPUs run nothing of ours before
        super()._setup_train()

    # Data

    def get_dataset(self) -> dict[str, Any]:
        """Return Ultralytics' description of the prepared data set; no data.yaml is interpreted."""
        prepared = read_dataset(Path(self.args.data).parent)
        names = dict(enumerate(prepared.classes))
        return {
            "train": "train",
            "val": "val",
            "names": names,
            "nc": len(names),
            "channels": 3,
            "prepared": prepared,
            "scratch": self.save_dir / "decoded",
        }

    def build_dataset(self, img_path: str, mode: str = "train", batch: int | None = None) -> RecordsDataset:
        """Return the records of a split, augmented when `mode` is "train"."""
        training = mode == "train"
        return RecordsDataset(
            img_path=img_path,
            imgsz=self.args.imgsz,
            batch_size=batch,
            augment=training,
            hyp=self.args,
            rect=self.args.rect or not training,
            cache=self.args.cache or None,
            single_cls=self.args.single_cls,
            stride=max(int(unwrap_model(self.model).stride.max()), 32),
            pad=0.0 if training else 0.5,
            task="detect",
            classes=self.args.classes,
            data=self.data,
            fraction=self.args.fraction if training else 1.0,
        )

    # Epochs that depend on (seed, epoch) alone

    def run_callbacks(self, event: str) -> None:
        """Run Ultralytics' callbacks, and ours at the start of an epoch and around a batch."""
        if event == "on_train_epoch_start":
            self._begin_epoch()
        elif event == "on_train_batch_end":
            self._batch += 1
            next(self._ticks, None)
        elif event == "on_train_epoch_end":
            next(self._ticks, None)
        super().run_callbacks(event)

    def _begin_epoch(self) -> None:
        seed = _epoch_seed(self.args.seed, self.epoch, RANK)
        random.seed(seed)
        np.random.seed(seed % 2**32)  # Ultralytics' augmentations draw from this generator
        torch.manual_seed(seed)
        self.train_loader.reset()  # workers of the last epoch hold its random state
        self.train_loader.generator.manual_seed(seed)
        self.train_loader.dataset.forget_images()
        self._batch = len(self.train_loader) * self.epoch
        self._oom_retries = math.inf  # else Ultralytics halves the batch where memory is short, and records do not tell
        if self._pending_gradients is not None:
            for parameter, gradient in zip(self.model.parameters(), self._pending_gradients, strict=True):
                parameter.grad = None if gradient is None else gradient.to(self.device)
            self._pending_gradients = None
            self._step_offset = self._last_step + 1
        if self.progress is not None and RANK in {-1, 0}:
            label = f"epoch {self.epoch + 1}/{self.epochs}"
            count = len(self.train_loader)
            self._ticks = iter(self.progress(range(count), label=label, total=count))
            next(self._ticks, None)

    # Gradients that are carried over an epoch's end (nbs above batch)

    @property
    def accumulate(self) -> int:
        """Batches per optimizer step.

        Ultralytics compares it with the batches since the last step, which it
        counts from -1 after a start; the offset restores the true distance.
        """
        return self._accumulate + self._step_offset

    @accumulate.setter
    def accumulate(self, batches: int) -> None:
        self._accumulate = batches

    def optimizer_step(self) -> None:
        """Step, and remember at which batch."""
        super().optimizer_step()
        self._last_step = self._batch
        self._step_offset = 0

    # State after every epoch

    def save_metrics(self, metrics: dict[str, Any]) -> None:
        """Keep the epoch's losses, validation metrics and learning rates; no clock times."""
        row = {"epoch": float(self.epoch + 1)} | {name: float(value) for name, value in metrics.items()}
        self.rows.append(row)
        if self.say is not None:
            self.say(_describe(row, self.epochs))

    def save_model(self) -> bool:
        """Keep the state after this epoch, and its weights when they are the best so far."""
        if self.best_fitness == self.fitness:
            self._best_epoch = self.epoch + 1
            self._best_file = self.folder.write_best(self.ema.ema.state_dict(), self._best_epoch)
        model = unwrap_model(self.model)
        criterion = getattr(model, "criterion", None)
        self.folder.write(
            {
                "epoch": self.epoch,
                "finished": bool(self.stop),
                "device": self.device.type,
                "model": model.state_dict(),
                "ema": self.ema.ema.state_dict(),
                "ema_updates": self.ema.updates,
                "optimizer": self.optimizer.state_dict(),
                "scaler": self.scaler.state_dict(),
                "criterion": {name: getattr(criterion, name) for name in _CRITERION_STATE if hasattr(criterion, name)},
                "stopper": {
                    "best_fitness": float(self.stopper.best_fitness),
                    "best_epoch": self.stopper.best_epoch,
                    "possible_stop": self.stopper.possible_stop,
                },
                "best_fitness": None if self.best_fitness is None else float(self.best_fitness),
                "best_epoch": self._best_epoch,
                "best_file": self._best_file,
                "last_step": self._last_step,
                "gradients": [parameter.grad for parameter in self.model.parameters()],
                "rows": self.rows,
                "yaml": model.yaml,
                "arguments": {"optimizer": self.args.optimizer, "lr0": self.args.lr0},
            }
        )
        return True

    def resume_training(self, ckpt: Any) -> None:  # noqa: ARG002 (Ultralytics passes its own checkpoint)
        """Go on from the kept state."""
        state = self.folder.read()
        if state is None:
            return
        if state["device"] != self.device.type:
            raise OutsideError(
                f"this training began on {state['device']}; on {self.device.type} it would end with other weights",
                hint=f"run it where it began, or remove {self.folder.folder} to start afresh",
            )
        model = unwrap_model(self.model)
        model.load_state_dict(state["model"])
        self.ema.ema.load_state_dict(state["ema"])
        self.ema.updates = state["ema_updates"]
        self.optimizer.load_state_dict(state["optimizer"])
        self.scaler.load_state_dict(state["scaler"])
        if state["criterion"]:
            model.criterion = model.init_criterion()
            _assign(model.criterion, state["criterion"])
        _assign(self.stopper, state["stopper"])
        self.best_fitness = state["best_fitness"]
        self._best_epoch = state["best_epoch"]
        self._best_file = state["best_file"]
        self._last_step = state["last_step"]
        self._pending_gradients = state["gradients"]
        self.rows = state["rows"]
        self.start_epoch = state["epoch"] + 1
        if self.say is not None:
            self.say(f"resuming after epoch {self.start_epoch} of {self.epochs}")

    def final_eval(self) -> None:
        """Do nothing: the evaluate stage scores the file that ships."""

    def _handle_nan_recovery(self, epoch: int) -> bool:
        finite = self.loss is None or bool(self.loss.isfinite())
        if not finite:
            raise InputError(
                f"the loss became {float(self.loss)} in epoch {epoch + 1}",
                hint="lower train.lr0, or train with amp: false; the epochs before it are kept",
            )
        return False


def _assign(target: object, attributes: dict[str, Any]) -> None:
    for name, value in attributes.items():
        setattr(target, name, value)


def _epoch_seed(seed: int, epoch: int, rank: int) -> int:
    digest = hashlib.sha256(f"{seed}/{epoch}/{max(rank, 0)}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def _describe(row: dict[str, float], epochs: int) -> str:
    losses = {name.removeprefix("train/").removesuffix("_loss"): row[name] for name in row if name.startswith("train/")}
    told = " ".join(f"{name} {value:.3f}" for name, value in losses.items())
    return f"epoch {row['epoch']:.0f}/{epochs}: {told}, val mAP50 {row.get('metrics/mAP50(B)', 0.0):.3f}"


def _trust_amp() -> None:
    """Replace Ultralytics' AMP check, which downloads a model to compare with."""
    ultralytics.engine.trainer.check_amp = _is_on_accelerator


def _is_on_accelerator(model: torch.nn.Module) -> bool:
    return next(model.parameters()).device.type not in {"cpu", "mps"}
