"""`headway reconcile` from end to end on real repositories, with all that people and other programs do to them."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from headway.cli.main import cli
from headway.contracts.registry.desired import desired_path
from headway.contracts.registry.tags import Slot
from headway.errors import HeadwayError, InputError
from headway.registry.reading import read_state
from headway.registry.state import State
from tests.cli.command import run_headway
from tests.github.fake import FakeGitHub, Method
from tests.registry.line import GIT, MODEL, Line, copy_line, make_registered_line
from tests.registry.racing import registry_of

PRODUCTION, STAGING = Slot("production", MODEL), Slot("staging", MODEL)
FILE = desired_path(PRODUCTION)
OF_2030 = int(datetime(2030, 1, 1, tzinfo=UTC).timestamp())


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(("GITHUB_", "HEADWAY_", "MLFLOW_")):
            monkeypatch.delenv(name)
    for name, value in GIT.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="module")
def registered(tmp_path_factory: pytest.TempPathFactory) -> Line:
    return make_registered_line(tmp_path_factory.mktemp("registered"), versions=2)


@pytest.fixture
def line(registered: Line, tmp_path: Path) -> Line:
    return copy_line(registered, tmp_path)


@dataclass
class Reconcile:
    """Runs the verb in this process, in a line's project."""

    line: Line
    capsys: pytest.CaptureFixture[str]
    monkeypatch: pytest.MonkeyPatch
    said: str = field(default="")

    def __call__(self, *options: str, root: Path | None = None) -> tuple[int, dict[str, Any]]:
        """Return the exit code and what was printed as JSON."""
        self.monkeypatch.chdir(root or self.line.root)
        self.capsys.readouterr()
        code = cli.main(["reconcile", "--json", *options], standalone_mode=False)
        printed = self.capsys.readouterr()
        self.said = printed.err
        return code, json.loads(printed.out)

    def tags(self) -> Mapping[str, str | None]:
        """Reconcile what was pushed, and return the new tags and their versions; nothing is left then."""
        self.line.push()
        code, made = self.declared()
        assert 0 == code
        assert (0, []) == self.declared()
        return dict(made)

    def declared(self) -> tuple[int, list[tuple[str, str | None]]]:
        """Reconcile, and return the exit code and the new tags with their versions."""
        code, printed = self()
        return code, [(one["tag"], one["version"]) for one in printed["declared"]]


