"""Everything a killed training needs to go on as if nothing had happened, in FP32, written by atomic rename.

Ultralytics' own checkpoint keeps an FP16 average of the weights only, so a
run resumed from it ends elsewhere than an unbroken one.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from headway.contracts import atomic
from headway.errors import InputError

FORMAT = 2
STATE = "state.pt"


@dataclass(frozen=True)
class StateFolder:
    """The checkpoint folder of one training.

    `state.pt` names the file with the best weights so far; that file is written
    first, so that the two never disagree, and older ones are removed last.
    """

    folder: Path

    def read(self) -> dict[str, Any] | None:
        """Return the state after the last whole epoch, or None before the first."""
        path = self.folder / STATE
        if not path.exists():
            return None
        try:
            state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        except Exception as error:
            raise InputError(f"{path} cannot be read: {error}", hint=f"remove {self.folder} to start afresh") from error
        if state.get("format") != FORMAT:
            raise InputError(f"{path} is of another version", hint=f"remove {self.folder} to start afresh")
        return state

    def write(self, state: dict[str, Any]) -> None:
        """Replace the state by `state`."""
        _save(state | {"format": FORMAT}, self.folder / STATE)
        for path in self.folder.glob("best-*.pt"):
            if path.name != state["best_file"]:
                path.unlink()

    def write_best(self, weights: dict[str, torch.Tensor], epoch: int) -> str:
        """Keep the weights of 1-based `epoch`; return the file's name for the state."""
        name = f"best-{epoch}.pt"
        _save(weights, self.folder / name)
        return name

    def read_best(self, state: dict[str, Any]) -> dict[str, torch.Tensor]:
        """Return the weights that `state` calls the best."""
        weights: dict[str, torch.Tensor] = torch.load(
            self.folder / state["best_file"], map_location="cpu", weights_only=True
        )
        return weights


def _save(value: Any, path: Path) -> None:
    with atomic.binary_file(path) as file:
        torch.save(value, file)
