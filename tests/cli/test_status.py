"""`headway status` on real repositories: the table, the differences in sentences, and the exit codes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from headway.contracts.layout import STAGES, ModelFiles
from headway.contracts.registry.desired import Hold, desired_path
from headway.contracts.registry.tags import Slot
from headway.errors import INPUT, NO, YES
from tests.cli.pr.workplace import run_verb
from tests.cli.promoting import NAME, Ended
from tests.github.fake import FakeGitHub
from tests.github.state import ACTIONS
from tests.github.test_fake import ask
from tests.registry.line import GIT, Line, copy_line, make_line, make_registered_line, model_files

FILE = desired_path(Slot("production", "detector"))
LONG = "a" * 63


@pytest.fixture(scope="module")
def registered(tmp_path_factory: pytest.TempPathFactory) -> Line:
    """Return a line that is settled: both stages have v1.0.0, and v1.1.0 is registered."""
    line = make_registered_line(tmp_path_factory.mktemp("registered"), versions=2)
    line.promote("detector#staging#1", "v1.0.0")
    line.promote("detector#production#1", "v1.0.0")
    line.push()
    return line


@pytest.fixture
def line(registered: Line, tmp_path: Path) -> Line:
    return copy_line(registered, tmp_path)


class Viewer:
    """Runs `headway status` in this process, after everything was pushed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch, self._capsys = monkeypatch, capsys

    def run(self, line: Line, *words: str, **variables: str) -> Ended:
        line.push()
        return self.look(line.root, *words, **variables)

    def look(self, folder: Path, *words: str, **variables: str) -> Ended:
        with self._monkeypatch.context() as context:
            context.chdir(folder)
            for name in [name for name in os.environ if name.startswith(("GITHUB_", "HEADWAY_"))]:
                context.delenv(name)
            for name, value in {**GIT, **variables}.items():
                context.setenv(name, value)
            self._capsys.readouterr()
            code = run_verb(("status", *words))
            return Ended(code, *self._capsys.readouterr())

    def row(self, line: Line, stage: str = "production", *words: str, **variables: str) -> Mapping[str, Any]:
        """Return the row of the detector in a stage."""
        slots = self.run(line, "--json", *words, **variables).values["slots"]
        return next(slot for slot in slots if (slot["stage"], slot["model"]) == (stage, "detector"))


@pytest.fixture
def viewer(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Viewer:
    return Viewer(monkeypatch, capsys)


def test_a_settled_registry_is_a_yes(line: Line, viewer: Viewer) -> None:
    ended = viewer.run(line)

    assert YES == ended.code
    assert [
        "stage       model     desired  tagged  released  running",
        "staging     detector  v1.0.0   v1.0.0  ?         -",
        "production  detector  v1.0.0   v1.0.0  ?         -",
        "",
        f"read from commit {line.head()[:10]} of main, as this clone knows it",
        "registered: detector: v1.1.0, v1.0.0",
        "released is not asked for: headway status --online",
        "running is not known: nothing delivers yet",
    ] == ended.out.splitlines()


def test_what_is_not_tagged_yet_is_said_with_the_way_forward(line: Line, viewer: Viewer) -> None:
    commit = line.declare("production", "v1.1.0")

    ended = viewer.run(line)

    assert NO == ended.code
    assert (
        f"differs: production/detector: commit {commit[:10]} declared v1.1.0, the newest tag says v1.0.0: "
        "run headway reconcile" in ended.text
    )


def test_an_emptied_stage_is_settled_once_it_is_tagged(line: Line, viewer: Viewer) -> None:
    line.declare("production", None)
    before = viewer.row(line)
    line.echo("detector#production!#2")
    after = viewer.row(line)

    assert ("-", "v1.0.0", 1) == (before["desired"], before["tagged"], len(before["differences"]))
    assert ("-", "-", []) == (after["desired"], after["tagged"], after["differences"])


def test_a_model_that_no_stage_has_is_shown(line: Line, viewer: Viewer) -> None:
    line.new_model("other", model="reader")
    line.register("reader@v1.0.0")

    ended = viewer.run(line)

    assert YES == ended.code
    assert "production  reader    -        -       ?         -" in ended.out.splitlines()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("version: [", f"{FILE}:1"),
        ("schema_version: 1\nmodel: reader\n", f"{FILE}"),
        ("", "holds no mapping"),
    ],
)
def test_a_faulty_file_is_named_and_hides_no_other_stage(line: Line, viewer: Viewer, text: str, sentence: str) -> None:
    line.commit({FILE: text})

    ended = viewer.run(line, "--json")

    assert NO == ended.code
    staging, production = ended.values["slots"]
    assert ("v1.0.0", []) == (staging["desired"], staging["differences"])
    assert ("?", "v1.0.0") == (production["desired"], production["tagged"])
    assert sentence in production["differences"][0]


