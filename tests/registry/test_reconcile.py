"""Which echoes are missing, and that reconcilers end the same however they get in each other's way."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from headway.contracts.github import MergedPullRequest
from headway.contracts.registry.tags import HIGHEST_N, Slot, StageTag
from headway.errors import InputError, OutsideError
from headway.registry.attestation import ASKED, YOUNG_S, Attest
from headway.registry.reconcile import missing, reconcile, takes_nothing
from headway.registry.state import find_assigned
from tests.registry.memory import NOW_S, MemoryRepository, Reconciler, Remote, settle, stage_file

PRODUCTION, STAGING = Slot("production", "detector"), Slot("staging", "detector")
VERSIONS = ("v1.0.0", "v1.1.0", "v2.0.0")


@pytest.fixture
def remote() -> Remote:
    return make_remote()


def make_remote() -> Remote:
    remote = Remote()
    for version in VERSIONS:
        remote.register(version)
    return remote


def echoed(remote: Remote, slot: Slot = PRODUCTION) -> dict[str, str]:
    """Return tag -> declaring commit of the trusted echoes, in order."""
    return {echo.tag.name: echo.declaration.commit for echo in remote.state().echoes.get(slot, ())}


def test_each_declaration_gets_its_tag_on_the_commit_of_its_version(remote: Remote) -> None:
    first = remote.declare(PRODUCTION, stage_file(PRODUCTION, "v1.0.0"))
    second = remote.declare(PRODUCTION, stage_file(PRODUCTION, "v1.1.0"))

    settle(remote)

    assert {"detector#production#1": first, "detector#production#2": second} == echoed(remote)
    tags = [echo.tag for echo in remote.state().echoes[PRODUCTION]]
    assert [remote.tags[f"detector@{one}"].commit for one in VERSIONS[:2]] == [tag.commit for tag in tags]


def test_the_record_names_what_came_before_and_the_tag_of_the_version(remote: Remote) -> None:
    for version in VERSIONS[:2]:
        remote.declare(PRODUCTION, stage_file(PRODUCTION, version))
    settle(remote)
    remote.declare(PRODUCTION, stage_file(PRODUCTION, "v2.0.0"))
    settle(remote)

    echoes = remote.state().echoes[PRODUCTION]

    assert [None, echoes[0].tag.oid, echoes[1].tag.oid] == [echo.record.previous for echo in echoes]
    assert [remote.tags[f"detector@{one}"].oid for one in VERSIONS] == [echo.record.version_tag for echo in echoes]


def test_an_emptied_stage_is_tagged_where_the_version_was(remote: Remote) -> None:
    remote.declare(PRODUCTION, stage_file(PRODUCTION, "v1.0.0"))
    emptied = remote.declare(PRODUCTION, None)

    settle(remote)

    assert emptied == echoed(remote)["detector#production!#2"]
    assert remote.tags["detector#production#1"].commit == remote.tags["detector#production!#2"].commit


def test_every_version_that_was_in_a_stage_leaves_it_when_it_is_emptied(remote: Remote) -> None:
    for version in ("v1.0.0", "v1.1.0", "v1.0.0"):
        remote.declare(PRODUCTION, stage_file(PRODUCTION, version))
    emptied = remote.declare(PRODUCTION, None)

    settle(remote)

    found = echoed(remote)
    assert (emptied, emptied) == (found["detector#production!#4"], found["detector#production!#5"])
    left = [remote.tags[f"detector#production!#{n}"].commit for n in (4, 5)]
    assert [remote.tags[f"detector@{version}"].commit for version in ("v1.0.0", "v1.1.0")] == left
    assert () == settle(remote).made


@pytest.mark.parametrize("lost", [3, 4])
def test_an_emptied_stage_that_lost_one_of_its_tags_gets_it_again(remote: Remote, lost: int) -> None:
    for version in ("v1.0.0", "v1.1.0", None):
        remote.declare(PRODUCTION, None if version is None else stage_file(PRODUCTION, version))
    settle(remote)
    del remote.tags[f"detector#production!#{lost}"]

    settle(remote)

    assert () == find_assigned(remote.state().echoes[PRODUCTION])
    assert () == settle(remote).made


def test_a_faulty_file_that_was_taken_away_left_nothing_to_tag(remote: Remote) -> None:
    remote.declare(PRODUCTION, b"nonsense")
    emptied = remote.declare(PRODUCTION, None)

    outcome = settle(remote)

    assert ((), ()) == (outcome.made, outcome.problems)
    assert [False, True] == [takes_nothing(remote.state(), one) for one in remote.state().declarations[PRODUCTION]]
    assert emptied == remote.state().declarations[PRODUCTION][-1].commit


def test_the_tags_of_all_stages_are_dated_in_the_order_of_the_line(remote: Remote) -> None:
    for slot, version in [(STAGING, "v1.0.0"), (PRODUCTION, "v1.0.0"), (STAGING, "v1.1.0"), (PRODUCTION, None)]:
        remote.declare(slot, stage_file(slot, version) if version else None)

    made = settle(remote).made

    names = ["detector#staging#1", "detector#production#1", "detector#staging#2", "detector#production!#2"]
    assert dict(zip(names, range(NOW_S, NOW_S + 4), strict=True)) == {
        str(one.echo.name): one.echo.tagged_at for one in made
    }


def test_what_is_tagged_at_once_is_of_one_run(remote: Remote) -> None:
    runs = iter(["aa", "bb"])
    for slot, version in [(STAGING, "v1.0.0"), (PRODUCTION, "v1.0.0"), (PRODUCTION, "v1.1.0")]:
        remote.declare(slot, stage_file(slot, version))

    settle(remote, new_run=lambda: next(runs))

    assert {"aa"} == {echo.record.run for echoes in remote.state().echoes.values() for echo in echoes}


def test_what_the_forge_says_of_a_merge_is_written_down(remote: Remote) -> None:
    remote.declare(PRODUCTION, stage_file(PRODUCTION, "v1.0.0"))
    merged_at = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)
    merged = MergedPullRequest(7, merged_at, "ada", "grace", ("grace", "joan"), "https://example.org/7")

    outcome = settle(remote, attest=lambda _: merged)

    record = remote.state().echoes[PRODUCTION][0].record
    assert (merged_at, 7, ("grace", "joan")) == (record.declared_at, record.pull_request, record.approved_by)
    assert outcome.made[0].attested


@pytest.mark.parametrize(("attest", "attested"), [(None, "unasked"), (lambda _: None, "no-pull-request")])
def test_without_a_word_of_the_forge_the_time_is_left_open(
    remote: Remote, attest: Attest | None, attested: str
) -> None:
    remote.declare(PRODUCTION, stage_file(PRODUCTION, "v1.0.0"))

    outcome = settle(remote, attest=attest)

    record = remote.state().echoes[PRODUCTION][0].record
    assert (None, attested) == (record.declared_at, record.attested)
    assert not outcome.made[0].attested


def test_the_forge_is_asked_once_though_pushes_are_lost(remote: Remote) -> None:
    remote.declare(PRODUCTION, stage_file(PRODUCTION, "v1.0.0"))
    remote.declare(PRODUCTION, stage_file(PRODUCTION, "v1.1.0"))
    asked: list[str] = []

    class Loser(MemoryRepository):
        def publish(self, tags: object) -> bool:
            return False

    with pytest.raises(OutsideError, match="3 times"):
        reconcile(
            Loser(remote), attest=lambda commit: asked.append(commit), now_s=lambda: NOW_S, new_run=lambda: "ab",
            wait=lambda _: None, wait_for_forge=lambda _: None, attempts=3,
        )  # fmt: skip

    assert 2 == len(asked)


def test_a_forge_that_lags_behind_is_asked_again_about_a_young_commit(remote: Remote) -> None:
    remote.declare(PRODUCTION, stage_file(PRODUCTION, "v1.0.0"))
    merged = MergedPullRequest(7, datetime(2026, 11, 3, tzinfo=UTC), "ada", "grace", (), "https://example.org/7")
    answers = iter([None, None, merged])
    waits: list[int] = []

    settle(remote, attest=lambda _: next(answers), now_s=lambda: YOUNG_S - 1, wait_for_forge=waits.append)

    assert "forge" == remote.state().echoes[PRODUCTION][0].record.attested
    assert [1, 2] == waits


@pytest.mark.parametrize(("age_s", "expected"), [(YOUNG_S - 1, ASKED), (YOUNG_S, 1)])
def test_a_forge_that_knows_nothing_is_believed_at_last(remote: Remote, age_s: int, expected: int) -> None:
    remote.declare(PRODUCTION, stage_file(PRODUCTION, "v1.0.0"))
    asked: list[str] = []

    settle(remote, attest=lambda commit: asked.append(commit), now_s=lambda: age_s)

    assert expected == len(asked)
    assert "no-pull-request" == remote.state().echoes[PRODUCTION][0].record.attested


def test_a_declaration_for_a_stage_that_the_rules_do_not_name_is_never_tagged(remote: Remote) -> None:
    canary = Slot("canary", "detector")
    remote.declare(canary, stage_file(canary, "v1.0.0"))

    outcome = settle(remote)

    assert ["there is no stage 'canary' in models/registry/stages.yaml"] == [one.sentence for one in outcome.problems]
    assert () == outcome.made


def test_the_rules_of_the_newest_commit_count(remote: Remote) -> None:
    canary = Slot("canary", "detector")
    commit = remote.declare(canary, stage_file(canary, "v1.0.0"))
    remote.write("models/registry/stages.yaml", b"schema_version: 1\nstages: {canary: {}}\n")

    settle(remote)

    assert {"detector#canary#1": commit} == echoed(remote, canary)


def test_a_stage_that_the_rules_do_not_name_can_be_emptied(remote: Remote) -> None:
    canary = Slot("canary", "detector")
    remote.write("models/registry/stages.yaml", b"schema_version: 1\nstages: {canary: {}}\n")
    first = remote.declare(canary, stage_file(canary, "v1.0.0"))
    settle(remote)
    remote.write("models/registry/stages.yaml", b"schema_version: 1\nstages: {staging: {}}\n")
    emptied = remote.declare(canary, None)

    outcome = settle(remote)

    assert {"detector#canary#1": first, "detector#canary!#2": emptied} == echoed(remote, canary)
    assert () == outcome.problems


@pytest.mark.parametrize(
    ("rules", "sentence"),
    [(None, "there is no models/registry/stages.yaml"), (b"stages: [", "models/registry/stages.yaml:1")],
)
def test_without_rules_nothing_is_tagged(remote: Remote, rules: bytes | None, sentence: str) -> None:
    remote.declare(PRODUCTION, stage_file(PRODUCTION, "v1.0.0"))
    remote.write("models/registry/stages.yaml", rules)

    outcome = settle(remote)

    assert [True] == [sentence in one.sentence for one in outcome.problems]
    assert {} == echoed(remote)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"version: [", "models/registry/production/detector.yaml"),
        (b"\xff\xfe", "models/registry/production/detector.yaml"),
        (stage_file(PRODUCTION, "v9.0.0"), "detector@v9.0.0 has no tag that counts"),
        (stage_file(PRODUCTION, "v1.0.0", identity="0" * 64), "the stage file says 000000000000"),
        (stage_file(Slot("production", "other"), "v1.0.0"), "model is 'other'"),
    ],
)
def test_a_faulty_declaration_is_reported_and_not_tagged(remote: Remote, content: bytes, sentence: str) -> None:
    commit = remote.declare(PRODUCTION, content)

    outcome = settle(remote)

    assert [commit] == [problem.declaration.commit for problem in outcome.problems]
    assert sentence in outcome.problems[0].sentence
    assert {} == echoed(remote)


def test_a_faulty_declaration_keeps_no_later_one_back(remote: Remote) -> None:
    remote.declare(PRODUCTION, b"nonsense")
    mended = remote.declare(PRODUCTION, stage_file(PRODUCTION, "v1.0.0"))

    settle(remote)

    assert {"detector#production#1": mended} == echoed(remote)


def test_a_declaration_that_a_later_one_overtook_is_never_tagged(remote: Remote) -> None:
    remote.declare(PRODUCTION, stage_file(PRODUCTION, "v3.0.0"))
    later = remote.declare(PRODUCTION, stage_file(PRODUCTION, "v1.0.0"))
    settle(remote)
    remote.register("v3.0.0")

    outcome = settle(remote)

    assert ((), ()) == (outcome.made, outcome.problems)
    assert {"detector#production#1": later} == echoed(remote)


def test_a_declaration_whose_version_comes_late_is_tagged_then(remote: Remote) -> None:
    commit = remote.declare(PRODUCTION, stage_file(PRODUCTION, "v3.0.0"))
    settle(remote)
    remote.register("v3.0.0")

    settle(remote)

    assert {"detector#production#1": commit} == echoed(remote)


@pytest.mark.parametrize("foreign", ["detector#production#6", "detector#production!#6"])
@pytest.mark.parametrize("tagged_at", [5, None])
def test_a_foreign_tag_counts_for_nothing_but_its_number(remote: Remote, foreign: str, tagged_at: int | None) -> None:
    remote.push_foreign(foreign, tagged_at=tagged_at)
    commit = remote.declare(PRODUCTION, stage_file(PRODUCTION, "v1.0.0"))

    settle(remote)

    assert {"detector#production#7": commit} == echoed(remote)


def test_a_foreign_number_beyond_reason_is_not_followed(remote: Remote) -> None:
    remote.push_foreign(f"detector#production#{10**200}")
    commit = remote.declare(PRODUCTION, stage_file(PRODUCTION, "v1.0.0"))

    settle(remote)

    assert {"detector#production#1": commit} == echoed(remote)


@pytest.mark.parametrize("number", [10**9 - 1, 10**9, 10**12 - 1])
def test_no_foreign_number_keeps_a_slot_from_settling(remote: Remote, number: int) -> None:
    remote.push_foreign(f"detector#production#{number}", tagged_at=None)
    remote.push_foreign("detector#production#2", tagged_at=None)
    remote.push_foreign("detector#production!#5", tagged_at=None)
    commits = []
    for version in (*VERSIONS, *VERSIONS):
        commits.append(remote.declare(PRODUCTION, stage_file(PRODUCTION, version)))
        settle(remote)

    assert commits == list(echoed(remote).values())


def test_no_foreign_date_brings_a_new_tag_beyond_the_last_year(remote: Remote) -> None:
    last_second = int(datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC).timestamp())
    remote.push_foreign("detector#production#1", tagged_at=last_second - 1)
    for version in VERSIONS:
        remote.declare(PRODUCTION, stage_file(PRODUCTION, version))

    settle(remote)

    assert [NOW_S, NOW_S + 1, NOW_S + 2] == [echo.tag.tagged_at for echo in remote.state().echoes[PRODUCTION]]


def test_new_tags_are_dated_after_a_foreign_one_of_2030(remote: Remote) -> None:
    at = int(datetime(2030, 1, 1, tzinfo=UTC).timestamp())
    remote.push_foreign("detector#production#1", tagged_at=at)
    remote.declare(PRODUCTION, stage_file(PRODUCTION, "v1.0.0"))
    remote.declare(PRODUCTION, stage_file(PRODUCTION, "v1.1.0"))

    settle(remote)

    assert [at + 1, at + 2] == [echo.tag.tagged_at for echo in remote.state().echoes[PRODUCTION]]


def test_a_date_that_no_calendar_has_is_not_followed(remote: Remote) -> None:
    remote.push_foreign("detector#production#1", tagged_at=10**18)
    remote.declare(PRODUCTION, stage_file(PRODUCTION, "v1.0.0"))

    settle(remote)

    assert NOW_S == remote.tags["detector#production#2"].tagged_at


def test_a_foreign_number_of_one_slot_is_no_matter_to_another(remote: Remote) -> None:
    remote.push_foreign("detector#staging#6")
    commit = remote.declare(PRODUCTION, stage_file(PRODUCTION, "v1.0.0"))

    settle(remote)

    assert {"detector#production#1": commit} == echoed(remote)


@pytest.mark.parametrize("n", [HIGHEST_N, HIGHEST_N + 1, 10**12, 10**200])
def test_no_echo_of_a_huge_number_keeps_a_slot_from_settling(remote: Remote, n: int) -> None:
    remote.declare(PRODUCTION, stage_file(PRODUCTION, "v1.0.0"))
    (declaration,) = remote.state().declarations[PRODUCTION]
    remote.push_echo(n, declaration, "v1.0.0", remote.tags["detector@v1.0.0"].commit or "")
    for version in VERSIONS:
        commit = remote.declare(PRODUCTION, stage_file(PRODUCTION, version))
        settle(remote)
        assert commit == list(echoed(remote).values())[-1]

    assert () == settle(remote).made


def test_a_shallow_clone_is_refused(remote: Remote) -> None:
    remote.complete = False

    with pytest.raises(InputError, match="shallow"):
        settle(remote)


slots = st.builds(Slot, st.sampled_from(["staging", "production"]), st.sampled_from(["detector", "counter"]))
contents = st.sampled_from([*VERSIONS, None, "v9.0.0", "nonsense"])
healthy = st.sampled_from([*VERSIONS, None])


def write(remote: Remote, slot: Slot, what: str | None) -> None:
    content = None if what is None else b"nonsense" if what == "nonsense" else stage_file(slot, what)
    remote.declare(slot, content)


def make_remote_of_two() -> Remote:
    remote = make_remote()
    for version in VERSIONS:
        remote.register(version, "counter")
    return remote


class Forged(NamedTuple):
    """An echo that somebody pushes as Headway would: of a declaration, counted from the newest, or from where it is."""

    slot: Slot
    n: int
    back: int
    version: str
    """On whose commit it sits, where it empties a stage."""


huge = st.integers(HIGHEST_N - 2, HIGHEST_N + 8)
forged_echoes = st.builds(
    Forged, slots, st.integers(1, 12) | huge | st.sampled_from([10**12, 10**200]), st.integers(0, 3),
    st.sampled_from(VERSIONS),
)  # fmt: skip


def forge(remote: Remote, one: Forged) -> None:
    """Push a forged echo, where its declaration is there and names a version that is, and no tag has its name."""
    declarations = remote.state().declarations.get(one.slot, ())[::-1][one.back : one.back + 1]
    for declaration in declarations:
        content = remote.contents[declaration.change.blob] if declaration.change.blob else None
        says = next((version for version in VERSIONS if content == stage_file(one.slot, version)), None)
        name = StageTag(one.slot, one.n, empty=says is None)
        if (content is None or says) and str(name) not in remote.tags:
            commit = remote.tags[f"{one.slot.model}@{says or one.version}"].commit
            remote.push_echo(one.n, declaration, says, commit or "")


def foreign_tags(number: int, empty: bool, slot: Slot) -> str:
    return str(StageTag(slot, number, empty=empty))


@settings(max_examples=100)
@given(
    declared=st.lists(st.tuples(slots, contents), max_size=12),
    foreign=st.lists(st.builds(foreign_tags, st.integers(1, 20) | huge, st.booleans(), slots), max_size=4),
    forged=st.lists(forged_echoes, max_size=4),
    cut=st.integers(0, 12),
)
@example(
    declared=[(PRODUCTION, "v1.0.0"), (PRODUCTION, "v1.1.0")],
    foreign=[],
    forged=[Forged(PRODUCTION, 10**12, 0, "v1.0.0")],
    cut=1,
)
def test_settled_after_one_application(
    declared: list[tuple[Slot, str | None]], foreign: list[str], forged: list[Forged], cut: int
) -> None:
    remote = make_remote_of_two()
    for number, (slot, what) in enumerate(declared):
        if number == cut:
            for one in forged[:2]:
                forge(remote, one)
            settle(remote)
        write(remote, slot, what)
    for one in forged:
        forge(remote, one)
    for name in set(foreign) - set(remote.tags):
        remote.push_foreign(name, tagged_at=NOW_S + 7)

    first = settle(remote)
    tags = dict(remote.tags)
    second = settle(remote)

    assert () == second.made
    assert first.problems == second.problems
    assert tags == remote.tags
    assert_followed(remote)
    if not forged:
        assert_consistent(remote)


class Declare(NamedTuple):
    slot: Slot
    what: str | None


class Turn(NamedTuple):
    who: int
    killed: bool


turns = st.builds(Turn, st.integers(0, 3), st.sampled_from([False, False, False, True]))
steps = st.lists(st.one_of(turns, turns, st.builds(Declare, slots, healthy)), max_size=40)


@settings(max_examples=60)
@given(steps)
def test_any_interleaving_ends_the_same(steps: list[Declare | Turn]) -> None:
    remote, alone = make_remote_of_two(), make_remote_of_two()
    reconcilers = [Reconciler(remote) for _ in range(4)]
    for step in steps:
        if isinstance(step, Declare):
            write(remote, *step)
            write(alone, *step)
            continue
        reconciler = reconcilers[step.who]
        reconciler.kill() if step.killed else reconciler.step()
        if reconciler.ended:
            reconcilers[step.who] = Reconciler(remote)
    for reconciler in reconcilers:
        reconciler.kill()
    settle(remote)
    settle(alone)

    assert described(alone) == described(remote)
    assert () == remote.state().distrusted
    assert_consistent(remote)


def described(remote: Remote) -> dict[Slot, list[tuple[str, str, str | None]]]:
    """Return all that the echoes say of what was declared; when they were made is no matter."""
    return {
        slot: [(echo.tag.name, echo.declaration.commit, echo.record.version) for echo in echoes]
        for slot, echoes in remote.state().echoes.items()
    }


def assert_consistent(remote: Remote) -> None:
    """Nothing is lost, nothing is there twice, each chain is whole, and dates grow as numbers do."""
    state = remote.state()
    for echoes in state.echoes.values():
        assert [None, *(echo.tag.oid for echo in echoes[:-1])] == [echo.record.previous for echo in echoes]
        dates = [echo.tag.tagged_at or 0 for echo in echoes]
        assert sorted(set(dates)) == dates
        numbers = [echo.n for echo in echoes]
        assert sorted(set(numbers)) == numbers
        full = [echo.declaration for echo in echoes if echo.record.version]
        assert len(set(full)) == len(full)
        emptied = [(echo.declaration, echo.tag.commit) for echo in echoes if not echo.record.version]
        assert len(set(emptied)) == len(emptied)
        assert echoes[-1].record.version or () == find_assigned(echoes)
    assert_followed(remote)


def assert_followed(remote: Remote) -> None:
    """Nothing that could be tagged is missing: what is, is faulty, or took nothing away."""
    state = remote.state()
    sound = [stage_file(slot, version) for slot in state.declarations for version in VERSIONS]
    for slot in state.declarations:
        for one in missing(state, slot):
            assert takes_nothing(state, one) or remote.contents[one.change.blob or ""] not in sound
