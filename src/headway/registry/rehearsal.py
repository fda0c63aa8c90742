"""A registry in which new tags are only pretended, so that a dry run goes the whole way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from headway.contracts.registry.ledger import Ledger, Tag
from headway.ports import NewTag, RegistryRepository


class Rehearsal:
    """Reads another repository and adds the tags that it was asked to push. Implements `ports.RegistryRepository`."""

    def __init__(self, repository: RegistryRepository) -> None:
        self._repository = repository
        self._made: dict[str, NewTag] = {}
        self._published: dict[str, Tag] = {}

    def refresh(self) -> Ledger:
        ledger = self._repository.refresh()
        return replace(ledger, tags={**ledger.tags, **self._published})

    def read(self, blob: str) -> bytes:
        return self._repository.read(blob)

    def make_tag(self, tag: NewTag) -> str:
        self._made[tag.name] = tag
        return f"{len(self._made):040x}"

    def publish(self, tags: Mapping[str, str]) -> bool:
        for name, oid in tags.items():
            tag = self._made[name]
            self._published[name] = Tag(name, oid, tag.commit, True, tag.tagged_at, tag.message)
        return True
