"""What the package stage leaves behind."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path

import pytest
import yaml

from headway.contracts.canonical import md5_file, sha256_file
from headway.contracts.dataset import read_dataset
from headway.contracts.layout import LATENCY, PARAMS, PREPARED, SCORECARD
from headway.contracts.lock import entries_digest, read_lock
from headway.contracts.manifest import CARD, GOLDEN, MEASUREMENTS, MODEL, PROFILE, PROVENANCE, read_manifest
from headway.contracts.profile import read_profile
from headway.contracts.scorecard import read_scorecard
from headway.errors import InputError
from headway.packaging.golden import read_golden
from tests.scored_project import MODEL as FILES
from tests.scored_project import YAML, make_scored_project, package, run_package, write_lock


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _of_test(names: Iterable[str]) -> list[str]:
    return [name for name in names if name.startswith("golden/") or name in (GOLDEN, PROFILE)]


def identity(root: Path) -> str:
    return read_manifest(root / FILES.bundle).identity


def test_a_second_run_differs_in_its_provenance_only(packaged_once: Path, scored: Path) -> None:
    package(scored)
    first, second = contents(packaged_once / FILES.bundle), contents(scored / FILES.bundle)

    assert [] == [name for name in first if first[name] != second[name] and name != PROVENANCE]
    assert set(first) == set(second)


def test_fresh_images_reach_neither_golden_images_nor_profile(packaged_once: Path, tmp_path: Path) -> None:
    grown = make_scored_project(tmp_path, fresh=7)
    package(grown)
    before, after = contents(packaged_once / FILES.bundle), contents(grown / FILES.bundle)

    assert {name: before[name] for name in _of_test(before)} == {name: after[name] for name in _of_test(after)}
    assert "On 7 fresh images" in after[CARD].decode()


def test_git_and_the_bundle_hold_the_same_manifest(packaged_once: Path) -> None:
    assert (packaged_once / FILES.manifest).read_bytes() == (
        packaged_once / FILES.bundle / "manifest.json"
    ).read_bytes()


def test_latency_changes_the_measurements_and_not_the_identity(packaged_once: Path, scored: Path) -> None:
    latency = json.loads((scored / LATENCY).read_text())
    latency["latency"]["p50_ms"] = 1234.5
    (scored / LATENCY).write_text(json.dumps(latency))
    write_lock(scored)
    package(scored)

    assert 1234.5 == json.loads((scored / FILES.bundle / MEASUREMENTS).read_text())["latency"]["p50_ms"]
    assert identity(packaged_once) == identity(scored)


def test_params_of_any_stage_change_the_identity(packaged_once: Path, scored: Path) -> None:
    (scored / PARAMS).write_text(yaml.safe_dump({**YAML, "train": {"model": "yolo11n.yaml", "epochs": 3}}))
    package(scored)

    assert identity(packaged_once) != identity(scored)


def test_comments_in_params_do_not_change_the_identity(packaged_once: Path, scored: Path) -> None:
    (scored / PARAMS).write_text(f"# a comment\n{(scored / PARAMS).read_text()}")
    package(scored)

    assert identity(packaged_once) == identity(scored)


def test_the_manifest_links_data_model_scorecard_and_lock(packaged_once: Path) -> None:
    manifest = read_manifest(packaged_once / FILES.bundle)

    assert read_dataset(packaged_once / PREPARED).digest == manifest.dataset_digest
    assert sha256_file(packaged_once / FILES.onnx) == manifest.files[MODEL].sha256
    assert md5_file(packaged_once / FILES.onnx) == manifest.files[MODEL].md5
    assert sha256_file(packaged_once / SCORECARD) == manifest.scorecard.sha256
    assert entries_digest(read_lock(packaged_once / "dvc.lock")) == manifest.upstream_digest


def test_golden_images_show_every_class_that_is_found(packaged_once: Path) -> None:
    golden = read_golden(packaged_once / FILES.bundle / GOLDEN)

    assert 4 == len(golden.images)
    assert {"red", "green"} == {found.class_name for image in golden.images for found in image.detections}


def test_the_profile_counts_the_test_split_at_the_operating_threshold(packaged_once: Path) -> None:
    profile = read_profile(packaged_once / FILES.bundle / PROFILE)
    point = read_scorecard(packaged_once / SCORECARD).operating_point

    assert (3, 12) == (len(profile.windows), profile.total.images)
    assert point.true_positives + point.false_positives == profile.total.by_class["confidence"].sum()


def test_every_picture_of_the_card_is_in_the_bundle(packaged_once: Path) -> None:
    card = (packaged_once / FILES.bundle / CARD).read_text()
    named = set(re.findall(r"\]\((card/[^)]+)\)", card))

    assert named == {name for name in contents(packaged_once / FILES.bundle) if name.startswith("card/")}
    assert 5 == len(named)


def test_the_provenance_names_commit_time_and_versions(packaged_once: Path) -> None:
    provenance = json.loads((packaged_once / FILES.bundle / PROVENANCE).read_text())

    assert provenance["commit"] is None
    assert {"headway", "onnxruntime"} <= set(provenance["versions"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", provenance["packed_at"])


def test_results_of_another_model_are_refused_and_nothing_is_written(scored: Path) -> None:
    with (scored / FILES.onnx).open("ab") as file:
        file.write(b"\x00")
    result = run_package(scored)

    assert 2 == result.returncode
    assert "reports/scorecard.json is about another model" in result.stderr
    assert "dvc.lock records another models/blobs/model.onnx" in result.stderr
    assert "hint: run: dvc repro" in result.stderr
    assert not (scored / FILES.bundle).exists()
    assert not (scored / FILES.manifest).exists()


def test_a_failing_run_keeps_the_bundle_before_it(packaged_once: Path, scored: Path) -> None:
    package(scored)
    before = contents(scored / FILES.bundle)
    (scored / SCORECARD).write_text("{}")

    with pytest.raises(InputError, match=r"scorecard\.json"):
        package(scored)
    assert before == contents(scored / FILES.bundle)
