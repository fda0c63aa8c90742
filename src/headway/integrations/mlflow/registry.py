"""The mirror of the registry: a registered model for each model, a version for each version, an alias for each stage.

MLflow numbers versions itself and has no conditional write, so a version of ours is known by its tags: the oldest that
names its version and its identity.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from headway.contracts.registry.snapshot import Snapshot, SnapshotModel, SnapshotVersion
from headway.integrations.mlflow.child import ask
from headway.integrations.mlflow.runs import find_run
from headway.integrations.mlflow.store import TrackingStore

REGISTRY_JOB = "registry"
ALIASES_JOB = "aliases"
VERSION_TAG = "headway.version"
IDENTITY_TAG = "headway.identity"
COMMIT_TAG = "headway.commit"
LOCK_TAG = "headway.lock"

_DESCRIPTION = "Mirrored from Git by Headway. Git decides: an alias that is moved here is moved back."
_PREFIX = "stage-"
_RESERVED = re.compile(rf"latest|v\d+|{_PREFIX}.*", re.ASCII)
"""What MLflow refuses as an alias, and what would be read as another stage."""

_Key = tuple[str, str]
"""Version and identity."""


@dataclass(frozen=True)
class AliasTarget:
    """What an alias points at: MLflow's number, and the version and identity that its tags name, if they do."""

    number: str
    version: str | None
    identity: str | None


def alias_name(stage: str) -> str:
    """Return the alias of a stage: its own name, or with "stage-" before it where MLflow reserves that name.

    >>> alias_name("production"), alias_name("latest")
    ('production', 'stage-latest')
    """
    return f"{_PREFIX}{stage}" if _RESERVED.fullmatch(stage) else stage


def mirror_registry(
    snapshot: Snapshot, store: TrackingStore, *, deadline_s: float, environment: Mapping[str, str]
) -> tuple[str, ...]:
    """Bring `store` to what `snapshot` says, and return what was changed, one sentence each.

    Nothing is written where nothing differs. Aliases that are no stage's, and versions, are never taken away.

    Raises:
        InputError, OutsideError: as `child.ask`.
    """
    subject = snapshot.model_dump(mode="json")
    return tuple(ask(REGISTRY_JOB, subject, store, deadline_s=deadline_s, environment=environment)["changes"])


def read_aliases(
    models: Sequence[str], store: TrackingStore, *, deadline_s: float, environment: Mapping[str, str]
) -> dict[str, dict[str, AliasTarget]]:
    """Return model -> alias -> what it points at; a model that `store` does not have has no aliases.

    Raises:
        InputError, OutsideError: as `child.ask`.
    """
    answer = ask(ALIASES_JOB, list(models), store, deadline_s=deadline_s, environment=environment)
    return {
        model: {alias: AliasTarget(**target) for alias, target in aliases.items()}
        for model, aliases in answer["aliases"].items()
    }


# What follows runs in the child.


def write_registry(subject: dict[str, Any], store: TrackingStore) -> dict[str, Any]:
    """Do the job of `mirror_registry`."""
    from mlflow.tracking import MlflowClient

    client = MlflowClient(tracking_uri=store.uri)
    models = Snapshot.model_validate(subject).models
    return {"changes": [f"{model.name}: {change}" for model in models for change in _write_model(client, model, store)]}


def list_aliases(subject: list[str], store: TrackingStore) -> dict[str, Any]:
    """Do the job of `read_aliases`."""
    from mlflow.tracking import MlflowClient

    client = MlflowClient(tracking_uri=store.uri)
    return {
        "aliases": {
            model: {
                alias: asdict(_target(client, model, number))
                for alias, number in (_aliases(client, model) or {}).items()
            }
            for model in subject
        }
    }


