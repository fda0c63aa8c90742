"""What a real repository's history and tags mean to the registry, and what they do not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headway.contracts.registry.desired import desired_path
from headway.contracts.registry.ledger import Ledger
from headway.contracts.registry.tags import HIGHEST_N, Slot
from headway.errors import InputError
from headway.integrations.git.ledger import read_ledger
from headway.registry.reading import read_state
from headway.registry.state import State
from tests.registry.line import Line, copy_line, make_line, make_registered_line

PRODUCTION = Slot("production", "detector")
FILE = desired_path(PRODUCTION)
OF_2030 = int(datetime(2030, 1, 1, tzinfo=UTC).timestamp())


@pytest.fixture(scope="module")
def registered(tmp_path_factory: pytest.TempPathFactory) -> Line:
    return make_registered_line(tmp_path_factory.mktemp("registered"), versions=2)


@pytest.fixture
def line(registered: Line, tmp_path: Path) -> Line:
    return copy_line(registered, tmp_path)


def echoed(state: State, slot: Slot = PRODUCTION) -> list[str]:
    return [echo.tag.name for echo in state.echoes.get(slot, ())]


def refused(state: State) -> dict[str, str]:
    return {one.tag.name: one.reason for one in state.distrusted}


def test_versions_declarations_and_echoes_are_read_in_order(line: Line) -> None:
    first = line.promote("detector#production#1", "v1.0.0")
    second = line.promote("detector#production#2", "v1.1.0")
    third = line.promote("detector#production!#3", None)

    state = line.state()

    assert ["detector@v1.0.0", "detector@v1.1.0"] == [str(one) for one in state.versions["detector"]]
    assert [first, second, third] == [one.commit for one in state.declarations[PRODUCTION]]
    assert ["detector#production#1", "detector#production#2", "detector#production!#3"] == echoed(state)
    assert {} == refused(state)


@pytest.mark.parametrize("how", ["merge", "squash", "rebase"])
def test_however_it_was_merged_there_is_one_declaration_on_the_line(line: Line, how: str) -> None:
    line.branch("promote")
    line.declare("production", "v1.0.0")
    line.git("checkout", "--quiet", "main")
    line.commit({"README.md": "meanwhile"})
    merged = line.merge("promote", how)

    state = line.state()

    assert [merged] == [one.commit for one in state.declarations[PRODUCTION]]


def test_what_a_branch_did_on_the_way_is_no_declaration(line: Line) -> None:
    line.branch("promote")
    line.declare("production", "v1.0.0")
    line.declare("production", "v1.1.0")
    line.merge("promote")

    (declaration,) = line.state().declarations[PRODUCTION]

    assert line.git("rev-parse", f"HEAD:{FILE}") == declaration.change.blob


def test_two_stages_of_one_merge_are_two_declarations(line: Line) -> None:
    line.branch("promote")
    line.declare("staging", "v1.0.0")
    line.declare("production", "v1.0.0")
    merged = line.merge("promote")

    assert {Slot("production", "detector"): [merged], Slot("staging", "detector"): [merged]} == {
        slot: [one.commit for one in found] for slot, found in line.state().declarations.items()
    }


def test_another_mode_is_no_declaration(line: Line) -> None:
    line.declare("production", "v1.0.0")
    line.git("update-index", "--chmod=+x", FILE)
    line.git("commit", "--quiet", "-m", "executable")

    assert 1 == len(line.state().declarations[PRODUCTION])


def test_a_file_that_no_tag_can_name_is_no_declaration(line: Line) -> None:
    line.commit({"models/registry/Prod uction/detector.yaml": "x", "models/registry/production/a#b.yaml": "x"})

    assert {} == line.state().declarations


def test_dates_decide_nothing(line: Line) -> None:
    line.declare("production", "v1.0.0")
    line.echo("detector#production#1", at=OF_2030)
    line.promote("detector#production#2", "v1.1.0")

    assert ["detector#production#1", "detector#production#2"] == echoed(line.state())


def test_a_lightweight_tag_counts_for_nothing(line: Line) -> None:
    line.declare("production", "v1.0.0")
    line.git("tag", "detector#production#1", "detector@v1.0.0^{commit}")
    line.git("tag", "detector@v2.0.0")

    assert {"detector#production#1": "lightweight", "detector@v2.0.0": "lightweight"} == refused(line.state())


def test_a_tag_of_gto_or_a_person_counts_for_nothing(line: Line) -> None:
    line.declare("production", "v1.0.0")
    line.tag("detector#production#1", "detector@v1.0.0^{commit}", "Assigning stage production\n")
    line.tag("detector@v2.0.0", "HEAD", "Registering\n")

    assert {"detector#production#1": "message", "detector@v2.0.0": "message"} == refused(line.state())


def test_a_tag_object_of_another_name_counts_for_nothing(line: Line) -> None:
    line.promote("detector#production#1", "v1.0.0")
    line.git("update-ref", "refs/tags/detector#production#2", "refs/tags/detector#production#1")

    assert {"detector#production#2": "message"} == refused(line.state())


def test_a_tag_of_a_tag_counts_for_nothing(line: Line) -> None:
    inner = line.git("rev-parse", "refs/tags/detector@v1.0.0")
    line.tag("detector@v3.0.0", inner, line.version_record("HEAD").message("detector@v3.0.0"))

    assert {"detector@v3.0.0": "unmerged"} == refused(line.state())


def test_what_was_never_merged_counts_for_nothing(line: Line) -> None:
    line.branch("mine")
    line.new_model("mine")
    line.register("detector@v9.0.0")
    line.promote("detector#production#1", "v9.0.0")

    state = line.state()

    assert {"detector@v9.0.0": "unmerged", "detector#production#1": "unmerged"} == refused(state)
    assert {} == state.declarations


def test_a_commit_that_only_a_merge_brought_is_not_on_the_line(line: Line) -> None:
    line.branch("retrain")
    inner = line.new_model("inner")
    line.merge("retrain")
    line.register("detector@v9.0.0", inner)

    assert {"detector@v9.0.0": "unmerged"} == refused(line.state())


def test_an_echo_of_what_nobody_declared_counts_for_nothing(line: Line) -> None:
    declared_in = line.declare("production", "v1.0.0")
    nothing = line.commit({"README.md": "no declaration"})
    line.echo("detector#production#1", nothing)
    line.echo("detector#production#2", declared_in, file="a" * 40)

    assert {"detector#production#1": "no-declaration", "detector#production#2": "no-declaration"} == refused(
        line.state()
    )


def test_an_echo_that_contradicts_its_stage_file_counts_for_nothing(line: Line) -> None:
    line.declare("production", "v1.0.0")
    newer = line.git("rev-parse", "refs/tags/detector@v1.1.0")
    line.echo(
        "detector#production#1",
        version="v1.1.0",
        identity=line.identity("detector@v1.1.0"),
        version_tag=newer,
    )

    assert {"detector#production#1": "contradiction"} == refused(line.state())


def test_an_echo_of_a_file_in_another_spelling_counts(line: Line) -> None:
    text = line.stage_file("detector", "v1.0.0").replace("version: v1.0.0", 'version: "v1.0.0"  # by hand')
    line.commit({FILE: text})
    line.echo("detector#production#1")

    assert ["detector#production#1"] == echoed(line.state())


def test_an_echo_of_nonsense_counts_for_nothing(line: Line) -> None:
    line.commit({FILE: line.stage_file("detector", "v1.0.0") + "nonsense: true\n"})
    line.echo("detector#production#1")
    line.commit({FILE: "version: v1.0.0\n"})
    line.echo("detector#production#2", identity=line.identity("detector@v1.0.0"))

    assert "contradiction" == refused(line.state())["detector#production#2"]


def test_an_echo_on_another_commit_than_its_version_counts_for_nothing(line: Line) -> None:
    line.declare("production", "v1.0.0")
    line.echo("detector#production#1", commit="HEAD")

    assert {"detector#production#1": "wrong-commit"} == refused(line.state())


def test_of_two_echoes_of_one_declaration_the_lower_number_counts(line: Line) -> None:
    declared_in = line.promote("detector#production#1", "v1.0.0")
    line.echo("detector#production#10", declared_in)

    state = line.state()

    assert ["detector#production#1"] == echoed(state)
    assert {"detector#production#10": "repeated"} == refused(state)


def test_an_overtaken_declaration_cannot_come_back(line: Line) -> None:
    older = line.declare("production", "v1.0.0")
    line.promote("detector#production#1", "v1.1.0")
    line.echo("detector#production#2", older)

    state = line.state()

    assert ["detector#production#1"] == echoed(state)
    assert {"detector#production#2": "overtaken"} == refused(state)


def test_a_commit_and_a_manifest_have_one_version_the_lowest(line: Line) -> None:
    line.register("detector@v1.10.0", "detector@v1.0.0^{commit}")
    line.register("detector@v2.0.0", line.new_model(0))

    state = line.state()

    assert ["detector@v1.0.0", "detector@v1.1.0"] == [str(one) for one in state.versions["detector"]]
    assert {"detector@v1.10.0": "repeated", "detector@v2.0.0": "repeated"} == refused(state)


def test_a_version_on_a_commit_that_brought_no_manifest_counts_for_nothing(line: Line) -> None:
    line.register("detector@v2.0.0", line.commit({"README.md": "the same model"}))

    assert {"detector@v2.0.0": "no-manifest"} == refused(line.state())


def test_a_version_of_another_models_commit_counts_for_nothing(line: Line) -> None:
    line.new_model("other", model="counter")
    line.register("detector@v2.0.0")

    assert {"detector@v2.0.0": "no-manifest"} == refused(line.state())


def test_a_version_that_names_another_identity_than_its_manifest_counts_for_nothing(line: Line) -> None:
    line.new_model(7)
    line.register("detector@v0.0.1", identity="0" * 64)
    line.register("detector@v2.0.0")

    state = line.state()

    assert {"detector@v0.0.1": "contradiction"} == refused(state)
    assert "detector@v2.0.0" == str(state.versions["detector"][-1])


@pytest.mark.parametrize("content", ["", "[]", "[" * 100_000, '{"identity": 7}'])
def test_a_version_of_a_manifest_that_cannot_be_read_counts_for_nothing(line: Line, content: str) -> None:
    line.commit({"models/detector/manifest.json": content})
    line.tag("detector@v2.0.0", "HEAD", line.version_record("HEAD~1").message("detector@v2.0.0"))

    assert {"detector@v2.0.0": "contradiction"} == refused(line.state())


def test_no_second_tag_of_a_commit_takes_anything_from_a_version_that_is_declared(line: Line) -> None:
    line.promote("detector#production#1", "v1.1.0")
    line.register("detector@v0.0.1", "detector@v1.1.0^{commit}")

    state = line.state()

    assert {"detector@v0.0.1": "repeated"} == refused(state)
    assert ["detector#production#1"] == echoed(state)


def test_no_second_tag_of_a_commit_takes_anything_from_a_version_that_the_next_one_names(line: Line) -> None:
    line.register("detector@v0.0.1", "detector@v1.0.0^{commit}")

    assert {"detector@v0.0.1": "repeated"} == refused(line.state())


@pytest.mark.parametrize("previous", ["of the newest", "none"])
def test_of_two_tags_with_one_number_the_one_that_fits_counts(line: Line, previous: str) -> None:
    line.promote("detector#production#1", "v1.0.0")
    line.promote("detector#production#2", "v1.1.0")
    emptied = line.promote("detector#production!#3", None)
    line.promote("detector#production#4", "v1.0.0")
    line.echo("detector#production!#1", emptied, **({"previous": None} if previous == "none" else {}))
    line.echo("detector#production!#2", emptied)

    state = line.state()

    assert [f"detector#production{number}" for number in ("#1", "#2", "!#3", "#4")] == echoed(state)
    assert {"detector#production!#1": "repeated", "detector#production!#2": "repeated"} == refused(state)


def test_an_emptied_stage_has_one_echo_for_each_version_that_left_it(line: Line) -> None:
    line.promote("detector#production#1", "v1.0.0")
    line.promote("detector#production#2", "v1.1.0")
    emptied = line.declare("production", None)
    versions = [f"detector@{version}^{{commit}}" for version in ("v1.1.0", "v1.1.0", "v1.0.0")]
    for n, commit in enumerate([*versions, emptied], start=3):
        line.echo(f"detector#production!#{n}", emptied, commit=commit)

    state = line.state()

    assert [f"detector#production{number}" for number in ("#1", "#2", "!#3", "!#5")] == echoed(state)
    assert {"detector#production!#4": "repeated", "detector#production!#6": "repeated"} == refused(state)


def test_of_two_tags_with_one_number_the_one_that_another_names_counts(line: Line) -> None:
    line.promote("detector#production#1", "v1.0.0")
    line.declare("production", "v1.1.0")
    emptied = line.declare("production", None)
    first = line.git("rev-parse", "refs/tags/detector#production#1")
    line.echo("detector#production!#2", emptied, previous=first)
    line.promote("detector#production#3", "v1.0.0")
    line.echo("detector#production#2", f"{emptied}~1", previous=first)

    state = line.state()

    assert ["detector#production#1", "detector#production!#2", "detector#production#3"] == echoed(state)
    assert {"detector#production#2": "repeated"} == refused(state)


def test_an_echo_of_a_number_that_no_one_could_follow_counts_for_nothing(line: Line) -> None:
    line.declare("production", "v1.0.0")
    line.echo(f"detector#production#{10**100}")
    line.echo(f"detector#production#{HIGHEST_N + 1}")

    assert {f"detector#production#{n}": "message" for n in (10**100, HIGHEST_N + 1)} == refused(line.state())


def test_above_the_highest_number_echoes_count_as_long_as_no_number_is_free(line: Line) -> None:
    names = [f"detector#production#{HIGHEST_N + n}" for n in range(3)]
    for name in names:
        line.promote(name, "v1.0.0")
        line.commit({"models/registry/production/detector.yaml": f"faulty after {name}"})

    assert names == echoed(line.state())


def test_versions_are_in_the_order_of_their_numbers(line: Line) -> None:
    for number in (10, 9):
        line.new_model(number)
        line.register(f"detector@v1.{number}.0")

    assert ["v1.0.0", "v1.1.0", "v1.9.0", "v1.10.0"] == [str(one.number) for one in line.state().versions["detector"]]


def test_who_moves_or_deletes_an_older_tag_undoes_no_newer_one(line: Line) -> None:
    line.promote("detector#production#1", "v1.0.0")
    line.promote("detector#production#2", "v1.1.0")
    line.promote("detector#production#3", "v1.0.0")
    line.git("tag", "--force", "detector#production#1", "HEAD")
    line.git("tag", "--delete", "detector#production#2")
    line.git("tag", "--delete", "detector@v1.0.0")

    state = line.state()

    assert ["detector#production#3"] == echoed(state)
    assert {"detector#production#1": "lightweight"} == refused(state)


def test_after_a_forced_push_only_the_new_line_counts(line: Line) -> None:
    line.promote("detector#production#1", "v1.0.0")
    line.git("reset", "--quiet", "--hard", "HEAD~1")
    again = line.declare("production", "v1.1.0")

    state = line.state()

    assert [again] == [one.commit for one in state.declarations[PRODUCTION]]
    assert {"detector#production#1": "unmerged"} == refused(state)


def test_a_shallow_clone_says_so(line: Line, tmp_path: Path) -> None:
    line.promote("detector#production#1", "v1.0.0")
    line.push()
    line.git("clone", "--quiet", "--depth=1", f"file://{line.bare}", str(tmp_path / "shallow"))

    assert not read_ledger(tmp_path / "shallow", "refs/remotes/origin/main").complete
    assert line.state().complete


def test_a_project_below_the_root_sees_only_its_own_files(tmp_path: Path) -> None:
    line = make_registered_line(tmp_path, below="vision/apples")
    line.promote("detector#production#1", "v1.0.0")
    stray = line.clone / "models/registry/production/other.yaml"
    stray.parent.mkdir(parents=True)
    stray.write_text(line.stage_file("detector", "v1.0.0"))
    line.git("add", str(stray))
    line.git("commit", "--quiet", "-m", "outside the project")

    state = line.state()

    assert [PRODUCTION] == list(state.declarations)
    assert ["detector#production#1"] == echoed(state)


def test_unrelated_tags_are_not_read(line: Line) -> None:
    head = line.head()
    line.git("update-ref", "--stdin", stdin="".join(f"create refs/tags/build-{n} {head}\n" for n in range(10_000)))
    line.git("tag", "detector@version-2")
    line.git("tag", "Detector#production#1")

    assert {"detector@v1.0.0", "detector@v1.1.0"} == set(read_ledger(line.root, "main").tags)


def test_what_the_clone_puts_in_an_objects_place_does_not_count(line: Line) -> None:
    declared_in = line.promote("detector#production#1", "v1.0.0")
    line.git("replace", declared_in, line.git("rev-parse", "HEAD~1"))

    assert ["detector#production#1"] == echoed(line.state())


def test_a_file_of_any_name_is_read_as_it_is(tmp_path: Path) -> None:
    line = make_line(tmp_path)
    line.commit({"models/registry/notes/a\nb\u2028c: ü.yaml": "x"})

    assert ["models/registry/stages.yaml", "models/registry/notes/a\nb\u2028c: ü.yaml"] == [
        one.path for one in read_ledger(line.root, "main").changes
    ]


@pytest.mark.parametrize("head", ["gone", "--all", "HEAD:models"])
def test_a_head_that_is_no_commit_is_refused(line: Line, head: str) -> None:
    with pytest.raises(InputError, match="names no commit here"):
        read_ledger(line.root, head)


@pytest.fixture(scope="module")
def rich(registered: Line, tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    line = copy_line(registered, tmp_path_factory.mktemp("rich"))
    line.promote("detector#production#1", "v1.0.0")
    twice = line.promote("detector#production#2", "v1.1.0")
    line.echo("detector#production#3", twice)
    line.promote("detector#staging#1", "v1.0.0")
    line.register("detector@v3.0.0", "detector@v1.0.0^{commit}")
    return read_ledger(line.root, "main")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(data=st.data())
def test_neither_dates_nor_the_order_of_reading_matter(rich: Ledger, data: st.DataObject) -> None:
    tags = data.draw(st.permutations(sorted(rich.tags.values(), key=lambda tag: tag.name)))
    dated = {tag.name: replace(tag, tagged_at=data.draw(st.integers(0, 2**40))) for tag in tags}

    expected, state = read_state(rich), read_state(replace(rich, tags=dated))

    assert {slot: echoed(expected, slot) for slot in expected.echoes} == {
        slot: echoed(state, slot) for slot in state.echoes
    }
    assert list(refused(expected).items()) == list(refused(state).items())
