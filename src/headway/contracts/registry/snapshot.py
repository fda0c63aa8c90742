"""What a tracker is told about the registry; crosses to the tracking process as JSON."""

from __future__ import annotations

from headway.contracts.document import Document
from headway.contracts.manifest import Sha256
from headway.contracts.registry.tags import RegistryName, VersionText


class SnapshotVersion(Document):
    """One trusted version."""

    version: VersionText
    commit: str
    identity: Sha256
    """Of its manifest."""
    lock_sha256: Sha256
    """Of dvc.lock at the commit; names the run that made it."""


class SnapshotModel(Document):
    """One model, with at least one version."""

    name: RegistryName
    versions: tuple[SnapshotVersion, ...]
    """By number."""
    stages: dict[RegistryName, VersionText | None]
    """Stage -> the version that is declared, None for an empty stage; a stage whose file is faulty is left out."""


class Snapshot(Document):
    """All models."""

    models: tuple[SnapshotModel, ...]