def _write_model(client: Any, model: SnapshotModel, store: TrackingStore) -> Iterator[str]:
    """Yield what was changed, each after it was."""
    aliases = _aliases(client, model.name)
    if aliases is None:
        _create_model(client, model.name)
        yield "made"
    known = _versions(client, model.name)
    yield from _mend_tags(client, model, known)
    missing = [version for version in model.versions if _key(version) not in known]
    if missing:
        made = {_key(version): _create_version(client, model.name, version, store) for version in missing}
        known = _versions(client, model.name)
        yield from _keep_oldest(client, model.name, made, known)
    numbers = {version.version: str(known[_key(version)].version) for version in model.versions}
    yield from _write_aliases(client, model, aliases or {}, numbers)


def _mend_tags(client: Any, model: SnapshotModel, known: Mapping[_Key, Any]) -> Iterator[str]:
    for version in model.versions:
        found = known.get(_key(version))
        if found is None:
            continue
        for key, value in _tags(version).items():
            if found.tags.get(key) != value:
                client.set_model_version_tag(model.name, str(found.version), key, value)
                yield f"{key} of {version.version} mended"


def _keep_oldest(client: Any, model: str, made: Mapping[_Key, str], known: Mapping[_Key, Any]) -> Iterator[str]:
    """Take back what another mirror made as well, and earlier: of two at once, both see the older one afterwards."""
    for key, number in made.items():
        if int(known[key].version) == int(number):
            yield f"{key[0]} is MLflow's version {number}"
        else:
            client.delete_model_version(model, number)


def _write_aliases(
    client: Any, model: SnapshotModel, aliases: Mapping[str, str], numbers: Mapping[str, str]
) -> Iterator[str]:
    for stage, version in model.stages.items():
        alias = alias_name(stage)
        wanted = None if version is None else numbers[version]
        if aliases.get(alias) == wanted:
            continue
        if wanted is None:
            client.delete_registered_model_alias(model.name, alias)
            yield f"alias {alias} removed"
        else:
            client.set_registered_model_alias(model.name, alias, wanted)
            yield f"alias {alias} points at {version}"


def _create_model(client: Any, name: str) -> None:
    from mlflow.exceptions import MlflowException

    try:
        client.create_registered_model(name, description=_DESCRIPTION)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":  # another mirror was first
            raise


def _create_version(client: Any, model: str, version: SnapshotVersion, store: TrackingStore) -> str:
    """Make a version and return MLflow's number for it."""
    # The source is no place that MLflow could load from: the bytes come with `headway pull`.
    source, run = f"headway:/{model}@{version.version}", find_run(client, model, version.lock_sha256, store)
    made = client.create_model_version(model, source, run_id=run, tags=_tags(version), await_creation_for=0)
    return str(made.version)


def _key(version: SnapshotVersion) -> _Key:
    return version.version, version.identity


def _tags(version: SnapshotVersion) -> dict[str, str]:
    return {
        VERSION_TAG: version.version,
        IDENTITY_TAG: version.identity,
        COMMIT_TAG: version.commit,
        LOCK_TAG: version.lock_sha256,
    }


def _versions(client: Any, model: str) -> dict[_Key, Any]:
    """Return MLflow's versions by what their tags name, of several the oldest."""
    found: list[Any] = []
    token = None
    while token is None or token:
        page = client.search_model_versions(f"name='{model}'", page_token=token)
        found += page
        token = page.token or ""
    newest_first = sorted(found, key=lambda one: -int(one.version))
    return {(one.tags.get(VERSION_TAG, ""), one.tags.get(IDENTITY_TAG, "")): one for one in newest_first}


def _aliases(client: Any, model: str) -> dict[str, str] | None:
    """Return alias -> MLflow's number; None where there is no such registered model."""
    from mlflow.exceptions import MlflowException

    try:
        aliases: Mapping[str, Any] = client.get_registered_model(model).aliases
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        return None
    return {alias: str(number) for alias, number in aliases.items()}


def _target(client: Any, model: str, number: str) -> AliasTarget:
    tags = client.get_model_version(model, number).tags
    return AliasTarget(number, tags.get(VERSION_TAG), tags.get(IDENTITY_TAG))
