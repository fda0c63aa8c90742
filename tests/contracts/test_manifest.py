"""The identity covers everything in the manifest, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.contracts.manifest import (
    MANIFEST,
    FileDigest,
    InputFacts,
    Manifest,
    Metrics,
    identity_of,
    manifest_json,
    read_manifest,
    seal,
)
from headway.errors import InputError
from tests.finished_run import at_threshold, quality

DIGEST = FileDigest(sha256="1" * 64, md5="2" * 32, size_bytes=3)
CONTENT: dict[str, Any] = {
    "name": "detector",
    "classes": ("can", "jar"),
    "input": InputFacts(size=160, padding=114),
    "operating_threshold": 0.3,
    "files": {"model.onnx": DIGEST},
    "dataset_digest": "3" * 64,
    "params_digest": "4" * 64,
    "upstream_digest": "5" * 64,
    "scorecard": DIGEST,
    "metrics": Metrics(
        quality=quality(0.5, 0.8), operating_point=at_threshold(8, 1, 2), expected_calibration_error=None
    ),
}
CHANGES: dict[str, Any] = {
    "name": "other",
    "classes": ("jar", "can"),
    "input": InputFacts(size=192, padding=114),
    "operating_threshold": 0.31,
    "files": {"model.onnx": DIGEST, "labels.json": DIGEST},
    "dataset_digest": "a" * 64,
    "params_digest": "a" * 64,
    "upstream_digest": "a" * 64,
    "scorecard": FileDigest(sha256="1" * 64, md5="2" * 32, size_bytes=4),
    "metrics": Metrics(
        quality=quality(0.5, 0.7), operating_point=at_threshold(8, 1, 2), expected_calibration_error=None
    ),
}


def test_every_field_but_the_identity_is_changed_below() -> None:
    assert set(Manifest.model_fields) - {"identity", "schema_version"} == set(CHANGES)


@pytest.mark.parametrize("field", sorted(CHANGES))
def test_the_identity_changes_with_every_field(field: str) -> None:
    assert seal(**CONTENT).identity != seal(**{**CONTENT, field: CHANGES[field]}).identity


@given(st.permutations(sorted(CONTENT)))
def test_the_identity_does_not_depend_on_order(names: list[str]) -> None:
    assert seal(**CONTENT).identity == seal(**{name: CONTENT[name] for name in names}).identity


def test_a_manifest_comes_back_from_its_file(tmp_path: Path) -> None:
    manifest = seal(**CONTENT)
    (tmp_path / MANIFEST).write_text(manifest_json(manifest))

    assert manifest == read_manifest(tmp_path)
    assert manifest.identity == identity_of(read_manifest(tmp_path))


def test_a_folder_without_manifest_is_no_bundle(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not a bundle"):
        read_manifest(tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('"schema_version": 1', '"schema_version": 2', "schema_version"),
        ('"name": "detector"', '"name": "detector", "extra": 1', "extra: Extra inputs"),
        ('"2222', '"zz22', "files.model.onnx.md5"),
        ("{", "", "no manifest of schema 1"),
    ],
)
def test_another_schema_is_refused_with_the_field(tmp_path: Path, old: str, new: str, reason: str) -> None:
    (tmp_path / MANIFEST).write_text(manifest_json(seal(**CONTENT)).replace(old, new))

    with pytest.raises(InputError, match=reason):
        read_manifest(tmp_path)
