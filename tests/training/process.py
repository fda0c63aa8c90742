"""One training in a process of its own, for tests that kill it: `python -m tests.training.process SPEC.json`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from headway.contracts.dataset import read_dataset
from headway.integrations.ultralytics.quiet import silence


def _quietly(items: Iterable[Any], *, label: str, total: int | None = None) -> Iterable[Any]:
    return items


def main() -> None:
    spec = json.loads(Path(sys.argv[1]).read_text())
    silence(Path(spec["state"]))
    import torch

    from headway.integrations.ultralytics.trainer import UltralyticsTrainer

    torch.set_num_threads(1)
    trained = UltralyticsTrainer().train(
        read_dataset(Path(spec["data"])),
        spec["arguments"],
        checkpoints=Path(spec["checkpoints"]),
        progress=_quietly,
        say=lambda line: print(line, flush=True),
    )
    trained.save(Path(spec["weights"]))


if __name__ == "__main__":
    main()
