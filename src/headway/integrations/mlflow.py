"""MLflow, in a process of its own: the mirror of a run, and the user interface on the store.

Importing MLflow takes seconds and a server may hang, so the calling process
never imports it: it starts `python -m headway.integrations.mlflow`, hands the
run over as JSON, and kills the child at a deadline.
"""

from __future__ import annotations

import importlib.util
import json
import math
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from headway.contracts.canonical import canonical_json, sha256_of
from headway.contracts.run_record import LOCK_TAG, RunRecord
from headway.errors import InputError, OutsideError

PROBE_DEADLINE_S = 4
"""A server that has not answered by then counts as down; with the start of the child this stays below 5 s."""

_SQLITE = "sqlite:///"
_DATABASE_PORTS = {"postgresql": 5432, "mysql": 3306, "mssql": 1433}
_FINISHED = "FINISHED"
_BATCH = 100
"""MLflow's limit of params a request; its limits for metrics and tags are no lower."""
_DIGEST_CHARACTERS = 32
"""MLflow refuses a data set digest longer than 36; the whole one is a tag."""
_QUIET = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0"}

_UVICORN = "--lifespan off --log-level warning"
"""With its lifespan on, uvicorn answers Ctrl-C with a traceback."""

Item = TypeVar("Item")


@dataclass(frozen=True)
class TrackingStore:
    """Where runs are mirrored to.

    Attributes:
        uri: MLflow tracking URI.
        experiment: name of the experiment; None for the model's name.
        artifacts: folder for files; None where the server decides.
    """

    uri: str
    experiment: str | None = None
    artifacts: str | None = None

    @property
    def digest(self) -> str:
        """SHA-256 of what tells this store from another."""
        return sha256_of([self.uri, self.experiment])

    @property
    def database(self) -> Path | None:
        """The file of an SQLite store."""
        return Path(self.uri.removeprefix(_SQLITE)) if self.uri.startswith(_SQLITE) else None

    @property
    def shown(self) -> str:
        """The URI without its password."""
        return str(self.database) if self.database else without_credentials(self.uri)


@dataclass(frozen=True)
class MirroredRun:
    """The finished run that holds a lock digest; `created` tells whether this call made it."""

    run_id: str
    created: bool


def local_store(folder: Path) -> TrackingStore:
    """Return the SQLite store in `folder`."""
    return TrackingStore(f"{_SQLITE}{folder / 'mlflow.db'}", artifacts=(folder / "mlartifacts").as_uri())


