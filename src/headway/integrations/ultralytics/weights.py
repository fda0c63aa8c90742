"""Starting points of a training: an architecture, weights in a file, or weights that Ultralytics publishes."""

from __future__ import annotations

from pathlib import Path

from headway.errors import InputError, OutsideError


def find_model(name: str) -> str:
    """Return what Ultralytics can start from: the name of an architecture, or the path of a weights file.

    Published weights (yolo11n.pt, yolo26s.pt, ...) that are not here yet are fetched into the working folder's
    `.headway/weights`, where the next run finds them.

    Raises:
        InputError: no such architecture, or a name that is neither a file nor published.
        OutsideError: the weights are published but could not be fetched.
    """
    return _find_weights(name) if name.endswith(".pt") else _find_architecture(name)


def _find_architecture(name: str) -> str:
    from ultralytics.nn.tasks import yaml_model_load

    try:
        yaml_model_load(name)
    except FileNotFoundError as error:
        raise InputError(
            f"train.model: there is no architecture {name!r}", hint="use yolo11n.yaml, yolo26n.yaml, or a path"
        ) from error
    return name


def _find_weights(name: str) -> str:
    from ultralytics.utils.downloads import GITHUB_ASSETS_NAMES, safe_download

    if Path(name).is_file():
        return name
    if name not in GITHUB_ASSETS_NAMES:
        raise InputError(
            f"train.model: {name!r} is neither a file nor weights that Ultralytics publishes",
            hint="use a path, yolo11n.pt or yolo26n.pt, or train from the architecture alone: yolo11n.yaml",
        )
    target = Path(".headway/weights") / name
    if not target.is_file():
        url = f"https://github.com/ultralytics/assets/releases/download/v8.4.0/{name}"
        partial = target.with_suffix(".partial")
        try:
            safe_download(url=url, file=partial, min_bytes=1e5, retry=0, exist_ok=True, progress=False, unzip=False)
            partial.rename(target)
        except Exception as error:  # Ultralytics raises what its HTTP client does, unwrapped
            partial.unlink(missing_ok=True)
            raise OutsideError(
                f"train.model: {name} is not here and could not be fetched ({error})",
                hint=f"connect to a network once, put the file at {target}, or use {name.removesuffix('.pt')}.yaml",
            ) from error
    return str(target)
