"""Real YOLO networks with seeded random weights, whose scores and boxes depend on the image; no training."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from ultralytics.nn.tasks import DetectionModel

SIZE = 64
CLASSES = ("circle", "square", "triangle")


def save_detector(path: Path, architecture: str, *, classes: tuple[str, ...] = CLASSES, size: int = SIZE) -> Path:
    """Save a checkpoint as the train stage does: `model` and `train_args`."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = DetectionModel(architecture, nc=len(classes), verbose=False)
        _spread_features(model, size)
    model.names = dict(enumerate(classes))
    torch.save({"model": model.eval(), "ema": None, "train_args": {"imgsz": size}}, path)
    return path


def patchwork(count: int, *, size: int = SIZE, seed: int = 0) -> NDArray[np.float32]:
    """Return (count, 3, size, size) images in [0, 1] of 8 x 8 random patches, which differ at every scale."""
    coarse = np.random.default_rng(seed).random((count, 3, 8, 8), dtype=np.float32)
    return np.kron(coarse, np.ones((size // 8, size // 8), dtype=np.float32))


def _spread_features(model: DetectionModel, size: int) -> None:
    """Give batch normalisation real statistics, without which random layers fade to a constant; then set the heads."""
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.reset_running_stats()
            module.momentum = None  # a plain mean over what it sees
    images = torch.from_numpy(patchwork(32, size=size, seed=1))
    with torch.no_grad():
        model.train()(images)
        model.eval()
        head = model.model[-1]
        distances = -0.7 * torch.arange(head.reg_max).repeat(4) if head.reg_max > 1 else torch.full((4,), 1.5)
        for prefix in ("", "one2one_"):
            _normalise(model, images, getattr(head, f"{prefix}cv2", None) or (), std=0.3, bias=distances)
            _normalise(model, images, getattr(head, f"{prefix}cv3", None) or (), std=1.5, bias=torch.tensor(-2.0))


def _normalise(
    model: DetectionModel,
    images: torch.Tensor,
    branches: Iterable[torch.nn.Sequential],
    *,
    std: float,
    bias: torch.Tensor,
) -> None:
    """Scale each branch's last convolution so that its output has this spread around `bias`."""
    for branch in branches:
        last, outputs = branch[-1], list[torch.Tensor]()
        hook = last.register_forward_hook(lambda module, inputs, output, kept=outputs: kept.append(output))
        model(images)
        hook.remove()
        centred = outputs[0] - outputs[0].mean((0, 2, 3), keepdim=True)
        scale = std / centred.std()
        last.bias.data = (last.bias.data - outputs[0].mean((0, 2, 3))) * scale + bias
        last.weight.data *= scale