def mirror_run(
    record: RunRecord, store: TrackingStore, *, deadline_s: float, environment: Mapping[str, str]
) -> MirroredRun:
    """Bring `record` into `store`, unless it already holds a finished run of the same lock digest.

    The first failure ends it: nothing is retried. What a failed call left
    unfinished is deleted by the next one.

    Raises:
        InputError: this Python has no MLflow.
        OutsideError: the store is down, refuses, or is not done at the deadline.
    """
    _require_mlflow()
    if store.database:
        store.database.parent.mkdir(parents=True, exist_ok=True)
    quiet = {**environment, **_QUIET, "MLFLOW_HTTP_REQUEST_TIMEOUT": str(math.ceil(deadline_s))}
    job = canonical_json({"record": json.loads(record.to_json()), "store": asdict(store)})
    command = [sys.executable, "-P", "-m", "headway.integrations.mlflow"]
    try:
        child = subprocess.run(
            command, input=job, capture_output=True, text=True, timeout=deadline_s, env=quiet, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise OutsideError(f"{store.shown} was not done within {deadline_s:g} s") from error
    return _answer(child, store)


def require_ui(store: TrackingStore, *, port: int) -> None:
    """Return if nothing is known that keeps `serve_ui` from serving `store` on `port`.

    Raises:
        InputError: this Python has no MLflow, or the SQLite store does not exist yet.
        OutsideError: the port is taken.
    """
    _require_mlflow()
    if store.database and not store.database.exists():
        raise InputError(f"{store.database} does not exist: no run was mirrored yet", hint="run: make repro")
    _require_free(port)


def serve_ui(store: TrackingStore, *, port: int, environment: Mapping[str, str]) -> None:
    """Run MLflow's user interface on `store` until it is interrupted.

    Raises:
        OutsideError: MLflow ended by itself.
        KeyboardInterrupt: Ctrl-C; MLflow has ended too.
    """
    location = ["--default-artifact-root", store.artifacts] if store.artifacts else []
    command = [sys.executable, "-P", "-m", "mlflow", "ui", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--workers", "1", "--uvicorn-opts", _UVICORN, "--backend-store-uri", store.uri, *location]
    quiet = {**environment, **_QUIET, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    code = subprocess.run(command, env=quiet, check=False).returncode
    if code:
        raise OutsideError(f"mlflow ui ended with exit code {code}; what it said is above")


def without_credentials(uri: str) -> str:
    """Return `uri` without user and password.

    >>> without_credentials("https://me:secret@mlflow.example:8443/team")
    'https://mlflow.example:8443/team'
    """
    parts = urlsplit(uri)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl() if parts.netloc else uri


def probe(store: TrackingStore) -> None:
    """Ask whether the server behind `store` is there; a store without a server always is.

    Any answer below 500 will do: not every server that speaks MLflow has /health.

    Raises:
        OSError: it is not there.
    """
    parts = urlsplit(store.uri)
    dialect = parts.scheme.partition("+")[0]
    if parts.scheme in {"http", "https"}:
        _get_health(without_credentials(store.uri).rstrip("/") + "/health")
    elif dialect in _DATABASE_PORTS and parts.hostname:
        socket.create_connection((parts.hostname, parts.port or _DATABASE_PORTS[dialect])).close()


def _get_health(url: str) -> None:
    # Nothing secret is sent, and MLflow itself checks the certificate afterwards (or is told not to).
    trusting = ssl.create_default_context()
    trusting.check_hostname = False
    trusting.verify_mode = ssl.CERT_NONE
    try:
        urllib.request.urlopen(url, context=trusting).close()  # noqa: S310 (http or https, see probe)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code >= 500:
            raise


def _require_mlflow() -> None:
    if importlib.util.find_spec("mlflow") is None:
        raise InputError("MLflow is not installed in this Python", hint='pip install "headway[train]", or: make repro')


def _require_free(port: int) -> None:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError as error:
            raise OutsideError(f"port {port} is taken", hint="name another: headway track --ui --port N") from error


def _answer(child: subprocess.CompletedProcess[str], store: TrackingStore) -> MirroredRun:
    if child.returncode == -signal.SIGALRM:
        raise OutsideError(f"{store.shown} did not answer within {PROBE_DEADLINE_S} s")
    if child.returncode:
        last = (child.stderr.strip().splitlines() or ["no message"])[-1]
        raise OutsideError(f"the tracking process ended with {child.returncode}: {last}")
    answer = json.loads(child.stdout.splitlines()[-1])
    if "failure" in answer:
        raise OutsideError(f"{store.shown}: {answer['failure']}")
    return MirroredRun(**answer)


# What follows runs in the child.


def _serve_job() -> None:
    job = json.load(sys.stdin)
    store = TrackingStore(**job["store"])
    answer: dict[str, Any]
    try:
        # The alarm kills this process: no timeout of urllib or of the resolver reaches everything.
        signal.alarm(PROBE_DEADLINE_S)
        probe(store)
        signal.alarm(0)
        answer = asdict(_mirror(RunRecord.from_json(job["record"]), store))
    except Exception as error:
        answer = {"failure": _sentence(error, store)}
    sys.stdout.write(json.dumps(answer) + "\n")


def _sentence(error: Exception, store: TrackingStore) -> str:
    """Return the first line of what MLflow says, short enough for a terminal and without the store's password."""
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    text = str(reason).strip() or type(error).__name__
    return text.replace(store.uri, store.shown).splitlines()[0][:300]


def _mirror(record: RunRecord, store: TrackingStore) -> MirroredRun:
    from mlflow.tracking import MlflowClient

    client = MlflowClient(tracking_uri=store.uri)
    experiment = _experiment(client, store.experiment or record.model, store.artifacts)
    same_lock = f"tags.`{LOCK_TAG}` = '{record.lock_digest}'"
    for run in client.search_runs([experiment], filter_string=same_lock):
        if run.info.status == _FINISHED:
            return MirroredRun(run.info.run_id, created=False)
        client.delete_run(run.info.run_id)
    name = f"{record.model} {record.lock_digest[:8]}"
    run_id = client.create_run(experiment, tags=record.tags, run_name=name).info.run_id
    _log(client, run_id, record)
    client.set_terminated(run_id, _FINISHED)
    return MirroredRun(run_id, created=True)


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


if __name__ == "__main__":
    _serve_job()
