"""Whether a stage's entry of dvc.lock is known to come from a run, or was only put together by a merge.

Git merges dvc.lock line by line. Where two branches changed different lines of one entry, or the entries of two
stages that depend on each other, the result names a combination that nobody ran, and `dvc repro` finds it up to date.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from headway.contracts.commit import PipelineStage
from headway.pull_request.lock_text import split_lock

if TYPE_CHECKING:
    from headway.ports import LockHistory, ObjectStore

Proof = Literal["run", "parent", "none", "unknown"]
Entry = tuple[str, str]
"""(dvc.lock, name of the entry)."""


@dataclass(frozen=True)
class Proofs:
    """Looks for proof of the entries of one commit.

    Attributes:
        commit: its full hash.
        history: the commits that changed its dvc.lock files.
        stores: where records of runs are looked for.
        complete: whether a run without a record in `stores` is one that was not made, as far as anybody can tell.
        base: as `history`, of the branch that the commit is to go into; None where it is on that branch. With it, only
            that branch's commits prove anything: whoever proposes a change could commit twice.
    """

    commit: str
    history: LockHistory
    stores: Sequence[ObjectStore]
    complete: bool
    base: LockHistory | None = None
    _read: dict[tuple[str, str], Mapping[str, bytes]] = field(default_factory=dict, init=False, repr=False)

    def find(self, stage: PipelineStage, upstream: Iterable[PipelineStage]) -> Proof:
        """Return what proves a stage's entry.

        A parent proves it that has the same entry, unless a merge brought the entry about, or first joined it with
        those of the stages that it depends on. With a base, so does any commit of the base.
        """
        if stage.entry is None:
            return "unknown"
        if any(store.has_run(stage.entry) for store in self.stores if stage.records_runs):
            return "run"
        own = (stage.lock, stage.key)
        joined = {own, *((one.lock, one.key) for one in upstream)}
        inherited = self._is_accepted(self.base, own, joined) if self.base else self._is_inherited(own, joined)
        if inherited:
            return "parent"
        return "none" if stage.records_runs and self.complete else "unknown"

    def _is_accepted(self, base: LockHistory, own: Entry, joined: set[Entry]) -> bool:
        """Return whether commits of the base that are no merges first had the entry, and first joined it."""
        written = self._texts(self.commit, {own})[own] is not None
        return written and self._is_brought_about(base, {own}) and self._is_brought_about(base, joined)

    def _is_brought_about(self, base: LockHistory, entries: set[Entry]) -> bool:
        wanted = self._texts(self.commit, entries)

        def holds(commit: str) -> bool:
            return self._texts(commit, entries) == wanted

        return any(
            holds(commit) and len(base.parents(commit)) < _MERGE and not any(map(holds, base.parents(commit)))
            for commit in base.commits
        )

    def _is_inherited(self, own: Entry, joined: set[Entry]) -> bool:
        tip = self.history.tip
        if tip is None:
            return False
        text = self._texts(tip, {own})
        if text[own] is None:
            return False
        held = tip != self.commit or any(self._texts(one, {own}) == text for one in self.history.parents(tip))
        return held and self._comes_from_a_run({own}) and self._comes_from_a_run(joined)

    def _comes_from_a_run(self, entries: set[Entry]) -> bool:
        """Return whether a commit that first had these entries together, from the tip back, was no merge."""
        waiting, seen = [self.history.tip], set[str]()
        while waiting:
            commit = waiting.pop()
            if commit is None or commit in seen:
                continue
            seen.add(commit)
            parents, texts = self.history.parents(commit), self._texts(commit, entries)
            same = [parent for parent in parents if self._texts(parent, entries) == texts]
            if not same and len(parents) < _MERGE:
                return True
            waiting += same
        return False

    def _texts(self, commit: str, entries: set[Entry]) -> Mapping[Entry, bytes | None]:
        return {(lock, key): self._entries(commit, lock).get(key) for lock, key in entries}

    def _entries(self, commit: str, lock: str) -> Mapping[str, bytes]:
        if (commit, lock) not in self._read:
            self._read[commit, lock] = split_lock(self.history.read(commit, lock)).entries
        return self._read[commit, lock]


_MERGE = 2
"""Parents that make a commit a merge."""
