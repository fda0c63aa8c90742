"""The registry's mirror, from a real repository to MLflow's SQLite store."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from headway.cli.registry.mirror import alias_differences, differences, mirror_if_set, snapshot_of
from headway.cli.registry.opening import open_local
from headway.contracts.layout import ModelFiles
from headway.contracts.registry.snapshot import Snapshot, SnapshotModel, SnapshotVersion
from headway.integrations.mlflow import AliasTarget, TrackingStore
from headway.integrations.mlflow.registry import write_registry
from tests.cli.command import run_headway
from tests.integrations.tracking_servers import closed_port, hanging_server
from tests.registry.line import GIT, MODEL, Line, make_manifest, make_registered_line, model_files

GOOD, OTHER = "a" * 64, "b" * 64
DECLARED = SnapshotModel(
    name=MODEL,
    versions=(SnapshotVersion(version="v1.0.0", commit="1" * 40, identity=GOOD, lock_sha256=GOOD),),
    stages={"latest": "v1.0.0", "staging": None},
)
MIRRORED = AliasTarget("7", "v1.0.0", GOOD)


@pytest.fixture
def line(tmp_path: Path) -> Line:
    """Return a line with the versions v1.0.0 and v1.1.0, of which production has the first."""
    made = make_registered_line(tmp_path, 2)
    made.promote(f"{MODEL}#production#1", "v1.0.0")
    made.push()
    return made


def model_of(line: Line) -> SnapshotModel:
    (model,) = snapshot_of(open_local(line.root)).models
    return model


def test_versions_and_what_every_stage_shall_have_are_mirrored(line: Line) -> None:
    line.promote(f"{MODEL}#old#1", "v1.1.0")
    line.promote(f"{MODEL}#old!#2", None)
    line.push()

    model = model_of(line)

    assert ["v1.0.0", "v1.1.0"] == [version.version for version in model.versions]
    commit, identity = line.git("rev-parse", f"{MODEL}@v1.0.0^{{commit}}"), line.identity(f"{MODEL}@v1.0.0")
    assert (commit, identity) == (model.versions[0].commit, model.versions[0].identity)
    assert line.state().versions[MODEL][0].record.lock_sha256 == model.versions[0].lock_sha256
    assert {"old": None, "production": "v1.0.0", "staging": None} == model.stages


@pytest.mark.parametrize("version", ["v1.1.0", "v9.0.0"])
def test_a_stage_whose_file_is_faulty_is_left_as_it_is(line: Line, version: str) -> None:
    line.declare("production", version, identity=OTHER)
    line.push()
    assert {"staging": None} == model_of(line).stages


def test_a_version_with_an_identity_of_any_length_ends_nothing(line: Line) -> None:
    files = model_files("odd")
    manifest = ModelFiles(MODEL).manifest.as_posix()
    line.commit(
        {manifest: files[manifest].replace(make_manifest("odd").identity, "abc"), "dvc.lock": files["dvc.lock"]}
    )
    line.register(f"{MODEL}@v2.0.0")
    line.push()
    assert "abc" == model_of(line).versions[-1].identity


def test_a_repository_without_versions_mirrors_nothing(tmp_path: Path) -> None:
    assert Snapshot(models=()) == snapshot_of(open_local(make_registered_line(tmp_path, 0).root))


@pytest.mark.parametrize(
    ("found", "declared"),
    [
        ({}, "stage-latest of detector is missing, but Git declares v1.0.0 for latest"),
        (
            {"staging": MIRRORED, "stage-latest": MIRRORED},
            "staging of detector points at MLflow's version 7 (v1.0.0), but Git declares nothing for staging",
        ),
        (
            {"stage-latest": AliasTarget("8", None, None)},
            "stage-latest of detector points at MLflow's version 8 (none of ours), but Git declares v1.0.0 for latest",
        ),
        (
            {"stage-latest": AliasTarget("8", "v1.0.0\x1b[2J", GOOD)},
            "stage-latest of detector points at MLflow's version 8 (v1.0.0 [2J), but Git declares v1.0.0 for latest",
        ),
    ],
)
def test_an_alias_that_disagrees_is_named(found: dict[str, AliasTarget], declared: str) -> None:
    assert [f"MLflow's alias {declared}"] == list(differences(DECLARED, found))


def test_an_alias_of_nobodys_stage_is_nobodys_business() -> None:
    assert [] == list(differences(DECLARED, {"stage-latest": MIRRORED, "mine": AliasTarget("1", None, None)}))


def test_an_alias_at_a_version_of_that_name_and_other_bytes_disagrees() -> None:
    assert 1 == len(list(differences(DECLARED, {"stage-latest": AliasTarget("8", "v1.0.0", OTHER)})))


def test_an_alias_that_was_moved_by_hand_is_reported_and_the_next_mirror_moves_it_back(
    line: Line, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    environment = os.environ | {"MLFLOW_TRACKING_URI": uri}
    write_registry(snapshot_of(open_local(line.root)).model_dump(mode="json"), TrackingStore(uri))
    client = open_client(uri)
    client.set_registered_model_alias(MODEL, "production", "2")

    (found,) = alias_differences(open_local(line.root), environment)
    mirror_if_set(line.root, environment)

    points_at = "points at MLflow's version 2 (v1.1.0), but Git declares v1.0.0 for production"
    assert f"MLflow's alias production of detector {points_at}" == found
    assert capsys.readouterr().err.endswith("MLflow: detector: alias production points at v1.0.0\n")
    assert "v1.0.0" == client.get_model_version_by_alias(MODEL, "production").tags["headway.version"]


def test_without_a_server_nothing_is_asked_or_said(line: Line, capsys: pytest.CaptureFixture[str]) -> None:
    mirror_if_set(line.root, {})
    assert () == alias_differences(open_local(line.root), {})
    assert ("", "") == capsys.readouterr()


def test_a_server_that_is_down_costs_reconcile_a_warning(line: Line) -> None:
    uri = closed_port()
    ended = run_headway("reconcile", folder=line.root, **GIT, MLFLOW_TRACKING_URI=uri)
    assert (0, "nothing to do: no tag is missing\n") == (ended.returncode, ended.stdout)
    assert (
        f"warning: the registry was not mirrored to MLflow: {uri}: [Errno 111] Connection refused\n"
        "hint: Git holds all of it; to try again: headway reconcile\n"
    ) == ended.stderr


def test_a_server_that_hangs_costs_a_warning(line: Line, capsys: pytest.CaptureFixture[str]) -> None:
    with hanging_server() as uri:
        mirror_if_set(line.root, os.environ | {"MLFLOW_TRACKING_URI": uri})
    assert "did not answer within 4 s" in capsys.readouterr().err.splitlines()[0]


def test_a_remote_that_is_gone_costs_a_warning(line: Line, capsys: pytest.CaptureFixture[str]) -> None:
    line.git("remote", "set-url", "origin", str(line.root / "gone.git"))
    mirror_if_set(line.root, os.environ | {"MLFLOW_TRACKING_URI": closed_port()})
    assert capsys.readouterr().err.startswith("warning: the registry was not mirrored to MLflow: ")


def open_client(uri: str) -> Any:
    from mlflow.tracking import MlflowClient

    return MlflowClient(tracking_uri=uri)
