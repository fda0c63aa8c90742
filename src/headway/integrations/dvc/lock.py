"""DVC's own way to write dvc.lock."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path


def drop_entries(path: Path, stages: Collection[str]) -> None:
    """Take the entries of `stages` out, so that `dvc repro` runs these stages; a name without an entry is passed over.

    Raises:
        OSError: the file cannot be written.
    """
    if not stages or not path.exists():
        return
    from dvc.utils.serialize import modify_yaml

    with modify_yaml(str(path)) as content:
        for stage in stages:
            content.get("stages", {}).pop(stage, None)
