from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from headway.cli.track import find_store
from headway.contracts.canonical import sha256_file
from tests.cli.command import run_headway
from tests.finished_run import write, write_finished_run
from tests.integrations.tracking_servers import closed_port


@pytest.fixture(scope="module")
def mirrored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a repository whose run is in its SQLite store; made in a temporary copy, as `dvc exp run --temp` does."""
    root = tmp_path_factory.mktemp("repository")
    copy = root / ".dvc/tmp/exps/standalone/tmpabcdef"
    write_finished_run(root)
    write_finished_run(copy)
    ended = run_headway("track", "--json", folder=copy)
    assert (0, True) == (ended.returncode, json.loads(ended.stdout)["created"]), ended.stderr
    return root


def runs(root: Path) -> list[tuple[str, str]]:
    with sqlite3.connect(root / ".headway/mlflow.db") as database:
        return database.execute("select name, status from runs where lifecycle_stage = 'active'").fetchall()


def test_a_temporary_copy_of_the_repository_uses_the_one_store(mirrored: Path) -> None:
    assert ["FINISHED"] == [status for _, status in runs(mirrored)]
    assert [] == list(mirrored.glob(".dvc/tmp/exps/**/.headway"))


def test_the_same_lock_is_known_without_asking_mlflow(mirrored: Path) -> None:
    ended = run_headway("track", folder=mirrored, PYTHONPROFILEIMPORTTIME="1")
    assert ended.stdout.startswith("already in ")
    imported = {line.rpartition("|")[2].strip() for line in ended.stderr.splitlines()}
    assert "headway.integrations.mlflow" in imported
    assert "mlflow" not in imported


def test_a_forced_second_call_leaves_one_run(mirrored: Path) -> None:
    ended = run_headway("track", "--force", "--json", folder=mirrored)
    assert (0, False) == (ended.returncode, json.loads(ended.stdout)["created"])
    assert 1 == len(runs(mirrored))


def test_a_store_that_was_deleted_is_made_again(tmp_path: Path) -> None:
    write_finished_run(tmp_path)
    known = Path(".headway/tracked") / find_store(tmp_path, {}).digest / sha256_file(tmp_path / "dvc.lock")
    write(tmp_path / known, "the run of a store that is gone")
    ended = run_headway("track", folder=tmp_path)
    assert ended.stdout.startswith("mirrored to "), ended.stderr
    assert 1 == len(runs(tmp_path))


def test_a_server_that_is_down_costs_a_warning(tmp_path: Path) -> None:
    write_finished_run(tmp_path)
    uri = closed_port()
    ended = run_headway("track", folder=tmp_path, MLFLOW_TRACKING_URI=uri)
    assert (0, "") == (ended.returncode, ended.stdout)
    assert (
        f"warning: the run was not mirrored to MLflow: {uri}: [Errno 111] Connection refused\n"
        "hint: the results are all in the files; to try again: headway track\n"
    ) == ended.stderr
    assert not (tmp_path / ".headway").exists()


def test_with_strict_a_server_that_is_down_is_outside_trouble(tmp_path: Path) -> None:
    write_finished_run(tmp_path)
    assert 3 == run_headway("track", "--strict", folder=tmp_path, MLFLOW_TRACKING_URI=closed_port()).returncode


def test_a_store_that_cannot_be_written_costs_a_warning(tmp_path: Path) -> None:
    write_finished_run(tmp_path)
    write(tmp_path / ".headway/mlflow.db", "no database")
    ended = run_headway("track", folder=tmp_path)
    assert 0 == ended.returncode
    assert ended.stderr.startswith("warning: the run was not mirrored to MLflow: ")
    assert "file is not a database" in ended.stderr


def test_before_the_first_run_there_is_nothing_to_mirror(tmp_path: Path) -> None:
    ended = run_headway("track", folder=tmp_path)
    assert (2, "error: dvc.lock does not exist: nothing has been run yet\nhint: run: make repro\n") == (
        ended.returncode,
        ended.stderr,
    )


def test_a_broken_lock_is_named_as_the_user_names_it(tmp_path: Path) -> None:
    write(tmp_path / "dvc.lock", "- a list\n")
    write(tmp_path / "params.yaml", "model: detector\n")
    ended = run_headway("track", folder=tmp_path)
    assert 2 == ended.returncode
    assert ended.stderr.startswith("error: dvc.lock is no dvc.lock: it does not map stages to their outputs\nhint: ")


def test_without_a_store_no_address_is_shown(tmp_path: Path) -> None:
    ended = run_headway("track", "--ui", folder=tmp_path)
    assert 2 == ended.returncode
    assert ended.stderr.startswith("error: ")
    assert "http://" not in ended.stderr


def test_a_server_has_its_own_user_interface(tmp_path: Path) -> None:
    ended = run_headway("track", "--ui", folder=tmp_path, MLFLOW_TRACKING_URI="https://me:secret@mlflow.example")
    assert (0, "https://mlflow.example\n") == (ended.returncode, ended.stdout)
