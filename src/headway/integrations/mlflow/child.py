"""Starts the process that imports MLflow, gives it one job, and reads its answer."""

from __future__ import annotations

import importlib.util
import json
import math
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from headway.contracts.canonical import canonical_json
from headway.errors import InputError, OutsideError
from headway.integrations.mlflow.store import TrackingStore

PROBE_DEADLINE_S = 4
"""A server that has not answered by then counts as down; with the start of the child this stays below 5 s."""
QUIET = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0"}


def ask(
    job: str, subject: Any, store: TrackingStore, *, deadline_s: float, environment: Mapping[str, str]
) -> dict[str, Any]:
    """Have the job named `job` done with `subject` (JSON values) in `store`, and return the answer.

    The first failure ends it: nothing is retried.

    Raises:
        InputError: this Python has no MLflow.
        OutsideError: the store is down, refuses, or is not done at the deadline.
    """
    require_mlflow()
    if store.database:
        store.database.parent.mkdir(parents=True, exist_ok=True)
    quiet = {**environment, **QUIET, "MLFLOW_HTTP_REQUEST_TIMEOUT": str(math.ceil(deadline_s))}
    text = canonical_json({"job": job, "subject": subject, "store": asdict(store)})
    command = [sys.executable, "-P", "-m", "headway.integrations.mlflow"]
    try:
        child = subprocess.run(
            command, input=text, capture_output=True, text=True, timeout=deadline_s, env=quiet, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise OutsideError(f"{store.shown} was not done within {deadline_s:g} s") from error
    return _answer(child, store)


def require_mlflow() -> None:
    """Return if this Python has MLflow.

    Raises:
        InputError: it has not.
    """
    if importlib.util.find_spec("mlflow") is None:
        raise InputError("MLflow is not installed in this Python", hint='pip install "headway[train]", or: make repro')


def _answer(child: subprocess.CompletedProcess[str], store: TrackingStore) -> dict[str, Any]:
    if child.returncode == -signal.SIGALRM:
        raise OutsideError(f"{store.shown} did not answer within {PROBE_DEADLINE_S} s")
    if child.returncode:
        last = (child.stderr.strip().splitlines() or ["no message"])[-1]
        raise OutsideError(f"the tracking process ended with {child.returncode}: {last}")
    answer: dict[str, Any] = json.loads(child.stdout.splitlines()[-1])
    if "failure" in answer:
        raise OutsideError(f"{store.shown}: {answer['failure']}")
    return answer
