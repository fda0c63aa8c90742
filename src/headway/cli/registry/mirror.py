"""The registry's mirror in MLflow, where MLFLOW_TRACKING_URI names a server: written, and held against Git."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from headway.cli.failure import outside
from headway.cli.progress import say
from headway.cli.registry.declared import declared_version
from headway.cli.registry.opening import Opened, fresh
from headway.contracts.registry.records import one_line
from headway.contracts.registry.snapshot import Snapshot, SnapshotModel, SnapshotVersion
from headway.contracts.registry.tags import Slot
from headway.errors import HeadwayError, InputError
from headway.integrations.mlflow import (
    AliasTarget,
    TrackingStore,
    alias_name,
    mirror_registry,
    read_aliases,
)
from headway.registry.state import Version

DEADLINE_S = 60.0
"""For the whole mirror; a server that is down is noticed after 4 s."""


def mirror_if_set(root: Path, environment: Mapping[str, str] = os.environ) -> None:
    """Bring MLflow's registry to what the remote says now; without a tracking server nothing happens.

    Git is the truth, so nothing that MLflow does or lacks fails the caller: it costs a warning.
    """
    store = find_server(environment)
    if store is None:
        return
    try:
        changes = mirror_registry(snapshot_of(fresh(root)), store, deadline_s=DEADLINE_S, environment=environment)
    except HeadwayError as error:
        _warn(error)
    except OSError as error:
        _warn(outside(error))
    else:
        for change in changes:
            say(f"MLflow: {change}")


def alias_differences(opened: Opened, environment: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """Return a sentence for each alias of MLflow that is not what Git declares; () without a tracking server.

    Raises:
        InputError: this Python has no MLflow.
        OutsideError: the server is down, refuses, or is not done at the deadline.
    """
    store = find_server(environment)
    if store is None:
        return ()
    models = snapshot_of(opened).models
    names = [model.name for model in models]
    found = read_aliases(names, store, deadline_s=DEADLINE_S, environment=environment)
    return tuple(sentence for model in models for sentence in differences(model, found[model.name]))


def find_server(environment: Mapping[str, str]) -> TrackingStore | None:
    """Return the tracking server that the environment names; None where it names none."""
    uri = environment.get("MLFLOW_TRACKING_URI")
    return TrackingStore(uri, environment.get("MLFLOW_EXPERIMENT_NAME") or None) if uri else None


def snapshot_of(opened: Opened) -> Snapshot:
    """Return the trusted versions, and what each stage that a model has or had is declared to have."""
    return Snapshot(
        models=tuple(
            SnapshotModel(
                name=model,
                versions=tuple(_snapshot_version(version) for version in versions),
                stages=dict(_stages_of(opened, model)),
            )
            for model, versions in sorted(opened.state.versions.items())
            if versions
        )
    )


def differences(model: SnapshotModel, aliases: Mapping[str, AliasTarget]) -> Iterator[str]:
    """Yield a sentence for each alias of a stage that does not point at what is declared."""
    identities = {version.version: version.identity for version in model.versions}
    for stage, declared in model.stages.items():
        found = aliases.get(alias_name(stage))
        wanted = None if declared is None else (declared, identities[declared])
        if (None if found is None else (found.version, found.identity)) != wanted:
            yield (
                f"MLflow's alias {alias_name(stage)} of {model.name} {_shown(found)}, "
                f"but Git declares {declared or 'nothing'} for {stage}"
            )


def _shown(target: AliasTarget | None) -> str:
    if target is None:
        return "is missing"
    return f"points at MLflow's version {one_line(target.number)} ({one_line(target.version or 'none of ours')})"


def _stages_of(opened: Opened, model: str) -> Iterator[tuple[str, str | None]]:
    """Yield stage and version; a stage whose file is faulty is left as it is, `headway reconcile` names it."""
    for slot in sorted({slot for slot in opened.state.declarations if slot.model == model} | _listed(opened, model)):
        try:
            version = declared_version(opened, slot)
        except InputError:
            continue
        yield slot.stage, None if version is None else str(version.number)


def _listed(opened: Opened, model: str) -> set[Slot]:
    """Return the slots of a model by stages.yaml; none where that cannot be read."""
    try:
        return {Slot(stage, model) for stage in opened.stages().stages}
    except InputError:
        return set()


def _snapshot_version(version: Version) -> SnapshotVersion:
    return SnapshotVersion(
        version=str(version.number),
        commit=version.commit,
        identity=version.record.identity,
        lock_sha256=version.record.lock_sha256,
    )


def _warn(error: HeadwayError) -> None:
    say(f"warning: the registry was not mirrored to MLflow: {error.message}")
    say("hint: Git holds all of it; to try again: headway reconcile")
