"""What a tracker is told about the registry; crosses to the tracking process as JSON."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from headway.contracts.document import Document
from headway.contracts.registry.names import RegistryName, VersionText

Digest = Annotated[str, Field(pattern="^[0-9a-f]+$")]
"""As a tag says it, which may be any length."""


class SnapshotVersion(Document):
    """One trusted version."""

    version: VersionText
    commit: Digest
    identity: Digest
    """Of its manifest."""
    lock_sha256: Digest
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