@pytest.mark.parametrize(
    ("version", "identity", "sentence"),
    [
        ("v7.0.0", "a" * 64, "v7.0.0 has no tag that is trusted"),
        ("v1.1.0", "a" * 64, "the stage file has another identity than detector@v1.1.0"),
    ],
)
def test_a_file_that_nothing_can_follow_is_named(
    line: Line, viewer: Viewer, version: str, identity: str, sentence: str
) -> None:
    line.declare("production", version, identity=identity)

    assert sentence in viewer.row(line)["differences"][0]


def test_a_version_whose_manifest_is_another_is_named(line: Line, viewer: Viewer) -> None:
    files = model_files("third")
    manifest = ModelFiles("detector").manifest.as_posix()
    line.commit({**files, manifest: files[manifest].replace('"padding": 114', '"padding": 115')}, "edited by hand")
    line.register("detector@v1.2.0")
    line.promote("detector#production#2", "v1.2.0")

    (difference,) = viewer.row(line)["differences"]

    assert "the manifest at the commit of detector@v1.2.0 is not the one that its tag names" in difference


def test_a_stage_that_the_rules_do_not_know_is_named(line: Line, viewer: Viewer) -> None:
    line.promote("detector#canary#1", "v1.0.0")

    (difference,) = viewer.row(line, "canary")["differences"]

    assert "stages.yaml names no stage 'canary'" in difference


def test_holds_and_expedited_versions_are_marked(line: Line, viewer: Viewer) -> None:
    hold = Hold(reason="misses\ncans", against="v1.1.0", set_by="grace")
    line.declare("production", "v1.0.0", hold=hold, expedited="the customer waits")

    ended = viewer.run(line)

    assert "hold, expedited" in ended.out.splitlines()[2]
    assert "hold: production/detector: against v1.1.0, set by grace: misses cans" in ended.text
    assert "expedited: production/detector: the customer waits" in ended.text


def test_tags_that_count_for_nothing_are_counted_and_change_no_answer(line: Line, viewer: Viewer) -> None:
    line.git("tag", "detector#production#9")

    ended = viewer.run(line)

    assert YES == ended.code
    assert "tags that count for nothing: 1; which, and why: headway audit" in ended.out.splitlines()


def test_long_names_fit_a_terminal(line: Line, viewer: Viewer) -> None:
    line.commit({STAGES.as_posix(): f"schema_version: 1\nstages:\n  {LONG}: {{}}\n"})
    line.new_model("long", model=LONG)
    line.register(f"{LONG}@v1000000.2000000.3000000")
    line.declare(LONG, "v1000000.2000000.3000000", model=LONG, expedited="word " * 50)

    ended = viewer.run(line)

    assert 80 >= max(map(len, ended.out.splitlines()))
    assert "a…" in ended.out