@pytest.fixture
def reconcile(line: Line, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Reconcile:
    return Reconcile(line, capsys, monkeypatch)


def read(line: Line) -> State:
    """Return the state that the remote has."""
    return read_state(registry_of(line).refresh())


def echoed(line: Line, slot: Slot = PRODUCTION) -> dict[str, str]:
    """Return tag -> declaring commit of the trusted echoes on the remote."""
    return {echo.tag.name: echo.declaration.commit for echo in read(line).echoes.get(slot, ())}


def push_tag(line: Line, name: str, commit: str, *, at: int | None = None) -> None:
    """Push an annotated tag as GTO or a person makes it."""
    line.tag(name, commit, "Assigning stage\n", at=at)
    line.git("push", "--quiet", "origin", f"refs/tags/{name}")


def test_with_nothing_to_do_it_is_content(reconcile: Reconcile) -> None:
    assert (0, {"dry_run": False, "declared": [], "problems": []}) == reconcile()


def test_with_nothing_to_do_the_network_is_used_once(
    reconcile: Reconcile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trace = tmp_path / "trace"
    monkeypatch.setenv("GIT_TRACE2_EVENT", str(trace))

    reconcile()

    names = [json.loads(row).get("name") for row in trace.read_text().splitlines()]
    assert ["ls-remote"] == [name for name in names if name in {"ls-remote", "fetch", "push"}]


def test_a_declaration_is_tagged_with_all_that_delivery_needs(line: Line, reconcile: Reconcile) -> None:
    commit = line.declare("production", "v1.1.0")
    line.push()

    code, printed = reconcile()

    assert 0 == code
    (declared,) = printed["declared"]
    assert {
        "model": MODEL, "stage": "production", "tag": "detector#production#1", "version": "v1.1.0",
        "declared_in": commit, "commit": line.git("rev-parse", "detector@v1.1.0^{commit}"),
    } == {key: value for key, value in declared.items() if key != "tagged_at"}  # fmt: skip
    assert "no forge is configured" in reconcile.said


def test_this_clone_has_the_new_tags_too(line: Line, reconcile: Reconcile) -> None:
    line.declare("production", "v1.1.0")

    reconcile.tags()

    assert "detector#production#1" in line.git("tag", "--list").split()


def test_a_dry_run_changes_nothing(line: Line, reconcile: Reconcile) -> None:
    line.declare("production", "v1.1.0")
    line.push()

    code, printed = reconcile("--dry-run")

    assert (0, True, ["detector#production#1"]) == (
        code,
        printed["dry_run"],
        [one["tag"] for one in printed["declared"]],
    )
    assert {} == echoed(line)


def test_later_steps_are_told_what_was_declared(
    line: Line, reconcile: Reconcile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outputs = tmp_path / "outputs"
    monkeypatch.setenv("GITHUB_OUTPUT", str(outputs))
    line.declare("production", "v1.1.0")
    line.push()
    reconcile()
    line.declare("production", None)
    line.push()
    reconcile()
    reconcile()

    told = [row.partition("=")[2] for row in outputs.read_text().splitlines()]

    first = {"model": MODEL, "stage": "production", "tag": "detector#production#1", "version": "v1.1.0"}
    second = {"model": MODEL, "stage": "production", "tag": "detector#production!#2", "version": None}
    assert [[first], True, [second], True, [], False] == [json.loads(one) for one in told]


def test_people_are_told_in_80_columns(line: Line) -> None:
    line.declare("production", "v1.1.0")
    line.commit({desired_path(STAGING): "reason: \x1b[31m[ " + "x" * 200})
    line.push()

    done = run_headway("reconcile", folder=line.root, **GIT)

    assert 1 == done.returncode
    assert "detector#production#1  v1.1.0" in done.stdout
    assert "not tagged: models/registry/staging/detector.yaml" in done.stdout
    assert all(len(row) <= 80 for row in done.stdout.splitlines())
    assert "\x1b" not in done.stdout + done.stderr


def test_a_token_without_a_sound_repository_is_not_passed_over(
    line: Line, reconcile: Reconcile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "secret")
    monkeypatch.setenv("GITHUB_REPOSITORY", "no repository")

    with pytest.raises(InputError, match="names no repository"):
        reconcile()


@pytest.fixture
def github(line: Line, fake_github: FakeGitHub, monkeypatch: pytest.MonkeyPatch) -> FakeGitHub:
    """GitHub, with the line's remote as acme/yolo, for a run in Actions."""
    fake_github.add_repository("acme/yolo", line.bare)
    token = fake_github.token("github-actions[bot]", contents="write", pull_requests="read")
    for name, value in {
        "GITHUB_API_URL": fake_github.api_url,
        "GITHUB_SERVER_URL": fake_github.url,
        "GITHUB_REPOSITORY": "acme/yolo",
        "GITHUB_TOKEN": token.value,
    }.items():
        monkeypatch.setenv(name, value)
    return fake_github


@pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
def test_what_github_says_of_the_merge_is_in_the_tag(
    line: Line, reconcile: Reconcile, github: FakeGitHub, method: Method
) -> None:
    line.branch("promotion")
    line.declare("production", "v1.1.0")
    line.push()
    number = github.open_pull("acme/yolo", "promotion", author="ada")
    merged_at = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)
    github.review("acme/yolo", number, "grace", at=merged_at)
    merged = github.merge("acme/yolo", number, method, at=merged_at)

    assert (0, [("detector#production#1", "v1.1.0")]) == reconcile.declared()
    record = read(line).echoes[PRODUCTION][0].record
    assert (merged, merged_at, number, ("grace",)) == (
        record.declared_in, record.declared_at, record.pull_request, record.approved_by,
    )  # fmt: skip
    assert "" == reconcile.said


def test_while_github_fails_nothing_is_tagged(line: Line, reconcile: Reconcile, github: FakeGitHub) -> None:
    commit = line.declare("production", "v1.1.0")
    line.push()
    github.fail_next("forbidden", "GET", f"*/commits/{commit}/pulls")

    with pytest.raises(HeadwayError):
        reconcile()

    assert {} == echoed(line)


def test_a_tag_of_2030_changes_no_order(line: Line, reconcile: Reconcile) -> None:
    push_tag(line, "detector#production#1", line.head(), at=OF_2030)
    commit = line.declare("production", "v1.0.0")

    assert {"detector#production#2": "v1.0.0"} == reconcile.tags()
    assert {"detector#production#2": commit} == echoed(line)
    assert OF_2030 + 1 == read(line).echoes[PRODUCTION][0].tag.tagged_at


def test_a_lightweight_tag_keeps_its_number_and_counts_for_nothing(line: Line, reconcile: Reconcile) -> None:
    line.git("tag", "detector#production#1", "detector@v1.1.0^{commit}")
    line.declare("production", "v1.0.0")

    assert {"detector#production#2": "v1.0.0"} == reconcile.tags()


def test_a_moved_tag_is_left_to_people_and_its_declaration_tagged_anew(line: Line, reconcile: Reconcile) -> None:
    commit = line.declare("production", "v1.1.0")
    reconcile.tags()
    push_by_force(line, "detector#production#1", "detector@v1.0.0^{commit}")

    code, printed = reconcile()

    assert (0, ["detector#production#2"]) == (code, [one["tag"] for one in printed["declared"]])
    assert {"detector#production#2": commit} == echoed(line)


def push_by_force(line: Line, name: str, commit: str) -> None:
    line.git("tag", "--force", name, commit)
    line.git("push", "--quiet", "--force", "origin", f"refs/tags/{name}")


def test_a_moved_version_undoes_no_echo_and_gets_no_new_one(line: Line, reconcile: Reconcile) -> None:
    line.declare("production", "v1.1.0")
    reconcile.tags()
    line.declare("staging", "v1.1.0")
    line.push()
    push_by_force(line, "detector@v1.1.0", "detector@v1.0.0^{commit}")

    code, printed = reconcile()

    assert (1, []) == (code, printed["declared"])
    assert "detector@v1.1.0 has no tag that counts" == printed["problems"][0]["problem"]


def test_a_deleted_newest_tag_is_made_again(line: Line, reconcile: Reconcile) -> None:
    first = line.declare("production", "v1.0.0")
    second = line.declare("production", "v1.1.0")
    reconcile.tags()
    line.git("push", "--quiet", "--delete", "origin", "refs/tags/detector#production#2")

    reconcile()

    assert {"detector#production#1": first, "detector#production#2": second} == echoed(line)


def found(line: Line) -> tuple[int, list[tuple[str, str]]]:
    """Return the exit code of `headway status`, and code and sentence of what `headway audit` finds of declarations."""
    audited = json.loads(run_headway("audit", "--offline", "--json", folder=line.root, **GIT).stdout)
    wanted = [one for one in audited["findings"] if one["code"].startswith("declaration-")]
    status = run_headway("status", folder=line.root, **GIT)
    return status.returncode, [(one["code"], one["sentence"]) for one in wanted]


def test_an_emptied_stage_that_lost_a_tag_is_seen_and_mended(line: Line, reconcile: Reconcile) -> None:
    for version in ("v1.0.0", "v1.1.0", None):
        line.declare("production", version)
    reconcile.tags()
    lost = "detector#production!#4"
    line.git("push", "--quiet", "--delete", "origin", f"refs/tags/{lost}")
    line.git("tag", "--delete", lost)

    assert (1, [("declaration-untagged", f"it would be {lost}")]) == found(line)
    assert (0, [(lost, None)]) == reconcile.declared()
    assert (0, []) == found(line)


def test_a_faulty_file_that_was_taken_away_is_missed_by_nobody(line: Line, reconcile: Reconcile) -> None:
    line.commit({FILE: "nonsense"})
    line.declare("production", None)

    assert {} == reconcile.tags()
    assert (0, []) == found(line)
    line.declare("production", "v1.0.0")
    assert {"detector#production#1": "v1.0.0"} == reconcile.tags()
    assert (0, []) == found(line)


def test_a_deleted_older_tag_is_not(line: Line, reconcile: Reconcile) -> None:
    line.declare("production", "v1.0.0")
    second = line.declare("production", "v1.1.0")
    reconcile.tags()
    line.git("push", "--quiet", "--delete", "origin", "refs/tags/detector#production#1")

    assert (0, []) == reconcile.declared()
    assert {"detector#production#2": second} == echoed(line)


def test_tags_on_a_branch_that_is_not_merged_count_for_nothing(line: Line, reconcile: Reconcile) -> None:
    line.branch("mine")
    line.new_model("mine")
    line.register("detector@v9.0.0")
    declared = line.declare("production", "v9.0.0")
    line.echo("detector#production#1", declared)
    line.push()
    line.git("checkout", "--quiet", "main")

    assert (0, []) == reconcile.declared()
    assert {} == echoed(line)


@pytest.mark.parametrize("nonsense", ["version: [", "", "- 1\n", "model: detector\n", "\0\x1b", "&a [*a]"])
def test_nonsense_is_reported_until_it_is_mended(line: Line, reconcile: Reconcile, nonsense: str) -> None:
    line.declare("production", "v1.0.0")
    bad = line.commit({FILE: nonsense})
    line.push()

    code, printed = reconcile()

    assert (1, ["detector#production#1"]) == (code, [one["tag"] for one in printed["declared"]])
    assert [(FILE, bad)] == [(one["file"], one["commit"]) for one in printed["problems"]]
    assert 1 == reconcile()[0]
    line.declare("production", "v1.1.0")
    assert {"detector#production#2": "v1.1.0"} == reconcile.tags()


@pytest.mark.parametrize("how", ["merge", "squash", "rebase"])
def test_two_stages_of_one_pull_request_are_two_declarations(line: Line, reconcile: Reconcile, how: str) -> None:
    line.branch("both")
    line.declare("staging", "v1.1.0")
    line.declare("production", "v1.0.0")
    line.git("checkout", "--quiet", "main")
    line.commit({"README.md": "main goes on"})
    line.merge("both", how)

    assert {"detector#production#1": "v1.0.0", "detector#staging#1": "v1.1.0"} == reconcile.tags()


@pytest.mark.parametrize(
    ("how", "versions"), [("merge", ["v1.0.0"]), ("squash", ["v1.0.0"]), ("rebase", ["v1.1.0", "v1.0.0"])]
)
def test_a_declaration_is_what_reached_the_default_branch(
    line: Line, reconcile: Reconcile, how: str, versions: list[str]
) -> None:
    line.branch("twice")
    line.declare("production", "v1.1.0")
    line.declare("production", "v1.0.0")
    line.git("checkout", "--quiet", "main")
    merged = line.merge("twice", how)

    assert versions == list(reconcile.tags().values())
    assert merged == list(echoed(line).values())[-1]


def test_a_branch_that_was_moved_by_force_is_followed(line: Line, reconcile: Reconcile) -> None:
    line.declare("production", "v1.1.0")
    reconcile.tags()
    line.git("reset", "--quiet", "--hard", "HEAD~1")
    commit = line.declare("production", "v1.0.0")

    assert {"detector#production#2": "v1.0.0"} == reconcile.tags()
    assert {"detector#production#2": commit} == echoed(line)


def test_a_shallow_clone_is_refused_and_says_what_to_do(line: Line, reconcile: Reconcile, tmp_path: Path) -> None:
    shallow = tmp_path / "shallow"
    line.git("clone", "--quiet", "--depth=1", line.bare.as_uri(), str(shallow))

    with pytest.raises(InputError, match="shallow") as refused:
        reconcile(root=shallow)

    assert "git fetch --unshallow" == refused.value.hint


def test_submodules_are_left_alone(line: Line, reconcile: Reconcile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_ALLOW_PROTOCOL", "file")
    line.git("submodule", "--quiet", "add", str(line.bare), "library")
    line.git("commit", "--quiet", "-m", "submodule")
    line.git("-C", "library", "commit", "--quiet", "--allow-empty", "-m", "not pushed")
    line.git("config", "push.recurseSubmodules", "check")
    line.declare("production", "v1.0.0")
    before = line.git("submodule", "status")

    assert {"detector#production#1": "v1.0.0"} == reconcile.tags()
    assert before == line.git("submodule", "status")


def test_a_submodule_in_the_place_of_a_stage_file_is_no_file(line: Line, reconcile: Reconcile) -> None:
    line.declare("production", "v1.0.0")
    line.git("update-index", "--cacheinfo", f"160000,{'1' * 40},{FILE}")
    line.git("commit", "--quiet", "-m", "a submodule in its place")

    assert {"detector#production#1": "v1.0.0", "detector#production!#2": None} == reconcile.tags()


def test_10000_unrelated_tags_are_no_matter(line: Line, reconcile: Reconcile) -> None:
    head = line.head()
    made = "".join(f"create refs/tags/build-{number} {head}\n" for number in range(10_000))
    line.git(f"--git-dir={line.bare}", "update-ref", "--stdin", stdin=made)
    line.declare("production", "v1.0.0")

    assert {"detector#production#1": "v1.0.0"} == reconcile.tags()
    assert "build-1" not in line.git("tag", "--list").split()


def test_a_project_below_the_repositorys_root_has_its_own_registry(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    line = make_registered_line(tmp_path, below="vision")
    line.declare("production", "v1.0.0")

    assert {"detector#production#1": "v1.0.0"} == Reconcile(line, capsys, monkeypatch).tags()
