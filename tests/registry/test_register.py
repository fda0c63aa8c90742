"""Which commits become versions, and that two who register at once end the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.contracts.layout import ModelFiles
from headway.contracts.manifest import Manifest, manifest_json
from headway.contracts.registry.files import model_of
from headway.contracts.registry.ledger import Ledger
from headway.contracts.registry.tags import Slot
from headway.contracts.verdict import Verdict
from headway.errors import InputError, OutsideError
from headway.ports import RegistryRepository
from headway.registry.candidates import Candidate, find_candidates
from headway.registry.register import Outcome, Refusal, Registration
from headway.registry.rehearsal import Rehearsal
from headway.registry.state import State
from tests.registry.line import make_manifest
from tests.registry.memory import MODEL, NOW_S, MemoryRepository, Remote, stage_file
from tests.verdicts import contender, verdict

BAD = 13
"""Seed of a manifest that the judge refuses."""


@pytest.fixture
def remote() -> Remote:
    return Remote()


def ship(remote: Remote, seed: object, *, model: str = MODEL, content: Manifest | None = None) -> str:
    """Commit another manifest, and return the commit."""
    manifest = content or make_manifest(seed, model)
    return remote.write(ModelFiles(model).manifest.as_posix(), manifest_json(manifest).encode())


@dataclass
class Judge:
    """Accepts everything but BAD, and remembers what it was asked."""

    asked: list[Candidate] = field(default_factory=list)

    def __call__(self, candidate: Candidate, manifest: Manifest, _ledger: Ledger, _state: State) -> Verdict | Refusal:
        self.asked.append(candidate)
        if manifest.identity == make_manifest(BAD, candidate.model).identity:
            return Refusal("it is worse", "train a better one")
        accepted = contender(identity=manifest.identity, commit=candidate.commit)
        return verdict(decision="accept", summary="better by 0.02", candidate=accepted, model=candidate.model)


def registration(repository: RegistryRepository, judge: Judge | None = None, **options: object) -> Registration:
    facts = {"now_s": lambda: NOW_S, "new_run": lambda: "ab", "wait": lambda _: None}
    return Registration(repository, judge or Judge(), **{**facts, **options})  # type: ignore[arg-type]


def settle(
    remote: Remote, pause: Callable[[], None] = lambda: None, *, judge: Judge | None = None, everything: bool = False
) -> Outcome:
    """Register once."""
    return registration(MemoryRepository(remote, pause), judge, everything=everything).run()


def registered(remote: Remote, model: str = MODEL) -> dict[str, str]:
    """Return tag -> commit of the trusted versions."""
    return {str(one): one.commit for one in remote.state().versions.get(model, ())}


# Which commits


def test_a_model_without_versions_begins_with_its_newest_manifest(remote: Remote) -> None:
    ship(remote, 1)
    newest = ship(remote, 2)

    settle(remote)

    assert {"detector@v1.0.0": newest} == registered(remote)


def test_older_ones_are_registered_when_asked_for_oldest_first(remote: Remote) -> None:
    commits = [ship(remote, seed) for seed in (1, 2, 3)]

    settle(remote, everything=True)

    expected = dict(zip(("detector@v1.0.0", "detector@v1.1.0", "detector@v1.2.0"), commits, strict=True))
    assert expected == registered(remote)


def test_later_every_commit_since_the_last_version_becomes_one(remote: Remote) -> None:
    first = ship(remote, 1)
    settle(remote)
    second, third = ship(remote, 2), ship(remote, 3)

    outcome = settle(remote)

    expected = {"detector@v1.0.0": first, "detector@v1.1.0": second, "detector@v1.2.0": third}
    assert expected == registered(remote)
    assert ["detector@v1.1.0", "detector@v1.2.0"] == [str(one.name) for one in outcome.registered]


def test_nothing_to_do_is_one_question(remote: Remote) -> None:
    ship(remote, 1)
    settle(remote)
    repository, judge = MemoryRepository(remote), Judge()

    outcome = registration(repository, judge).run()

    assert (Outcome((), (), ()), 1, []) == (outcome, repository.questions, judge.asked)


def test_models_are_registered_each_for_itself(remote: Remote) -> None:
    commits = [ship(remote, 1), ship(remote, 1, model="counter")]

    settle(remote)

    assert [{"detector@v1.0.0": commits[0]}, {"counter@v1.0.0": commits[1]}] == [
        registered(remote),
        registered(remote, "counter"),
    ]


def test_a_manifest_that_was_taken_away_is_no_candidate(remote: Remote) -> None:
    ship(remote, 1)
    remote.write(ModelFiles(MODEL).manifest.as_posix(), None)

    assert Outcome((), (), ()) == settle(remote)


def test_a_manifest_that_comes_back_is_known(remote: Remote) -> None:
    ship(remote, 1)
    settle(remote)
    ship(remote, 2)
    settle(remote)
    reverted = ship(remote, 1)
    judge = Judge()

    outcome = settle(remote, judge=judge)

    assert [(reverted, "detector@v1.0.0")] == [(candidate.commit, str(one)) for candidate, one in outcome.known]
    assert ([], 2) == (judge.asked, len(registered(remote)))


def test_the_base_is_the_commit_before_on_the_line(remote: Remote) -> None:
    remote.write("models/registry/stages.yaml", b"")
    ship(remote, 1)
    (candidate,) = find_candidates(remote.ledger(), remote.state())

    assert (f"{2:040x}", f"{1:040x}") == (candidate.commit, candidate.base)


@pytest.mark.parametrize(
    ("path", "model"),
    [
        ("models/detector/manifest.json", "detector"),
        ("models/registry/manifest.json", None),
        ("models/Detector/manifest.json", None),
        ("models/a b/manifest.json", None),
        ("models/detector/bundle/manifest.json", None),
        ("models/production/detector.yaml", None),
        ("other/detector/manifest.json", None),
        ("manifest.json", None),
    ],
)
def test_whose_manifest_a_file_is(path: str, model: str | None) -> None:
    assert model == model_of(path)


# What is refused


def test_who_is_refused_does_not_stop_the_others(remote: Remote) -> None:
    first = ship(remote, 1)
    settle(remote)
    bad, good = ship(remote, BAD), ship(remote, 2)

    outcome = settle(remote)

    assert {"detector@v1.0.0": first, "detector@v1.1.0": good} == registered(remote)
    assert [(bad, Refusal("it is worse", "train a better one"))] == [
        (candidate.commit, refusal) for candidate, refusal in outcome.refused
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{}", r"000000000\d:models/detector/manifest.json is no manifest of schema 1: .*"),
        (b"\xff", r"000000000\d:models/detector/manifest.json is no manifest of schema 1: .*"),
        (
            manifest_json(make_manifest(1).model_copy(update={"operating_threshold": 0.9})).encode(),
            r".* was edited by hand: its identity is not that of its content",
        ),
        (manifest_json(make_manifest(1, "counter")).encode(), r".* is of the model 'counter'"),
    ],
)
def test_a_manifest_that_cannot_vouch_for_anything_is_refused(remote: Remote, content: bytes, said: str) -> None:
    remote.write(ModelFiles(MODEL).manifest.as_posix(), content)
    judge = Judge()

    ((_, refusal),) = settle(remote, judge=judge).refused

    with pytest.raises(InputError, match=said):
        raise InputError(refusal.sentence)
    assert [] == judge.asked


def test_a_version_whose_manifest_is_not_the_one_that_its_tag_names_is_passed_over(remote: Remote) -> None:
    ship(remote, 1)
    settle(remote)
    remote.register("v7.0.0")
    commit = ship(remote, 2)

    settle(remote)

    version = remote.state().versions[MODEL][1]
    assert ("v1.1.0", commit) == (str(version.number), version.commit)
    assert remote.tags["detector@v1.0.0"].oid == version.record.previous


def test_a_shallow_clone_is_refused(remote: Remote) -> None:
    ship(remote, 1)
    remote.complete = False

    with pytest.raises(InputError, match="shallow"):
        settle(remote)


# What a tag says


def test_the_record_says_what_the_verdict_said_and_names_the_tag_before(remote: Remote) -> None:
    ship(remote, 1)
    ship(remote, 2)
    settle(remote, everything=True)
    one, two = remote.state().versions[MODEL]

    assert (None, one.tag.oid) == (one.record.previous, two.record.previous)
    assert make_manifest(2).identity == two.record.identity
    assert ("accept", "better by 0.02", "minor: the data and the params changed") == (
        two.record.decision,
        two.record.summary,
        two.record.reason,
    )


def test_a_foreign_tag_keeps_its_number_and_a_new_one_is_dated_after_it(remote: Remote) -> None:
    remote.push_foreign("detector@v1.0.0", tagged_at=NOW_S + 1000)
    remote.push_foreign("counter@v2.0.0", tagged_at=NOW_S + 5000)
    commit = ship(remote, 1)

    settle(remote)

    assert {"detector@v2.0.0": commit} == registered(remote)
    assert NOW_S + 1001 == remote.tags["detector@v2.0.0"].tagged_at


def test_a_rehearsal_says_what_would_be_done_and_does_nothing(remote: Remote) -> None:
    for seed in (1, 2):
        ship(remote, seed)

    outcome = registration(Rehearsal(MemoryRepository(remote)), everything=True).run()

    assert ["detector@v1.0.0", "detector@v1.1.0"] == [str(one.name) for one in outcome.registered]
    assert {} == remote.tags
    real = settle(remote, everything=True)
    assert [one.name for one in real.registered] == [one.name for one in outcome.registered]


# Races


@given(st.integers(0, 12), st.booleans())
def test_two_at_once_make_each_version_once(step: int, everything: bool) -> None:
    """The second one runs to its end at some step of the first one's."""
    remote, steps = Remote(), iter(range(1000))
    commits = [ship(remote, seed) for seed in (1, BAD, 2)]
    expected = [commits[0], commits[2]] if everything else [commits[2]]
    judge = Judge()

    def pause() -> None:
        if next(steps) == step:
            settle(remote, everything=everything)

    settle(remote, pause, everything=everything, judge=judge)

    assert expected == list(registered(remote).values())
    assert () == remote.state().distrusted


def test_who_always_comes_second_gives_up(remote: Remote) -> None:
    ship(remote, 1)
    numbers = iter(range(1, 1000))

    def pause() -> None:
        remote.push_foreign(f"detector@v{next(numbers)}.0.0")

    with pytest.raises(OutsideError, match="others were first 20 times"):
        settle(remote, pause)


def test_a_declaration_is_no_candidate(remote: Remote) -> None:
    slot = Slot("production", MODEL)
    remote.declare(slot, stage_file(slot, "v1.0.0"))

    assert () == find_candidates(remote.ledger(), remote.state(), everything=True)


@given(st.lists(st.integers(0, 5), min_size=1, max_size=8), st.booleans())
def test_settled_after_one_application(seeds: list[int], everything: bool) -> None:
    remote = Remote()
    for seed in seeds:
        ship(remote, seed)
    settle(remote, everything=everything)
    before = dict(remote.tags)
    identities = [one.record.identity for one in remote.state().versions[MODEL]]

    assert () == settle(remote, everything=everything).registered
    assert before == remote.tags
    assert len(set(identities)) == len(identities)
    assert make_manifest(seeds[-1]).identity in identities
