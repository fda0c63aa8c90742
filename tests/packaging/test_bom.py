"""The bill of materials follows its schema and tells the truth about the bundle."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from headway.contracts.layout import SCORECARD
from headway.contracts.manifest import BOM, MODEL, read_manifest
from headway.contracts.scorecard import read_scorecard
from headway.integrations.cyclonedx import check_bom
from headway.packaging.bom import bill_of_materials
from tests.scored_project import MODEL as FILES


@pytest.fixture
def bom(packaged_once: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((packaged_once / FILES.bundle / BOM).read_text())
    return document


def test_the_document_follows_cyclonedx(packaged_once: Path) -> None:
    assert [] == check_bom((packaged_once / FILES.bundle / BOM).read_text())


def test_the_model_is_named_by_its_digest_and_licence(packaged_once: Path, bom: dict[str, Any]) -> None:
    model = bom["metadata"]["component"]

    assert "machine-learning-model" == model["type"]
    assert read_manifest(packaged_once / FILES.bundle).files[MODEL].sha256 == model["hashes"][0]["content"]
    assert [{"license": {"id": "MIT"}}] == model["licenses"]


def test_metrics_are_those_of_the_scorecard(packaged_once: Path, bom: dict[str, Any]) -> None:
    metrics = bom["metadata"]["component"]["modelCard"]["quantitativeAnalysis"]["performanceMetrics"]
    quality = read_scorecard(packaged_once / SCORECARD).quality

    assert {"type": "mAP50-95", "value": f"{quality.map50_95:.4f}", "slice": "test"} == metrics[0]


def test_every_component_that_is_depended_on_is_listed(bom: dict[str, Any]) -> None:
    listed = {component["bom-ref"] for component in bom["components"]}

    assert listed == set(bom["dependencies"][0]["dependsOn"])


def test_there_is_no_timestamp(bom: dict[str, Any]) -> None:
    assert "timestamp" not in bom["metadata"]


@pytest.mark.parametrize("licence", [{"name": "Our own licence, v2"}, {"id": "AGPL-3.0"}])
@pytest.mark.parametrize(("architecture", "description"), [(None, ""), ("yolo26s.pt", "Finds blobs.")])
def test_the_document_follows_cyclonedx_whatever_is_left_out(
    packaged_once: Path, licence: dict[str, str], architecture: str | None, description: str
) -> None:
    document = bill_of_materials(
        read_manifest(packaged_once / FILES.bundle),
        read_scorecard(packaged_once / SCORECARD),
        architecture=architecture,
        description=description,
        licence=licence,
        limits=[],
        box_counts={},
        versions={},
    )

    assert [] == check_bom(json.dumps(document))
