"""Which commits of the default branch may become versions."""

from __future__ import annotations

from dataclasses import dataclass

from headway.contracts.layout import ModelFiles
from headway.contracts.manifest import Manifest, identity_of, parse_manifest
from headway.contracts.registry.files import model_of
from headway.contracts.registry.ledger import FileChange, Ledger
from headway.errors import InputError
from headway.registry.state import State


@dataclass(frozen=True)
class Candidate:
    """A commit of the default branch's own line that brought a model another manifest.

    Attributes:
        model: folder below models/.
        commit: full hash.
        base: the commit before it on the line; itself where there is none.
        position: of the commit on the line.
        blob: Git's object of the manifest.
    """

    model: str
    commit: str
    base: str
    position: int
    blob: str


def find_candidates(ledger: Ledger, state: State, *, everything: bool = False) -> tuple[Candidate, ...]:
    """Return the commits after each model's last version that brought it another manifest, oldest first.

    A model without a version begins with its newest manifest, for a long history may hold hundreds: older ones count
    where `everything` is asked for.
    """
    after: dict[str, list[FileChange]] = {}
    for change in ledger.changes:
        model = model_of(change.path)
        if model is not None and change.position > _last_position(state, model):
            after.setdefault(model, []).append(change)
    if not after:
        return ()
    line = {position: commit for commit, position in ledger.positions.items()}
    found = [
        Candidate(model, one.commit, line.get(one.position - 1, one.commit), one.position, one.blob)
        for model, changes in after.items()
        for one in (changes if everything or model in state.versions else changes[-1:])
        if one.blob is not None
    ]
    return tuple(sorted(found, key=lambda one: (one.position, one.model)))


def read_manifest_of(candidate: Candidate, content: bytes) -> Manifest:
    """Return a candidate's manifest.

    Raises:
        InputError: it cannot be read, was edited by hand, or is of another model than its folder.
    """
    name = f"{candidate.commit[:10]}:{ModelFiles(candidate.model).manifest.as_posix()}"
    manifest = parse_manifest(content, name)
    if identity_of(manifest) != manifest.identity:
        raise InputError(f"{name} was edited by hand: its identity is not that of its content", hint=_AGAIN)
    if manifest.name != candidate.model:
        raise InputError(f"{name} is of the model {manifest.name!r}", hint=_AGAIN)
    return manifest


_AGAIN = "run: headway repro; and merge what it makes"


def _last_position(state: State, model: str) -> int:
    return max((version.position for version in state.versions.get(model, ())), default=-1)
