"""All of params.yaml at once: for `headway params check`, never for a stage (each reads its own section)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from headway.contracts.layout import PIPELINE
from headway.contracts.params.document import (
    Document,
    Fault,
    ParamsError,
    Section,
    check_section,
    read_document,
    unknown_key,
)
from headway.contracts.params.evaluate import EvaluateParams
from headway.contracts.params.export import ExportParams
from headway.contracts.params.gate import GateParams
from headway.contracts.params.model import DEFAULT, ModelName, check_model
from headway.contracts.params.package import PackageParams
from headway.contracts.params.prepare import PrepareParams
from headway.contracts.params.train import TrainParams


class Params(Section):
    """The whole of params.yaml."""

    model: ModelName = DEFAULT
    """Name of the model: its files lie under models/<model>/."""
    prepare: PrepareParams = PrepareParams()
    train: TrainParams = TrainParams()
    export: ExportParams = ExportParams()
    evaluate: EvaluateParams = EvaluateParams()
    package: PackageParams = PackageParams()
    gate: GateParams = GateParams()


SECTIONS: dict[str, type[Section]] = {
    "prepare": PrepareParams,
    "train": TrainParams,
    "export": ExportParams,
    "evaluate": EvaluateParams,
    "package": PackageParams,
    "gate": GateParams,
}


def check_params(path: Path) -> Params:
    """Validate every section of `path`, and that it holds what the dvc.yaml beside it needs.

    Raises:
        ParamsError: with the faults of all sections, each with its line.
        InputError: the file cannot be read as a YAML mapping.
    """
    document = read_document(path)
    faults = [*_unknown_sections(document), *_missing_keys(document), *check_model(document)]
    sections: dict[str, Any] = {}
    for name, model in SECTIONS.items():
        sections[name], found = check_section(document, name, model)
        faults += found
    if faults:
        raise ParamsError(str(path), faults)
    return Params(model=document.values.get("model", DEFAULT), **sections)


def params_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of params.yaml, for editors."""
    schema = Params.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "Headway params.yaml"}


def _unknown_sections(document: Document) -> list[Fault]:
    known = Params.model_fields
    return [
        Fault(document.line_of((name,)), name, unknown_key(name, known))
        for name in map(str, document.values)  # YAML's keys may be null, numbers or dates
        if name not in known
    ]


def _missing_keys(document: Document) -> list[Fault]:
    """Find keys that DVC wants written down: it knows no defaults, and says so only when it comes to the stage."""
    pipeline = Path(document.file).with_name(PIPELINE.name)
    if not pipeline.is_file():
        return []
    paths = [tuple(key.split(".")) for key in _keys_in(pipeline)]
    reason = f"missing: {pipeline.name} needs it written down"
    return [
        Fault(document.line_of(path), ".".join(path), f"{reason}, if only as {{}}" if path[-1] in SECTIONS else reason)
        for path in paths
        if path not in document.lines
    ]


def _keys_in(pipeline: Path) -> list[str]:
    """Return the keys of params.yaml that a dvc.yaml names, in `params:` or as ${...}."""
    stages = read_document(pipeline).values.get("stages") or {}
    listed = [key for stage in stages.values() if isinstance(stage, dict) for key in stage.get("params", [])]
    used = re.findall(r"\$\{([\w.]+)\}", pipeline.read_text(encoding="utf-8"))
    return sorted({*used, *(key for key in listed if isinstance(key, str))})
