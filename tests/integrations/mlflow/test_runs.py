from __future__ import annotations

import json
import os
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from headway.contracts.run_record import LOCK_TAG, RunRecord, TrackedDataset, TrackedFile, TrackedMetric
from headway.errors import InputError, OutsideError
from headway.integrations.mlflow import TrackingStore, local_store, mirror_run, probe, require_ui, without_credentials
from tests.integrations.tracking_servers import broken_server, closed_port, hanging_server

LOCK = "1" * 64


def record(folder: Path) -> RunRecord:
    card = folder / "card.md"
    card.write_text("# detector\n")
    return RunRecord(
        model="detector",
        lock_digest=LOCK,
        tags={LOCK_TAG: LOCK, "mlflow.source.git.commit": "c" * 40},
        params={f"train.p{number}": str(number) for number in range(150)},
        metrics=(TrackedMetric("epochs/loss", 1.5, 1), TrackedMetric("epochs/loss", 1.25, 2)),
        dataset=TrackedDataset("d" * 64, "data/shelves.yaml", "{}"),
        files=(TrackedFile(str(card), "bundle"),),
    )


def mirror(run: RunRecord, store: TrackingStore, deadline_s: float = 60) -> tuple[str, bool]:
    mirrored = mirror_run(run, store, deadline_s=deadline_s, environment=os.environ)
    return mirrored.run_id, mirrored.created


def rows(store: TrackingStore, query: str) -> list[Any]:
    assert store.database is not None
    with sqlite3.connect(store.database) as database:
        return database.execute(query).fetchall()


def test_a_run_is_mirrored_once_and_one_that_broke_off_is_replaced(tmp_path: Path) -> None:
    store = local_store(tmp_path / "state")
    whole = record(tmp_path)
    with pytest.raises(OutsideError, match=r"no-such-file"):
        mirror(replace(whole, files=(TrackedFile(str(tmp_path / "no-such-file"), ""),)), store)
    assert [("RUNNING", "active")] == rows(store, "select status, lifecycle_stage from runs")

    run_id, created = mirror(whole, store)
    assert created
    assert (run_id, False) == mirror(whole, store)

    assert [("FINISHED", "active"), ("RUNNING", "deleted")] == rows(
        store, "select status, lifecycle_stage from runs order by status"
    )
    assert [(150,)] == rows(store, f"select count(*) from params where run_uuid = '{run_id}'")
    assert [(1, 1.5), (2, 1.25)] == rows(
        store, f"select step, value from metrics where run_uuid = '{run_id}' order by step"
    )
    assert ("prepared", "d" * 32) in rows(store, "select name, digest from datasets")
    assert "# detector\n" == (tmp_path / f"state/mlartifacts/{run_id}/artifacts/bundle/card.md").read_text()


def test_a_server_that_is_down_is_given_up(tmp_path: Path) -> None:
    with pytest.raises(OutsideError, match="Connection refused"):
        mirror(record(tmp_path), TrackingStore(closed_port()))


def test_a_server_that_never_answers_is_given_up_by_the_probe(tmp_path: Path) -> None:
    with hanging_server() as uri, pytest.raises(OutsideError, match="did not answer within 4 s"):
        mirror(record(tmp_path), TrackingStore(uri))


def test_a_store_that_is_not_done_at_the_deadline_is_given_up(tmp_path: Path) -> None:
    with hanging_server() as uri, pytest.raises(OutsideError, match="was not done within 1 s"):
        mirror(record(tmp_path), TrackingStore(uri), deadline_s=1)


def test_a_server_that_breaks_off_is_asked_nothing_twice(tmp_path: Path) -> None:
    requests: list[str] = []
    with broken_server(requests) as uri, pytest.raises(OutsideError, match="500") as failure:
        mirror(record(tmp_path), TrackingStore(uri.replace("://", "://me:secret@")))
    assert 2 == len(requests)
    assert "/health" == requests[0]
    assert "secret" not in failure.value.message


def test_a_database_server_that_is_down_is_given_up_by_the_probe() -> None:
    port = closed_port().rpartition(":")[2]
    with pytest.raises(ConnectionRefusedError):
        probe(TrackingStore(f"postgresql+psycopg://me:secret@127.0.0.1:{port}/mlflow"))


def test_a_file_store_which_mlflow_refuses_is_a_failure_and_not_a_crash(tmp_path: Path) -> None:
    with pytest.raises(OutsideError, match="file"):
        mirror(record(tmp_path), TrackingStore((tmp_path / "mlruns").as_uri()))


def test_the_user_interface_wants_a_store_with_something_in_it(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"mlflow\.db does not exist: no run was mirrored yet"):
        require_ui(local_store(tmp_path), port=5000)


def test_the_user_interface_says_when_its_port_is_taken() -> None:
    with hanging_server() as uri, pytest.raises(OutsideError, match="is taken"):
        require_ui(TrackingStore("postgresql://db/x"), port=int(uri.rpartition(":")[2]))


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("https://me:secret@mlflow.example:8443/team", "https://mlflow.example:8443/team"),
        ("https://mlflow.example", "https://mlflow.example"),
        ("postgresql://me:p@ss@db/x", "postgresql://db/x"),
        ("databricks", "databricks"),
    ],
)
def test_no_password_is_shown(uri: str, shown: str) -> None:
    assert shown == without_credentials(uri)


def test_telemetry_and_retries_are_off_under_the_names_that_mlflow_reads(tmp_path: Path) -> None:
    import subprocess
    import sys

    from headway.integrations.mlflow.child import QUIET

    code = """if True:
        import json
        from mlflow.environment_variables import MLFLOW_DISABLE_TELEMETRY, MLFLOW_HTTP_REQUEST_MAX_RETRIES
        from mlflow.telemetry.utils import is_telemetry_disabled
        names = MLFLOW_DISABLE_TELEMETRY.name, MLFLOW_HTTP_REQUEST_MAX_RETRIES.get()
        print(json.dumps([*names, MLFLOW_DISABLE_TELEMETRY.get(), is_telemetry_disabled()]))
    """
    clean = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), **QUIET}
    ended = subprocess.run([sys.executable, "-c", code], env=clean, capture_output=True, text=True, check=True)
    assert ["MLFLOW_DISABLE_TELEMETRY", 0, True, True] == json.loads(ended.stdout)
