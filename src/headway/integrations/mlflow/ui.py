"""MLflow's user interface on a store."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Mapping

from headway.errors import InputError, OutsideError
from headway.integrations.mlflow.child import QUIET, require_mlflow
from headway.integrations.mlflow.store import TrackingStore

_UVICORN = "--lifespan off --log-level warning"
"""With its lifespan on, uvicorn answers Ctrl-C with a traceback."""


def require_ui(store: TrackingStore, *, port: int) -> None:
    """Return if nothing is known that keeps `serve_ui` from serving `store` on `port`.

    Raises:
        InputError: this Python has no MLflow, or the SQLite store does not exist yet.
        OutsideError: the port is taken.
    """
    require_mlflow()
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
    quiet = {**environment, **QUIET, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    code = subprocess.run(command, env=quiet, check=False).returncode
    if code:
        raise OutsideError(f"mlflow ui ended with exit code {code}; what it said is above")


def _require_free(port: int) -> None:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError as error:
            raise OutsideError(f"port {port} is taken", hint="name another: headway track --ui --port N") from error
