"""Makes versions of the candidates that may be one, each with a number of its own, though others race."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from headway.contracts.layout import ModelFiles
from headway.contracts.manifest import Manifest, identity_of, parse_manifest
from headway.contracts.registry.ledger import Ledger
from headway.contracts.registry.records import VersionRecord
from headway.contracts.registry.tags import VersionNumber, VersionTag, parse_tag
from headway.contracts.verdict import Verdict
from headway.errors import InputError
from headway.ports import NewTag, RegistryRepository
from headway.registry.bump import Bump, Kind, choose_number
from headway.registry.candidates import Candidate, find_candidates, read_manifest_of
from headway.registry.publishing import date_after, publish_planned
from headway.registry.reading import read_state
from headway.registry.state import State, Version


@dataclass(frozen=True)
class Refusal:
    """Why a candidate becomes no version, and the way forward; `told` says that an earlier run has told it."""

    sentence: str
    way: str
    told: bool = False


Judge = Callable[[Candidate, Manifest, Ledger, State], Verdict | Refusal]
"""Says whether a candidate may become a version: an accepting verdict, or why not. It remembers what it has judged."""


@dataclass(frozen=True)
class Registered:
    """A version that was made: the name of its tag, and what that says."""

    candidate: Candidate
    name: VersionTag
    record: VersionRecord


@dataclass(frozen=True)
class Outcome:
    """What became of every candidate, oldest first; `known` ones are the same manifest as an older version."""

    registered: tuple[Registered, ...]
    known: tuple[tuple[Candidate, Version], ...]
    refused: tuple[tuple[Candidate, Refusal], ...]


@dataclass
class Registration:
    """One call of `headway register`.

    Attributes:
        repository: the clone and its remote.
        judge: asked once about a candidate and a champion.
        now_s: the clock, in seconds since the epoch.
        new_run: random hexadecimal digits, others at each call.
        wait: called after each push in which somebody else was first, with the number of those.
        asked: what to raise, whatever the rule says.
        everything: whether a model that has no version begins with its oldest commit, not with its newest.
    """

    repository: RegistryRepository
    judge: Judge
    now_s: Callable[[], int]
    new_run: Callable[[], str]
    wait: Callable[[int], None]
    asked: Kind | None = None
    everything: bool = False
    _known: dict[Candidate, Version] = field(default_factory=dict, init=False)
    _refused: dict[Candidate, Refusal] = field(default_factory=dict, init=False)

    def run(self) -> Outcome:
        """Make a version of each candidate that may be one, oldest first, each in a push of its own.

        Raises:
            InputError: the clone is shallow, or a token or a rule does not allow a push.
            OutsideError: the remote fails, or others were first too often.
        """
        registered: list[Registered] = []
        while made := publish_planned(self.repository, self._plan, wait=self.wait)[0]:
            registered.append(made)
        return Outcome(tuple(registered), tuple(self._known.items()), tuple(self._refused.items()))

    def _plan(self, ledger: Ledger) -> tuple[Mapping[str, str], Registered | None]:
        """Return the tag of the oldest candidate that may be a version; note why those before it are none."""
        state = read_state(ledger)
        for candidate in find_candidates(ledger, state, everything=self.everything):
            self._refused.pop(candidate, None)
            examined = self._examine(candidate, ledger, state)
            if isinstance(examined, Registered):
                name = str(examined.name)
                tags = (tag for tag in ledger.tags.values() if _is_version_of(tag.name, candidate.model))
                at = date_after(tags, self.now_s())
                oid = self.repository.make_tag(NewTag(name, candidate.commit, examined.record.message(name), at))
                return {name: oid}, examined
            if isinstance(examined, Version):
                self._known[candidate] = examined
            else:
                self._refused[candidate] = examined
        return {}, None

    def _examine(self, candidate: Candidate, ledger: Ledger, state: State) -> Registered | Version | Refusal:
        versions = state.versions.get(candidate.model, ())
        try:
            manifest = read_manifest_of(candidate, self.repository.read(candidate.blob))
            same = next((one for one in versions if one.record.identity == manifest.identity), None)
            if same is not None:
                return same
        except InputError as error:
            return Refusal(error.message, error.hint)
        last, before = self._find_last(versions, ledger)
        verdict = self.judge(candidate, manifest, ledger, state)
        if isinstance(verdict, Refusal):
            return verdict
        bump = choose_number(manifest, before, taken_numbers(ledger, candidate.model), self.asked)
        record = make_record(verdict, manifest, bump, last, self.new_run())
        return Registered(candidate, VersionTag(candidate.model, bump.number), record)

    def _find_last(
        self, versions: Sequence[Version], ledger: Ledger
    ) -> tuple[Version, tuple[VersionNumber, Manifest]] | tuple[None, None]:
        """Return the highest version whose tag names the manifest of its commit, and its number and that manifest."""
        for version in reversed(versions):
            manifest = self._read_manifest(version, ledger)
            if manifest is not None:
                return version, (version.number, manifest)
        return None, None

    def _read_manifest(self, version: Version, ledger: Ledger) -> Manifest | None:
        """Return the manifest that a version's commit brought; None where it is another than the tag names."""
        path = ModelFiles(version.model).manifest.as_posix()
        blob = next(one.blob for one in ledger.changes if one.path == path and one.commit == version.commit)
        try:
            manifest = parse_manifest(self.repository.read(blob or ""), f"{version.commit[:10]}:{path}")
        except InputError:
            return None
        return manifest if version.record.identity == manifest.identity == identity_of(manifest) else None


def taken_numbers(ledger: Ledger, model: str) -> frozenset[VersionNumber]:
    """Return the numbers of a model that have a tag, whether or not it counts: no name is ever used again."""
    tags = (parse_tag(name) for name in ledger.tags)
    return frozenset(tag.number for tag in tags if isinstance(tag, VersionTag) and tag.model == model)


def make_record(verdict: Verdict, manifest: Manifest, bump: Bump, previous: Version | None, run: str) -> VersionRecord:
    """Return what the tag of a version says; `verdict` is of this very manifest, and on a commit."""
    assert verdict.candidate.identity == manifest.identity
    assert verdict.lock_sha256 is not None
    return VersionRecord(
        identity=manifest.identity,
        lock_sha256=verdict.lock_sha256,
        model_sha256=verdict.candidate.model_sha256,
        test_set=verdict.test_set.digest,
        decision=verdict.decision,
        compared_with=verdict.champion.identity if verdict.champion else None,
        policy_sha256=verdict.policy_sha256,
        reason=bump.reason,
        summary=verdict.summary,
        previous=previous.tag.oid if previous else None,
        run=run,
    )


def _is_version_of(name: str, model: str) -> bool:
    tag = parse_tag(name)
    return isinstance(tag, VersionTag) and tag.model == model
