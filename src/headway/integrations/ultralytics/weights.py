"""Starting points of a training: an architecture, weights in a file, or weights that Ultralytics publishes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from ultralytics.nn.modules.head import Detect
from ultralytics.nn.tasks import DetectionModel, torch_safe_load, yaml_model_load
from ultralytics.utils.downloads import GITHUB_ASSETS_NAMES, safe_download

from headway.errors import InputError, OutsideError

_RELEASE = "https://github.com/ultralytics/assets/releases/download/v8.4.0"
_FETCHED = Path(".headway/weights")


def find_model(name: str) -> str:
    """Return what Ultralytics can start from: the name of an architecture, or the path of a weights file.

    Raises:
        InputError: there is no such architecture or file, or it is no detector.
        OutsideError: the weights are published but could not be fetched.
    """
    return find_weights(name, "train.model") if name.endswith(".pt") else _find_architecture(name)


def find_weights(name: str, key: str) -> str:
    """Return the path of detector weights that params.yaml names at `key`.

    Published weights (yolo11n.pt, yolo26s.pt, ...) that are not here yet are
    fetched into `.headway/weights`, where the next run finds them.

    Raises:
        InputError: `name` is neither a file nor published, or holds no detector.
        OutsideError: the weights are published but could not be fetched.
    """
    path = Path(name) if Path(name).is_file() else _FETCHED / name
    if not path.is_file():
        if name not in GITHUB_ASSETS_NAMES:
            raise InputError(
                f"{key}: {name!r} is neither a file nor weights that Ultralytics publishes",
                hint="use a path, yolo11n.pt or yolo26n.pt, or train from the architecture alone: yolo11n.yaml",
            )
        _fetch(name, path, key)
    read_detector(path, hint="use the weights of a YOLO detector, or an architecture such as yolo11n.yaml")
    return str(path)


def read_detector(path: Path, *, hint: str) -> tuple[DetectionModel, dict[str, Any]]:
    """Return the model in a checkpoint, and the arguments it was trained with.

    A `.pt` is a pickle, which can run code when it is loaded: only classes on
    Ultralytics' allow-list are built here, and no `.pt` enters the release path.

    Raises:
        InputError: the file is no checkpoint, is damaged, or holds no detector; `hint` says what to do.
    """
    try:
        content, _ = torch_safe_load(path, safe_only=True)
    except Exception as error:  # a damaged pickle can raise anything
        raise InputError(f"{path} is no model checkpoint, or is damaged", hint=hint) from error
    model = (content.get("ema") or content.get("model")) if isinstance(content, dict) else None
    if not isinstance(model, DetectionModel) or type(model.model[-1]) is not Detect:
        raise InputError(f"{path} holds {_described(model)}, no YOLO detector", hint=hint)
    return model, dict(content.get("train_args") or {})


def _find_architecture(name: str) -> str:
    hint = "use yolo11n.yaml, yolo26n.yaml, or a path"
    try:
        head = yaml_model_load(name)["head"][-1][2]
    except FileNotFoundError as error:
        raise InputError(f"train.model: there is no architecture {name!r}", hint=hint) from error
    except (KeyError, IndexError, TypeError) as error:
        raise InputError(f"train.model: {name!r} describes no architecture", hint=hint) from error
    if head != Detect.__name__:
        raise InputError(f"train.model: {name!r} ends in a {head} head, no YOLO detector", hint=hint)
    return name


def _fetch(name: str, target: Path, key: str) -> None:
    partial = target.with_suffix(".partial")
    try:
        safe_download(
            url=f"{_RELEASE}/{name}", file=partial, min_bytes=1e5, retry=0, exist_ok=True, progress=False, unzip=False
        )
        partial.rename(target)
    except Exception as error:  # Ultralytics raises what its HTTP client does, unwrapped
        partial.unlink(missing_ok=True)
        raise OutsideError(
            f"{key}: {name} is not here and could not be fetched ({error})",
            hint=f"connect to a network once, put the file at {target}, or use {name.removesuffix('.pt')}.yaml",
        ) from error


def _described(model: object) -> str:
    head = getattr(model, "model", [None])[-1] if isinstance(model, torch.nn.Module) else None
    return f"a {type(model).__name__}" + (f" with a {type(head).__name__} head" if head is not None else "")
