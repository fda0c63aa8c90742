"""`headway track`: mirror the last run to MLflow, or look at what was mirrored."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import click

from headway.cli.failure import outside
from headway.contracts import atomic
from headway.contracts.layout import PARAMS, STATE, ModelFiles, real_root
from headway.contracts.params.document import read_document
from headway.contracts.params.model import read_model
from headway.errors import OutsideError
from headway.integrations.dvc.running import lock_digest
from headway.integrations.mlflow import MirroredRun, TrackingStore, local_store, mirror_run, require_ui, serve_ui

DEADLINE_S = 60.0
"""Enough for a first run into a new SQLite store on a busy laptop, which takes about 5 s."""


@click.command()
@click.option("--ui", is_flag=True, help="Open MLflow's user interface on the store instead.")
@click.option("--port", default=5000, show_default=True, help="Port of the user interface.")
@click.option(
    "--deadline",
    type=click.FloatRange(min=1),
    default=DEADLINE_S,
    show_default=True,
    help="Seconds after which a slow store is given up.",
)
@click.option("--strict", is_flag=True, help="Exit 3, not 0, when the store cannot be reached.")
@click.option("--force", is_flag=True, help="Ask the store, even if this run is known to be in it.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def track(ui: bool, port: int, deadline: float, strict: bool, force: bool, as_json: bool) -> int:
    """Mirror the last run to MLflow: params, metrics, data set, plots, scorecard, bundle.

    The store is .headway/mlflow.db, or what MLFLOW_TRACKING_URI names. One run
    is kept for each dvc.lock, however often this is called. A store that
    cannot be reached costs a warning: files in Git are the product.
    """
    root = Path()
    store = find_store(root, os.environ)
    if ui:
        _show(store, port)
        return 0
    stamp = _stamp(root, store, lock_digest(root))
    if not force and _is_known(stamp, store):
        _say(as_json, store, MirroredRun(stamp.read_text(encoding="utf-8"), created=False))
        return 0
    try:
        run = _mirror(root, store, stamp, deadline)
    except OutsideError as error:
        if strict:
            raise
        _warn(error, store, as_json=as_json)
        return 0
    _say(as_json, store, run)
    return 0


def find_store(root: Path, environment: Mapping[str, str]) -> TrackingStore:
    """Return the store that the environment names, or the real repository's own."""
    experiment = environment.get("MLFLOW_EXPERIMENT_NAME") or None
    uri = environment.get("MLFLOW_TRACKING_URI")
    if uri:
        return TrackingStore(uri, experiment)
    local = local_store(real_root(root) / STATE)
    return TrackingStore(local.uri, experiment, local.artifacts)


def _mirror(root: Path, store: TrackingStore, stamp: Path, deadline_s: float) -> MirroredRun:
    from headway.integrations.git.reading import read_revision
    from headway.training.track import collect_run

    model = ModelFiles(read_model(read_document(root / PARAMS)))
    record = collect_run(root, model, lock_digest=stamp.name, commit=read_revision(root).commit)
    try:
        run = mirror_run(record, store, deadline_s=deadline_s, environment=os.environ)
        atomic.write_text(stamp, run.run_id)
    except OSError as error:
        raise outside(error) from error
    return run


def _stamp(root: Path, store: TrackingStore, digest: str) -> Path:
    """Return the file that remembers, without asking MLflow, that `store` holds the run `digest`."""
    return real_root(root) / STATE / "tracked" / store.digest / digest


def _is_known(stamp: Path, store: TrackingStore) -> bool:
    if store.database and not store.database.exists():
        shutil.rmtree(stamp.parent, ignore_errors=True)
    return stamp.exists()


def _show(store: TrackingStore, port: int) -> None:
    if store.uri.startswith(("http://", "https://")):
        click.echo(store.shown)  # the server has its own
        return
    require_ui(store, port=port)
    click.echo(f"MLflow on {store.shown}: http://127.0.0.1:{port} (Ctrl-C ends it)", err=True)
    with suppress(KeyboardInterrupt):
        serve_ui(store, port=port, environment=os.environ)


def _say(as_json: bool, store: TrackingStore, run: MirroredRun) -> None:
    if as_json:
        click.echo(json.dumps({"store": store.shown, "run_id": run.run_id, "created": run.created}))
    else:
        click.echo(f"{'mirrored to' if run.created else 'already in'} {store.shown} as run {run.run_id}")


def _warn(error: OutsideError, store: TrackingStore, *, as_json: bool) -> None:
    click.echo(f"warning: the run was not mirrored to MLflow: {error.message}", err=True)
    click.echo("hint: the results are all in the files; to try again: headway track", err=True)
    if as_json:
        click.echo(json.dumps({"store": store.shown, "run_id": None, "failure": error.message}))
