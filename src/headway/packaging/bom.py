"""The machine-readable bill of materials: CycloneDX 1.6 with its model card block (https://cyclonedx.org/docs/1.6/json/)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from headway.contracts.manifest import MODEL, Manifest
from headway.contracts.scorecard import Scorecard

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:headway:bundle")
_DATASET = "dataset"


def serial_number(identity: str) -> str:
    """Return the document's serial number: equal bundles have equal ones."""
    return f"urn:uuid:{uuid.uuid5(_NAMESPACE, identity)}"


def bill_of_materials(
    manifest: Manifest,
    scorecard: Scorecard,
    *,
    architecture: str | None,
    description: str,
    licence: Mapping[str, str],
    limits: Sequence[str],
    box_counts: Mapping[str, int],
    versions: Mapping[str, str],
) -> dict[str, Any]:
    """Return the CycloneDX document, without a timestamp: equal inputs give an equal document.

    Args:
        manifest: of the bundle.
        scorecard: source of the performance metrics.
        architecture: what training started from, such as "yolo11n.yaml"; None where it is not said.
        description: what the model is for; may be empty.
        licence: of the weights, {"id": SPDX identifier} or {"name": text}.
        limits: the model card's limits.
        box_counts: labelled boxes in each split.
        versions: library -> version that made the model.
    """
    libraries = [
        {"type": "library", "bom-ref": f"pkg:pypi/{name}@{version}", "name": name, "version": version}
        | {"purl": f"pkg:pypi/{name}@{version}"}
        for name, version in sorted(versions.items())
    ]
    model = {
        "type": "machine-learning-model",
        "bom-ref": "model",
        "name": manifest.name,
        "version": manifest.identity[:12],
        "hashes": [{"alg": "SHA-256", "content": manifest.files[MODEL].sha256}],
        "licenses": [{"license": dict(licence)}],
        "modelCard": _model_card(manifest, scorecard, architecture, description, limits),
    }
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": serial_number(manifest.identity),
        "version": 1,
        "metadata": {"component": model | ({"description": description} if description else {})},
        "components": [_dataset(manifest, box_counts), *libraries],
        "dependencies": [
            {"ref": "model", "dependsOn": [_DATASET, *(library["bom-ref"] for library in libraries)]},
            {"ref": _DATASET},
            *({"ref": library["bom-ref"]} for library in libraries),
        ],
    }


def _model_card(
    manifest: Manifest, scorecard: Scorecard, architecture: str | None, description: str, limits: Sequence[str]
) -> dict[str, Any]:
    return {
        "modelParameters": {
            "approach": {"type": "supervised"},
            "task": "object-detection",
            "architectureFamily": "YOLO",
            **({"modelArchitecture": architecture} if architecture else {}),
            "datasets": [{"ref": _DATASET}],
            "inputs": [{"format": f"RGB image, {manifest.input.size} x {manifest.input.size}, letterboxed"}],
            "outputs": [{"format": "boxes with class and score"}],
        },
        "quantitativeAnalysis": {"performanceMetrics": _metrics(scorecard)},
        "considerations": {
            **({"useCases": [description]} if description else {}),
            "technicalLimitations": list(limits),
        },
        "properties": [
            {"name": "headway:identity", "value": manifest.identity},
            {"name": "headway:operating_threshold", "value": f"{manifest.operating_threshold:.6g}"},
            {"name": "headway:params_digest", "value": manifest.params_digest},
            {"name": "headway:upstream_digest", "value": manifest.upstream_digest},
        ],
    }


def _metrics(scorecard: Scorecard) -> list[dict[str, str]]:
    point, quality = scorecard.operating_point, scorecard.quality
    rows: list[tuple[str, float | None, str]] = [
        ("mAP50-95", quality.map50_95, "test"),
        ("mAP50", quality.map50, "test"),
        ("precision", point.precision, "test"),
        ("recall", point.recall, "test"),
        ("F1", point.f1, "test"),
        ("expected calibration error", scorecard.calibration.expected_calibration_error, "test"),
        *(("mAP50-95", score.map50_95, f"class {score.name}") for score in scorecard.per_class),
        *(
            ("mAP50-95", found.quality.map50_95, f"{found.corruption}, strength {found.strength}")
            for found in scorecard.slices
        ),
    ]
    return [{"type": kind, "value": f"{value:.4f}", "slice": where} for kind, value, where in rows if value is not None]


def _dataset(manifest: Manifest, box_counts: Mapping[str, int]) -> dict[str, Any]:
    counts = [{"name": f"headway:boxes:{split}", "value": str(count)} for split, count in box_counts.items()]
    classes = {"name": "headway:classes", "value": ", ".join(manifest.classes)}
    return {
        "type": "data",
        "bom-ref": _DATASET,
        "name": f"{manifest.name} data set",
        "version": manifest.dataset_digest[:12],
        "description": "The hash is over the class names, the labels and the SHA-256 of every image.",
        "hashes": [{"alg": "SHA-256", "content": manifest.dataset_digest}],
        "data": [{"type": "dataset", "name": manifest.name, "contents": {"properties": [classes, *counts]}}],
    }
