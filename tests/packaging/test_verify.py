"""Whatever is wrong with a bundle is found, and said."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headway.cli.bundle import installed_checks
from headway.contracts.canonical import readable_json
from headway.contracts.manifest import (
    BOM,
    GOLDEN,
    LABELS,
    MANIFEST,
    MODEL,
    PROFILE,
    PROVENANCE,
    digest_file,
    identity_of,
    manifest_json,
    read_manifest,
)
from headway.errors import InputError
from headway.packaging.verify import verify_bundle
from tests.blob_detector import save_blob_detector
from tests.scored_project import MODEL as MODEL_FILES


def faults_of(bundle: Path) -> str:
    return "\n".join(verify_bundle(bundle, installed_checks()).faults)


def reseal(bundle: Path, **changes: Any) -> None:
    """Give the manifest the digests of the files that are there, and a matching identity, as a forger would."""
    manifest = read_manifest(bundle)
    files = {name: digest_file(bundle / name) for name in manifest.files}
    forged = manifest.model_copy(update={"files": files, **changes})
    forged = forged.model_copy(update={"identity": identity_of(forged)})
    (bundle / MANIFEST).write_text(manifest_json(forged))


def edit(path: Path, **changes: Any) -> None:
    path.write_text(readable_json({**json.loads(path.read_text()), **changes}))


def test_the_bundle_of_the_package_stage_is_sound(bundle: Path) -> None:
    assert "" == faults_of(bundle)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_flipped_byte_is_found(packaged_once: Path, data: st.DataObject) -> None:
    original = packaged_once / MODEL_FILES.bundle
    names = sorted(path.relative_to(original) for path in original.rglob("*") if path.is_file())
    name = data.draw(st.sampled_from([name for name in names if name != Path(PROVENANCE)]))
    content = bytearray((original / name).read_bytes())
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    copy = packaged_once.parent / "flipped"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(original, copy)
    (copy / name).write_bytes(content)

    try:
        assert "" != faults_of(copy)
    except InputError as error:
        assert name == Path(MANIFEST) and "manifest.json is no manifest" in error.message


@pytest.mark.parametrize("name", [MODEL, LABELS, PROFILE, GOLDEN, "golden/00.png", "card.md", BOM, PROVENANCE])
def test_a_missing_file_is_named(bundle: Path, name: str) -> None:
    (bundle / name).unlink()

    assert f"{name}: missing" in faults_of(bundle)


@pytest.mark.parametrize("name", ["extra.txt", "golden/extra.png", ".hidden"])
def test_an_extra_file_is_named(bundle: Path, name: str) -> None:
    (bundle / name).write_text("more")

    assert f"{name}: not part of the bundle" == faults_of(bundle)


def test_every_fault_is_listed(bundle: Path) -> None:
    (bundle / LABELS).write_text("[]")
    (bundle / "card.md").unlink()
    (bundle / "extra").touch()

    assert ["labels.json: changed", "card.md: missing", "extra: not part"] == [
        fault[: len(start)]
        for fault, start in zip(
            faults_of(bundle).splitlines(), ["labels.json: changed", "card.md: missing", "extra: not part"], strict=True
        )
    ]


def test_a_changed_manifest_has_another_identity(bundle: Path) -> None:
    edit(bundle / MANIFEST, operating_threshold=0.9)

    assert "its content has the identity" in faults_of(bundle)


def test_a_manifest_written_in_another_way_is_found(bundle: Path) -> None:
    (bundle / MANIFEST).write_text(json.dumps(json.loads((bundle / MANIFEST).read_text())))

    assert f"{MANIFEST}: not written as Headway writes it" == faults_of(bundle)


def test_a_model_that_finds_something_else_fails_its_golden_images(bundle: Path) -> None:
    golden = json.loads((bundle / GOLDEN).read_text())
    golden["images"][0]["detections"] = []
    (bundle / GOLDEN).write_text(readable_json(golden))
    reseal(bundle)

    assert "golden/00.png: 2 objects are found that were not expected" in faults_of(bundle)


def test_labels_of_another_model_are_found(bundle: Path) -> None:
    (bundle / LABELS).write_text('["red", "blue", "green"]')
    reseal(bundle)

    assert "labels.json: ['red', 'blue', 'green'], while the manifest has" in faults_of(bundle)


def test_a_model_of_other_classes_is_found(bundle: Path) -> None:
    facts = {"schema_version": 1, "classes": ["a", "b", "c"], "input_size": 64, "precision": "fp32"}
    save_blob_detector(bundle / MODEL, metadata={"headway": json.dumps(facts)})
    reseal(bundle)

    assert "model.onnx: knows the classes ['a', 'b', 'c']" in faults_of(bundle)


def test_a_model_that_is_none_is_not_run(bundle: Path) -> None:
    (bundle / MODEL).write_bytes(b"not a model")
    reseal(bundle)

    assert "model.onnx" in faults_of(bundle)


def test_a_golden_image_outside_the_bundle_is_not_opened(bundle: Path) -> None:
    golden = json.loads((bundle / GOLDEN).read_text())
    golden["images"][0]["file"] = "../secret.png"
    (bundle / GOLDEN).write_text(readable_json(golden))
    reseal(bundle)

    assert "../secret.png: not run, its bytes are not vouched for" in faults_of(bundle)


def test_a_manifest_that_leaves_the_model_out_is_found(bundle: Path) -> None:
    manifest = read_manifest(bundle)
    files = {name: digest for name, digest in manifest.files.items() if name != MODEL}
    (bundle / MANIFEST).write_text(manifest_json(manifest.model_copy(update={"files": files})))

    assert f"{MANIFEST}: does not cover {MODEL}" in faults_of(bundle)


def test_a_threshold_that_is_not_the_profiles_is_found(bundle: Path) -> None:
    reseal(bundle, operating_threshold=0.9)
    faults = faults_of(bundle)

    assert "profile.json: counted with other classes or another threshold" in faults
    assert "golden.json: made at another threshold" in faults


def test_companions_of_another_bundle_are_found(bundle: Path) -> None:
    reseal(bundle, name="other")
    faults = faults_of(bundle)

    assert "provenance.json: about the bundle" in faults
    assert "bom.cdx.json: about another bundle" in faults


def test_a_bill_of_materials_that_breaks_its_schema_is_found(bundle: Path) -> None:
    edit(bundle / BOM, bomFormat="other")

    assert "bom.cdx.json: bomFormat: 'other'" in faults_of(bundle)


def test_a_folder_that_is_no_bundle_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not a bundle"):
        verify_bundle(tmp_path, installed_checks())
