"""The process that imports MLflow: reads one job from stdin and prints its answer as one line of JSON."""

from __future__ import annotations

import json
import signal
import sys
import urllib.error
from collections.abc import Callable, Mapping
from typing import Any

from headway.integrations.mlflow.child import PROBE_DEADLINE_S
from headway.integrations.mlflow.registry import ALIASES_JOB, REGISTRY_JOB, list_aliases, write_registry
from headway.integrations.mlflow.runs import RUN_JOB, write_run
from headway.integrations.mlflow.store import TrackingStore, probe

_JOBS: Mapping[str, Callable[[Any, TrackingStore], dict[str, Any]]] = {
    RUN_JOB: write_run,
    REGISTRY_JOB: write_registry,
    ALIASES_JOB: list_aliases,
}


def serve_job() -> None:
    """Do the job; whatever goes wrong is the answer's `failure`."""
    request = json.load(sys.stdin)
    store = TrackingStore(**request["store"])
    answer: dict[str, Any]
    try:
        # The alarm kills this process: no timeout of urllib or of the resolver reaches everything.
        signal.alarm(PROBE_DEADLINE_S)
        probe(store)
        signal.alarm(0)
        answer = _JOBS[request["job"]](request["subject"], store)
    except Exception as error:
        answer = {"failure": _sentence(error, store)}
    sys.stdout.write(json.dumps(answer) + "\n")


def _sentence(error: Exception, store: TrackingStore) -> str:
    """Return the first line of what MLflow says, short enough for a terminal and without the store's password."""
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    text = str(reason).strip() or type(error).__name__
    return text.replace(store.uri, store.shown).splitlines()[0][:300]


if __name__ == "__main__":
    serve_job()
