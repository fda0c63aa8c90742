"""What a ledger means: versions, declarations, their echoes, and the tags that nothing trusts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from headway.contracts.registry.ledger import FileChange, Tag
from headway.contracts.registry.records import EchoRecord, VersionRecord
from headway.contracts.registry.tags import Slot, VersionNumber, parse_version

Reason = Literal[
    "lightweight",
    "message",
    "unmerged",
    "no-manifest",
    "no-declaration",
    "wrong-commit",
    "repeated",
    "overtaken",
    "contradiction",
]
"""Why a tag counts for nothing.

lightweight: there is no tag object. message: it is not one that Headway writes, or of a number that it never gives.
unmerged: its commit, or the commit that it says declared it, is not on the default branch's own line. no-manifest: its
commit did not bring the model another manifest. no-declaration: the commit that it names did not bring this content of
the stage file. wrong-commit: it does not sit on the commit of the version that it names. repeated: another tag is of
the same declaration, has the same number, or names the same commit or manifest of the same model. overtaken: a tag with
a lower number is of a later declaration. contradiction: it names another version or identity than the stage file that
it is of, or another identity than the manifest of its commit.

A tag before it that was moved or deleted does not make a tag untrusted: that would let whoever moves an old tag
undo the newest. `headway audit` names the gap.
"""


@dataclass(frozen=True)
class Version:
    """A registered version. Its tag's name is `str(VersionTag(model, number))`."""

    model: str
    number: VersionNumber
    tag: Tag
    record: VersionRecord
    position: int
    """Of its commit on the default branch."""

    @property
    def commit(self) -> str:
        assert self.tag.commit is not None
        return self.tag.commit

    def __str__(self) -> str:
        return self.tag.name


@dataclass(frozen=True)
class Declaration:
    """One change of a stage file on the default branch's own line."""

    slot: Slot
    change: FileChange

    @property
    def commit(self) -> str:
        return self.change.commit


@dataclass(frozen=True)
class Echo:
    """A trusted tag of a declaration: its only one, but one for each version that it takes out of an emptied stage."""

    slot: Slot
    n: int
    tag: Tag
    record: EchoRecord
    declaration: Declaration


@dataclass(frozen=True)
class Distrusted:
    """A tag of the registry's grammar that counts for nothing."""

    tag: Tag
    reason: Reason
    sentence: str


@dataclass(frozen=True)
class State:
    """The registry. Sequences are oldest first: declarations by the default branch's line, echoes by n."""

    head: str
    versions: Mapping[str, tuple[Version, ...]]
    """Model -> versions by number."""
    declarations: Mapping[Slot, tuple[Declaration, ...]]
    echoes: Mapping[Slot, tuple[Echo, ...]]
    distrusted: tuple[Distrusted, ...]
    complete: bool
    """False for a shallow clone."""

    def version(self, model: str, number: VersionNumber) -> Version | None:
        """Return one version, None where there is none that is trusted."""
        return next((one for one in self.versions.get(model, ()) if one.number == number), None)

    def named(self, model: str, version: str | None) -> Version | None:
        """Return the trusted version of a model that a file names as "v1.2.0"; None where there is none."""
        number = parse_version(version or "")
        return None if number is None else self.version(model, number)

    def echo_of(self, declaration: Declaration) -> Echo | None:
        """Return the echo of a declaration, None where it has none yet."""
        echoes = self.echoes.get(declaration.slot, ())
        return next((one for one in reversed(echoes) if one.declaration.commit == declaration.commit), None)


def find_assigned(echoes: Iterable[Echo]) -> tuple[str, ...]:
    """Return the commits of the versions that GTO takes to be in a slot after its echoes, the latest first.

    For GTO a version leaves a stage by a tag of its own commit only: while another one takes its place it stays behind
    that one, and comes back when that one leaves. So an emptied stage is one that all of them left.
    """
    found: dict[str, None] = {}
    for echo in echoes:
        commit = echo.tag.commit or ""
        found.pop(commit, None)
        if echo.record.version is not None:
            found[commit] = None
    return tuple(reversed(found))
