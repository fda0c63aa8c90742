"""The mirror of the registry on a real MLflow server; a model of its own for each test."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.contracts.layout import NAME_PATTERN
from headway.contracts.registry.snapshot import Snapshot, SnapshotModel, SnapshotVersion
from headway.contracts.run_record import LOCK_TAG, RunRecord
from headway.errors import OutsideError
from headway.integrations.mlflow import (
    AliasTarget,
    TrackingStore,
    alias_name,
    local_store,
    mirror_registry,
    mirror_run,
    read_aliases,
)
from headway.integrations.mlflow.registry import write_registry
from tests.integrations.tracking_servers import closed_port, hanging_server, mlflow_server

STAGES = st.from_regex(re.compile(NAME_PATTERN, re.ASCII), fullmatch=True) | st.sampled_from(
    ["latest", "stage-latest", "stage-stage-latest", "v1", "stage-v1", "stage-1"]
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrackingStore]:
    with mlflow_server(tmp_path_factory.mktemp("mlflow")) as uri:
        yield TrackingStore(uri)


@pytest.fixture(scope="module")
def client(server: TrackingStore) -> Any:
    from mlflow.tracking import MlflowClient

    return MlflowClient(tracking_uri=server.uri)


def version(number: int) -> SnapshotVersion:
    digit = str(number)
    return SnapshotVersion(
        version=f"v{number}.0.0", commit=digit * 40, identity=digit * 64, lock_sha256=f"{number + 3}" * 64
    )


def snapshot(model: str, *numbers: int, **stages: str | None) -> Snapshot:
    return Snapshot(models=(SnapshotModel(name=model, versions=tuple(map(version, numbers)), stages=stages),))


def mirror(wanted: Snapshot, store: TrackingStore) -> list[str]:
    """Do in this process, where MLflow is imported once, what the child does."""
    changes: list[str] = write_registry(wanted.model_dump(mode="json"), store)["changes"]
    return changes


def numbers(client: Any, model: str) -> dict[str, list[int]]:
    """Return version -> MLflow's numbers."""
    found: dict[str, list[int]] = {}
    for one in client.search_model_versions(f"name='{model}'"):
        found.setdefault(one.tags["headway.version"], []).append(int(one.version))
    return found


def aliases(client: Any, model: str) -> dict[str, int]:
    return {alias: int(number) for alias, number in client.get_registered_model(model).aliases.items()}


def test_the_tracking_process_mirrors_versions_and_stages_and_a_second_time_nothing(
    server: TrackingStore, client: Any
) -> None:
    wanted = snapshot("twice", 1, 2, staging="v2.0.0", production="v1.0.0", latest="v2.0.0", canary=None)

    changes = mirror_registry(wanted, server, deadline_s=60, environment=os.environ)

    assert (
        "twice: made",
        "twice: v1.0.0 is MLflow's version 1",
        "twice: v2.0.0 is MLflow's version 2",
        "twice: alias stage-latest points at v2.0.0",
        "twice: alias production points at v1.0.0",
        "twice: alias staging points at v2.0.0",
    ) == changes
    assert {
        "headway.version": "v2.0.0",
        "headway.commit": "2" * 40,
        "headway.identity": "2" * 64,
        "headway.lock": "5" * 64,
    } == client.get_model_version_by_alias("twice", "staging").tags
    assert [] == mirror(wanted, server)


def test_the_tracking_process_says_what_aliases_point_at(server: TrackingStore, client: Any) -> None:
    mirror(snapshot("pointed-at", 1, production="v1.0.0"), server)
    foreign = client.create_model_version("pointed-at", "s3://elsewhere/model").version
    client.set_registered_model_alias("pointed-at", "mine", foreign)

    found = read_aliases(["pointed-at", "unknown"], server, deadline_s=60, environment=os.environ)

    own = {"production": AliasTarget("1", "v1.0.0", "1" * 64), "mine": AliasTarget("2", None, None)}
    assert {"pointed-at": own, "unknown": {}} == found


def test_an_alias_that_was_moved_by_hand_is_moved_back(server: TrackingStore, client: Any) -> None:
    wanted = snapshot("moved", 1, 2, production="v1.0.0")
    mirror(wanted, server)
    client.set_registered_model_alias("moved", "production", "2")

    assert ["moved: alias production points at v1.0.0"] == mirror(wanted, server)
    assert {"production": 1} == aliases(client, "moved")


