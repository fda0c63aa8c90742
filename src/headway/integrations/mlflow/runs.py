"""The mirror of a run of the pipeline: one finished run of MLflow for each lock digest."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

from headway.contracts.run_record import LOCK_TAG, RunRecord
from headway.integrations.mlflow.child import ask
from headway.integrations.mlflow.store import TrackingStore

RUN_JOB = "run"

_FINISHED = "FINISHED"
_BATCH = 100
"""MLflow's limit of params a request; its limits for metrics and tags are no lower."""
_DIGEST_CHARACTERS = 32
"""MLflow refuses a data set digest longer than 36; the whole one is a tag."""

Item = TypeVar("Item")


@dataclass(frozen=True)
class MirroredRun:
    """The finished run that holds a lock digest; `created` tells whether this call made it."""

    run_id: str
    created: bool


def mirror_run(
    record: RunRecord, store: TrackingStore, *, deadline_s: float, environment: Mapping[str, str]
) -> MirroredRun:
    """Bring `record` into `store`, unless it already holds a finished run of the same lock digest.

    What a failed call left unfinished is deleted by the next one.

    Raises:
        InputError, OutsideError: as `child.ask`.
    """
    subject = json.loads(record.to_json())
    return MirroredRun(**ask(RUN_JOB, subject, store, deadline_s=deadline_s, environment=environment))


# What follows runs in the child.


def write_run(subject: dict[str, Any], store: TrackingStore) -> dict[str, Any]:
    """Do the job of `mirror_run`."""
    from mlflow.tracking import MlflowClient

    record = RunRecord.from_json(subject)
    client = MlflowClient(tracking_uri=store.uri)
    experiment = _experiment(client, store.experiment or record.model, store.artifacts)
    for run in runs_of(client, experiment, record.lock_digest):
        if run.info.status == _FINISHED:
            return asdict(MirroredRun(run.info.run_id, created=False))
        client.delete_run(run.info.run_id)
    name = f"{record.model} {record.lock_digest[:8]}"
    run_id = client.create_run(experiment, tags=record.tags, run_name=name).info.run_id
    _log(client, run_id, record)
    client.set_terminated(run_id, _FINISHED)
    return asdict(MirroredRun(run_id, created=True))


def find_run(client: Any, model: str, lock_digest: str, store: TrackingStore) -> str | None:
    """Return the finished run that holds a lock digest, None where there is none."""
    experiment = client.get_experiment_by_name(store.experiment or model)
    found = runs_of(client, experiment.experiment_id, lock_digest) if experiment else ()
    return next((str(run.info.run_id) for run in found if run.info.status == _FINISHED), None)


def runs_of(client: Any, experiment: str, lock_digest: str) -> Sequence[Any]:
    """Return the runs with a lock digest, finished or not; deleted ones are not among them."""
    found: Sequence[Any] = client.search_runs([experiment], filter_string=f"tags.`{LOCK_TAG}` = '{lock_digest}'")
    return found


def _experiment(client: Any, name: str, artifacts: str | None) -> str:
    found = client.get_experiment_by_name(name)
    return str(found.experiment_id if found else client.create_experiment(name, artifact_location=artifacts))


def _log(client: Any, run_id: str, record: RunRecord) -> None:
    from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param

    for params in _batches(list(record.params.items())):
        client.log_batch(run_id, params=[Param(key, value) for key, value in params])
    now_ms = int(time.time() * 1000)
    for metrics in _batches(record.metrics):
        client.log_batch(run_id, metrics=[Metric(each.key, each.value, now_ms, each.step) for each in metrics])
    if record.dataset:
        source = json.dumps({"uri": record.dataset.source})
        digest = record.dataset.digest[:_DIGEST_CHARACTERS]
        dataset = Dataset("prepared", digest, "local", source, profile=record.dataset.profile)
        client.log_inputs(run_id, [DatasetInput(dataset, [InputTag("mlflow.data.context", "training")])])
    for file in record.files:
        client.log_artifact(run_id, file.path, file.folder or None)


def _batches(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    for start in range(0, len(items), _BATCH):
        yield items[start : start + _BATCH]
