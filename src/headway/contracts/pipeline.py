"""Reads dvc.yaml as far as a stage needs to know itself."""

from __future__ import annotations

from pathlib import Path

from headway.contracts.params.document import read_document
from headway.errors import InputError


def stage_dependencies(pipeline: Path, stage: str) -> list[Path]:
    """Return the paths that `stage` depends on, as dvc.yaml writes them (templated ones left out).

    Raises:
        InputError: dvc.yaml is missing, is not YAML, or has no such stage.
    """
    stages = read_document(pipeline).values.get("stages", {})
    if stage not in stages:
        raise InputError(f"{pipeline} has no stage {stage!r}", hint="compare it with the default dvc.yaml")
    return [Path(path) for path in stages[stage].get("deps", []) if isinstance(path, str) and "${" not in path]