def test_the_alias_of_an_empty_stage_goes_and_that_of_nobodys_stage_stays(server: TrackingStore, client: Any) -> None:
    mirror(snapshot("emptied", 1, production="v1.0.0"), server)
    client.set_registered_model_alias("emptied", "mine", "1")

    assert ["emptied: alias production removed"] == mirror(snapshot("emptied", 1, production=None), server)
    assert {"mine": 1} == aliases(client, "emptied")


def test_a_version_that_was_deleted_by_hand_is_made_again(server: TrackingStore, client: Any) -> None:
    wanted = snapshot("deleted", 1, 2, production="v1.0.0")
    mirror(wanted, server)
    client.delete_model_version("deleted", "1")

    assert [
        "deleted: v1.0.0 is MLflow's version 3",
        "deleted: alias production points at v1.0.0",
    ] == mirror(wanted, server)
    assert {"v1.0.0": [3], "v2.0.0": [2]} == numbers(client, "deleted")


def test_a_tag_that_was_edited_by_hand_is_mended(server: TrackingStore, client: Any) -> None:
    wanted = snapshot("edited", 1)
    mirror(wanted, server)
    client.set_model_version_tag("edited", "1", "headway.commit", "f" * 40)

    assert ["edited: headway.commit of v1.0.0 mended"] == mirror(wanted, server)
    assert "1" * 40 == client.get_model_version("edited", "1").tags["headway.commit"]


def test_what_names_our_version_and_other_bytes_is_neither_taken_for_it_nor_changed(
    server: TrackingStore, client: Any
) -> None:
    client.create_registered_model("foreign")
    tags = {"headway.version": "v1.0.0", "headway.identity": "f" * 64}
    client.create_model_version("foreign", "s3://elsewhere/model", tags=tags)

    mirror(snapshot("foreign", 1, production="v1.0.0"), server)

    assert {"production": 2} == aliases(client, "foreign")
    assert tags == client.get_model_version("foreign", "1").tags


def test_a_version_names_the_mirrored_run_of_its_lock(server: TrackingStore, client: Any) -> None:
    lock = version(1).lock_sha256
    record = RunRecord("traced", lock, {LOCK_TAG: lock}, {}, (), None, ())
    run = mirror_run(record, server, deadline_s=60, environment=os.environ)

    mirror(snapshot("traced", 1, 2), server)

    found = {
        one.tags["headway.version"]: (one.run_id, one.source) for one in client.search_model_versions("name='traced'")
    }
    assert {"v1.0.0": (run.run_id, "headway:/traced@v1.0.0"), "v2.0.0": (None, "headway:/traced@v2.0.0")} == {
        name: (run_id or None, source) for name, (run_id, source) in found.items()
    }


def test_mirrors_at_the_same_time_leave_each_version_once(server: TrackingStore, client: Any) -> None:
    wanted = snapshot("raced", 1, 2, 3, production="v3.0.0")

    with ThreadPoolExecutor(6) as racers:
        list(racers.map(lambda _: mirror(wanted, server), range(6)))

    found = numbers(client, "raced")
    assert {"v1.0.0": 1, "v2.0.0": 1, "v3.0.0": 1} == {name: len(each) for name, each in found.items()}
    assert {"production": found["v3.0.0"][0]} == aliases(client, "raced")
    assert [] == mirror(wanted, server)


def test_an_sqlite_store_needs_no_server(tmp_path: Path) -> None:
    store = local_store(tmp_path / "state")
    assert 3 == len(mirror(snapshot("local", 1, production="v1.0.0"), store))
    assert [] == mirror(snapshot("local", 1, production="v1.0.0"), store)


def test_a_server_that_is_down_or_hangs_is_given_up() -> None:
    with pytest.raises(OutsideError, match="Connection refused"):
        mirror_registry(snapshot("down"), TrackingStore(closed_port()), deadline_s=60, environment=os.environ)
    with hanging_server() as uri, pytest.raises(OutsideError, match="did not answer within 4 s"):
        mirror_registry(snapshot("down"), TrackingStore(uri), deadline_s=60, environment=os.environ)


@given(STAGES)
def test_mlflow_takes_the_alias_of_every_stage(stage: str) -> None:
    from mlflow.utils.validation import _validate_model_alias_name, _validate_model_alias_name_reserved

    _validate_model_alias_name(alias_name(stage))
    _validate_model_alias_name_reserved(alias_name(stage))


@given(STAGES, STAGES)
def test_two_stages_have_two_aliases(one: str, other: str) -> None:
    assert (one == other) == (alias_name(one) == alias_name(other))
