"""The published JSON Schema lets editors complete params.yaml."""

from __future__ import annotations

import json

import jsonschema
import pytest
import yaml

from headway.contracts.canonical import readable_json
from headway.contracts.params.whole import params_schema
from tests.conftest import ROOT

PUBLISHED = ROOT / "docs/params.schema.json"


def test_the_published_schema_is_the_current_one() -> None:
    assert readable_json(params_schema()) == PUBLISHED.read_text()


def test_the_default_params_follow_the_schema() -> None:
    jsonschema.Draft202012Validator(json.loads(PUBLISHED.read_text())).validate(
        yaml.safe_load((ROOT / "params.yaml").read_text())
    )


def test_the_schema_refuses_an_unknown_key() -> None:
    with pytest.raises(jsonschema.ValidationError, match="epoch"):
        jsonschema.validate({"train": {"epoch": 3}}, json.loads(PUBLISHED.read_text()))


def test_every_key_is_described_for_the_editor() -> None:
    definitions = json.loads(PUBLISHED.read_text())["$defs"]
    undescribed = [
        f"{name}.{key}"
        for name in ("PrepareParams", "TrainParams", "ExportParams", "EvaluateParams", "PackageParams")
        for key, value in definitions[name]["properties"].items()
        if "description" not in value and "$ref" not in value and "allOf" not in value
    ]

    assert [] == undescribed


def test_params_yaml_names_its_schema() -> None:
    assert "$schema=docs/params.schema.json" in (ROOT / "params.yaml").read_text().splitlines()[0]