def test_what_a_clone_shows_is_what_it_fetched_last(line: Line, viewer: Viewer, tmp_path: Path) -> None:
    other = tmp_path / "other"
    line.git("clone", "--quiet", str(line.bare), str(other))
    known = line.head()
    line.promote("detector#production#2", "v1.1.0")
    line.push()

    ended = viewer.look(other, "--json")

    assert (known, "v1.0.0") == (ended.values["commit"], ended.values["slots"][1]["tagged"])


def test_local_commits_are_not_the_registry(line: Line, viewer: Viewer) -> None:
    known = line.head()
    line.declare("production", "v1.1.0")

    assert known == viewer.look(line.root, "--json").values["commit"]


def test_without_a_remote_the_current_branch_is_read(line: Line, viewer: Viewer) -> None:
    line.git("remote", "remove", "origin")
    commit = line.declare("production", "v1.1.0")

    assert commit == viewer.look(line.root, "--json").values["commit"]


def test_a_folder_below_the_project_is_as_good(line: Line, viewer: Viewer) -> None:
    assert YES == viewer.look(line.root / "models" / "registry").code


def test_a_shallow_clone_is_warned_of(line: Line, viewer: Viewer, tmp_path: Path) -> None:
    shallow = tmp_path / "shallow"
    line.git("clone", "--quiet", "--depth=1", f"file://{line.bare}", str(shallow))

    ended = viewer.look(shallow)
    assert "git fetch --unshallow" in ended.err
    assert "headway register" not in ended.out


def test_without_stages_the_page_is_named(tmp_path: Path, viewer: Viewer) -> None:
    line = make_line(tmp_path)
    line.commit({STAGES.as_posix(): None})

    ended = viewer.run(line)

    assert INPUT == ended.code
    assert "main has no models/registry/stages.yaml" in ended.err


def test_stages_that_cannot_be_read_are_named_with_their_line(line: Line, viewer: Viewer) -> None:
    line.commit({STAGES.as_posix(): "schema_version: 1\nstages:\n  staging: {soak: 1}\n"})

    ended = viewer.run(line)

    assert INPUT == ended.code
    assert "models/registry/stages.yaml:3" in ended.err


def test_a_branch_that_the_clone_does_not_know_is_asked_for(line: Line, viewer: Viewer) -> None:
    line.git("remote", "set-head", "origin", "--delete")

    ended = viewer.run(line)

    assert INPUT == ended.code
    assert "hint: git remote set-head origin --auto" in ended.err


@pytest.fixture
def online(line: Line, fake_github: FakeGitHub) -> Mapping[str, str]:
    """Return the variables that let a verb ask GitHub."""
    fake_github.add_repository(NAME, line.bare)
    return {
        "GITHUB_API_URL": fake_github.api_url,
        "GITHUB_SERVER_URL": fake_github.url,
        "GITHUB_REPOSITORY": NAME,
        "GITHUB_TOKEN": fake_github.token(statuses="read").value,
    }


def release(github: FakeGitHub, commit: str, slot: str, *, by: str = ACTIONS, state: str = "success") -> None:
    """Set the status that a delivery leaves on the declaring commit."""
    status = {"state": state, "context": f"released {slot}", "description": "v1.0.0"}
    made = ask(github, github.token(by, statuses="write"), "POST", f"/repos/{NAME}/statuses/{commit}", status)
    assert 201 == made.status


def declared_in(line: Line, stage: str) -> str:
    """Return the commit of the newest declaration of the detector in a stage."""
    return line.state().declarations[Slot(stage, "detector")][-1].commit


def test_what_is_released_is_the_newest_declaration_that_was_delivered_there(
    line: Line, viewer: Viewer, fake_github: FakeGitHub, online: Mapping[str, str]
) -> None:
    release(fake_github, declared_in(line, "production"), "detector#production")
    line.promote("detector#production#2", "v1.1.0")

    row = viewer.row(line, "production", "--online", **online)

    assert ("v1.1.0", "v1.1.0", "v1.0.0") == (row["desired"], row["tagged"], row["released"])
    assert ["released is v1.0.0, desired is v1.1.0"] == row["differences"]


