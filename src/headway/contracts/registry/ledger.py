"""What a clone knows of the registry, as plain values: tags, the default branch's own line, and what changed on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from headway.contracts.registry.records import EchoRecord, VersionRecord, parse_echo_record, parse_version_record
from headway.contracts.registry.tags import StageTag, VersionTag, parse_tag


@dataclass(frozen=True, slots=True)
class Tag:
    """One tag whose name is of the registry's grammar.

    Attributes:
        name: without "refs/tags/".
        oid: of the tag object; of the commit itself where the tag is lightweight.
        commit: that it leads to; None where it leads to something else.
        annotated: whether there is a tag object.
        tagged_at: by the tagger's clock, in seconds since the epoch; None where the tag is lightweight.
        message: with its signature, if it has one.
        meaning: what the name says; None where it is not of the grammar.
        record: what the message says, of the kind that the name asks for; None where it does not say all of it.
    """

    name: str
    oid: str
    commit: str | None
    annotated: bool
    tagged_at: int | None
    message: str
    meaning: VersionTag | StageTag | None = field(init=False, compare=False, repr=False)
    record: VersionRecord | EchoRecord | None = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        meaning = parse_tag(self.name)
        parse = parse_echo_record if isinstance(meaning, StageTag) else parse_version_record
        object.__setattr__(self, "meaning", meaning)
        object.__setattr__(self, "record", parse(self.message) if self.message else None)


@dataclass(frozen=True, slots=True)
class FileChange:
    """One commit of the default branch's own line that brought a file another content.

    Attributes:
        commit: full hash.
        position: of the commit on the line; the first has 0.
        committed_at: by the committer's clock, in seconds since the epoch.
        path: from the project's root, with slashes.
        blob: Git's object of the content; None where the commit took the file away.
    """

    commit: str
    position: int
    committed_at: int
    path: str
    blob: str | None


@dataclass(frozen=True)
class Ledger:
    """One reading of a repository.

    Attributes:
        head: commit of the default branch.
        positions: commit -> its place on the default branch's first-parent line; the first has 0.
        changes: of files below models/registry/ and of models/<model>/manifest.json on that line, oldest first; what a
            merge brought counts for the merge.
        tags: all of the registry's grammar, by name.
        complete: False for a shallow clone, whose line is cut off.
        contents: Git's object -> content of every stage file, stages.yaml and manifest in `changes`; None where they
            were not read, so that nobody can hold a tag against the file that it is of.
    """

    head: str
    positions: Mapping[str, int]
    changes: tuple[FileChange, ...]
    tags: Mapping[str, Tag]
    complete: bool
    contents: Mapping[str, bytes] | None = None

    def blob_of(self, path: str) -> str | None:
        """Return Git's object of what a file of `changes` holds now; None where there is none."""
        return next((one.blob for one in reversed(self.changes) if one.path == path), None)