def test_a_delivery_of_one_model_says_nothing_of_another_in_the_same_stage(
    line: Line, viewer: Viewer, fake_github: FakeGitHub, online: Mapping[str, str]
) -> None:
    release(fake_github, declared_in(line, "production"), "reader#production")

    assert "-" == viewer.row(line, "production", "--online", **online)["released"]


def test_a_registry_that_is_released_as_it_is_desired_is_a_yes(
    line: Line, viewer: Viewer, fake_github: FakeGitHub, online: Mapping[str, str]
) -> None:
    for stage in ("staging", "production"):
        release(fake_github, declared_in(line, stage), f"detector#{stage}")

    assert YES == viewer.run(line, "--online", **online).code


def test_an_emptied_stage_that_was_delivered_is_settled(
    line: Line, viewer: Viewer, fake_github: FakeGitHub, online: Mapping[str, str]
) -> None:
    release(fake_github, declared_in(line, "production"), "detector#production")
    line.promote("detector#production!#2", None)
    before = viewer.row(line, "production", "--online", **online)
    release(fake_github, declared_in(line, "production"), "detector#production")
    after = viewer.row(line, "production", "--online", **online)

    assert ("v1.0.0", 1) == (before["released"], len(before["differences"]))
    assert ("-", []) == (after["released"], after["differences"])


@pytest.mark.parametrize(("by", "state"), [("mallory", "success"), (ACTIONS, "failure"), (ACTIONS, "pending")])
def test_only_a_workflow_that_succeeded_has_released_anything(
    line: Line, viewer: Viewer, fake_github: FakeGitHub, online: Mapping[str, str], by: str, state: str
) -> None:
    release(fake_github, declared_in(line, "production"), "detector#production", by=by, state=state)

    assert "-" == viewer.row(line, "production", "--online", **online)["released"]


def test_online_reads_the_tags_that_the_remote_has(
    line: Line, viewer: Viewer, online: Mapping[str, str], tmp_path: Path
) -> None:
    other = tmp_path / "other"
    line.git("clone", "--quiet", str(line.bare), str(other))
    line.promote("detector#production#2", "v1.1.0")
    line.push()

    assert "v1.1.0" == viewer.look(other, "--json", "--online", **online).values["slots"][1]["tagged"]


def test_online_without_github_shows_what_the_remote_has(line: Line, viewer: Viewer, tmp_path: Path) -> None:
    other = tmp_path / "other"
    line.git("clone", "--quiet", str(line.bare), str(other))
    line.promote("detector#production#2", "v1.1.0")
    line.push()

    ended = viewer.look(other, "--online", GITHUB_REPOSITORY=NAME)

    assert YES == ended.code
    assert "production  detector  v1.1.0   v1.1.0  ?         -" in ended.out.splitlines()
    assert "released is not known: no token and repository of GitHub" in ended.text


def test_online_with_a_repository_that_cannot_be_used_is_refused(line: Line, viewer: Viewer) -> None:
    ended = viewer.run(line, "--online", GITHUB_REPOSITORY="no such", GITHUB_TOKEN="secret")

    assert (INPUT, True) == (ended.code, "names no repository on GitHub" in ended.err)


def test_of_many_versions_the_newest_are_named(line: Line, viewer: Viewer) -> None:
    for number in range(2, 12):
        line.new_model(f"more {number}")
        line.register(f"detector@v1.{number}.0")

    ended = viewer.run(line)
    values = viewer.run(line, "--json").values["registered"]

    newest = [f"v1.{number}.0" for number in (11, 10, 9, 8, 7)]
    assert f"registered: detector: {', '.join(newest)} and 7 older" in ended.out.splitlines()
    assert [{"name": "detector", "count": 12, "newest": newest}] == values
