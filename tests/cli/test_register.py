"""`headway register` on real repositories, with DVC's data and ONNX models that are scored again."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from dvc.repo import Repo

from headway.cli.main import cli
from headway.contracts.layout import SCORECARD, VERDICT
from headway.contracts.manifest import MODEL, digest_file, manifest_json, read_manifest, seal
from headway.contracts.registry.desired import Desired, desired_yaml
from headway.contracts.scorecard import read_scorecard, write_document
from headway.contracts.verdict import write_verdict
from tests.acme import REPOSITORY as NAME
from tests.cli.command import run_headway
from tests.gated_project import FILES, GatedProject, make_gated_project
from tests.github.fake import FakeGitHub
from tests.github.state import ACTIONS
from tests.registry.line import GIT
from tests.verdicts import contender, verdict

GOOD: dict[str, Any] = {"shift": 0.3}
BETTER: dict[str, Any] = {"shift": 0.2}
WORSE: dict[str, Any] = {"shift": 2.0}


@dataclass(frozen=True)
class Answer:
    """What a call said: exit code, and its JSON."""

    code: int
    said: dict[str, Any]

    @property
    def tags(self) -> dict[str, str]:
        """Tag -> commit of what was registered."""
        return {one["tag"]: one["commit"] for one in self.said["registered"]}

    @property
    def refusals(self) -> dict[str, str]:
        """Commit -> reason of what was refused."""
        return {one["commit"]: one["reason"] for one in self.said["refused"]}


@dataclass(frozen=True)
class Team:
    """A project with origin.git and a DVC remote beside it; on main, as origin has it."""

    project: GatedProject

    @property
    def root(self) -> Path:
        return self.project.root

    def ship(self, message: str = "another model", **detector: Any) -> str:
        """Make a model, push its bytes to the DVC remote, and commit it on the branch that is checked out."""
        self.project.make_model(**detector)
        self.push_bytes()
        return self.project.commit(message)

    def push_bytes(self) -> None:
        """Do what `dvc push --run-cache` does, without the seconds that its program takes."""
        with Repo(str(self.root)) as repository:
            repository.push(run_cache=True)

    def push(self) -> None:
        """Push the branch main to origin."""
        self.project.run("git", "push", "--quiet", "origin", "main")

    def tags(self) -> dict[str, str]:
        """Return tag -> commit, as origin has them."""
        listed = self.project.run("git", "ls-remote", "--tags", "origin").splitlines()
        rows = (line.split("\trefs/tags/") for line in listed)
        return {name.removesuffix("^{}"): commit for commit, name in rows if name.endswith("^{}")}


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a project whose model is registered as v1.0.0."""
    folder = tmp_path_factory.mktemp("registered")
    project = make_gated_project(folder / "project")
    project.run("git", "init", "--quiet", "--bare", "--initial-branch=main", "../origin.git")
    project.run("git", "remote", "add", "origin", "../origin.git")
    project.run("dvc", "remote", "add", "--quiet", "--default", "store", "../store")
    project.run("git", "checkout", "--quiet", "main")
    project.commit("a remote")
    Team(project).push_bytes()
    project.run("git", "push", "--quiet", "origin", "main")
    project.run("git", "remote", "set-head", "origin", "main")
    done = run_headway("register", "--json", folder=project.root, **GIT)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def team(made_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Team:
    subprocess.run(["cp", "-a", f"{made_once}/.", str(tmp_path)], check=True)
    for name, value in GIT.items():
        monkeypatch.setenv(name, value)
    for name in [one for one in os.environ if one.startswith(("GITHUB_", "HEADWAY_", "MLFLOW_"))]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path / "project")
    return Team(GatedProject(tmp_path / "project"))


@pytest.fixture
def register(team: Team, capsys: pytest.CaptureFixture[str]) -> Callable[..., Answer]:
    """Calls the verb in this process."""

    def call(*words: str) -> Answer:
        capsys.readouterr()
        code = cli.main(["register", "--json", *words], standalone_mode=False)
        return Answer(code, json.loads(capsys.readouterr().out))

    return call


Register = Callable[..., Answer]


def test_the_first_version_says_what_it_is(team: Team) -> None:
    manifest = read_manifest(team.root / FILES.folder)
    message = team.project.run("git", "cat-file", "tag", "blobs@v1.0.0")

    assert f"\nIdentity: {manifest.identity}\nLock: " in message
    assert f"\nModel: {manifest.files[MODEL].sha256}\n" in message
    assert "\nDecision: accept\nCompared-With: none\n" in message
    assert "\nReason: major: the first version\n" in message


def test_nothing_to_do_is_said_and_ends_with_0(team: Team) -> None:
    done = run_headway("register", folder=team.root, **GIT)

    expected = "nothing to do: no model came since the last version\n"
    assert (0, expected, "") == (done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize("how", ["merge", "squash", "rebase"])
def test_a_model_is_registered_however_it_was_merged(team: Team, register: Register, how: str) -> None:
    git = team.project.run
    git("git", "checkout", "--quiet", "-b", "two-models")
    team.ship("good", **GOOD)
    team.ship("better", **BETTER)
    git("git", "checkout", "--quiet", "main")
    (team.root / "README.md").write_text("main went on\n")
    team.project.commit("README")
    if how == "merge":
        git("git", "merge", "--quiet", "--no-ff", "--message", "merged", "two-models")
    elif how == "squash":
        git("git", "merge", "--quiet", "--squash", "two-models")
        git("git", "commit", "--quiet", "--message", "squashed")
    else:
        git("git", "rebase", "--quiet", "main", "two-models")
        git("git", "push", "--quiet", ".", "two-models:main")
        git("git", "checkout", "--quiet", "main")
    team.push()
    line = git("git", "rev-list", "--first-parent", "main").split()
    commits = line[1::-1] if how == "rebase" else line[:1]

    answer = register()

    expected = {f"blobs@v1.0.{number}": commit for number, commit in enumerate(commits, start=1)}
    assert (0, expected) == (answer.code, answer.tags)
    assert expected == {name: commit for name, commit in team.tags().items() if name != "blobs@v1.0.0"}


def test_actions_is_told_what_was_made(
    team: Team, register: Register, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "output"))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary"))
    commit = team.ship(**GOOD)
    team.push()

    dry = register("--dry-run", "--bump", "minor")
    assert (["blobs@v1.1.0"], ["blobs@v1.0.0"]) == (list(dry.tags), list(team.tags()))
    assert not (tmp_path / "output").exists()
    register("--bump", "minor")

    made = [{"model": "blobs", "version": "v1.1.0", "tag": "blobs@v1.1.0", "commit": commit}]
    assert [f"versions={json.dumps(made)}", "any=true"] == (tmp_path / "output").read_text().splitlines()
    assert "<code>blobs&#64;<!-- -->v1.1.0</code>" in (tmp_path / "summary").read_text()


def test_a_worse_one_is_refused_and_the_next_is_looked_at(team: Team, register: Register) -> None:
    worse, good = team.ship(**WORSE), team.ship(**GOOD)
    team.push()

    answer = register()

    assert (1, {"blobs@v1.0.1": good}) == (answer.code, answer.tags)
    assert [worse] == list(answer.refusals)
    assert answer.refusals[worse].startswith("Reject: mAP50-95 changes by -0.")
    assert answer.said["refused"][0]["way"].startswith("see all of it: headway gate --rescore --base ")


def run_as(login: str, team: Team, fake_github: FakeGitHub, monkeypatch: pytest.MonkeyPatch) -> None:
    """Be in a workflow whose token is somebody's."""
    fake_github.add_repository(NAME, team.root.parent / "origin.git")
    token = fake_github.token(login, contents="write", statuses="write")
    environment = {
        "GITHUB_ACTIONS": "true", "GITHUB_API_URL": fake_github.api_url, "GITHUB_REPOSITORY": NAME,
        "GITHUB_TOKEN": token.value,
    }  # fmt: skip
    for name, value in environment.items():
        monkeypatch.setenv(name, value)


def test_what_a_run_of_the_workflow_refused_is_not_scored_by_the_next(
    team: Team, register: Register, fake_github: FakeGitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_as(ACTIONS, team, fake_github, monkeypatch)
    worse = team.ship(**WORSE)
    team.push()

    first, second, third = register(), register(), register("--again")

    assert (1, 0, 1) == (first.code, second.code, third.code)
    assert second.refusals[worse].startswith("refused by an earlier run: ")
    assert first.refusals == third.refusals


def test_a_persons_status_refuses_nothing(
    team: Team, register: Register, fake_github: FakeGitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_as("mallory", team, fake_github, monkeypatch)
    team.ship(**WORSE)
    team.push()

    assert (1, 1) == (register().code, register().code)


def test_what_the_gate_refused_before_the_merge_is_not_scored_again(
    team: Team, register: Register, capsys: pytest.CaptureFixture[str]
) -> None:
    team.project.make_model(**GOOD)
    manifest = read_manifest(team.root / FILES.folder)
    lock = digest_file(team.root / "dvc.lock").sha256
    refused = verdict(lock_sha256=lock, candidate=contender(identity=manifest.identity), summary="Reject: too slow.")
    write_verdict(team.root / VERDICT, refused)
    commit = team.project.commit("merged nevertheless")
    team.push()

    answer = register()

    assert (1, {commit: "it was merged though its reports/verdict.json says: Reject: too slow."}) == (
        answer.code,
        answer.refusals,
    )
    assert "scoring" not in capsys.readouterr().err


def test_a_scorecard_that_is_better_than_the_file_that_ships_is_refused(team: Team, register: Register) -> None:
    team.ship(**WORSE)
    card = read_scorecard(team.root / SCORECARD)
    quality = card.quality.model_copy(update={"map50_95": 0.99})
    write_document(team.root / SCORECARD, card.model_copy(update={"quality": quality}))
    manifest = read_manifest(team.root / FILES.folder)
    content = {name: getattr(manifest, name) for name in type(manifest).model_fields if name != "identity"}
    content |= {
        "scorecard": digest_file(team.root / SCORECARD),
        "metrics": manifest.metrics.model_copy(update={"quality": quality}),
    }
    (team.root / FILES.manifest).write_text(manifest_json(seal(**content)))
    commit = team.project.commit("embellished")
    team.push()

    answer = register()

    assert 1 == answer.code
    assert "manifest.json says mAP50-95 0.990, but the model that ships scores 0." in answer.refusals[commit]


def test_bytes_that_the_remote_lacks_are_asked_for(team: Team, register: Register) -> None:
    team.project.make_model(**GOOD)
    commit = team.project.commit("not pushed")
    team.push()

    answer = register()
    assert (1, [commit]) == (answer.code, list(answer.refusals))
    assert "missing-on-remote" in answer.refusals[commit]
    assert answer.said["refused"][0]["way"].startswith("dvc push, where it was made; ")

    team.push_bytes()
    assert (0, {"blobs@v1.0.1": commit}) == (register().code, {"blobs@v1.0.1": team.tags()["blobs@v1.0.1"]})


def test_a_lock_that_no_run_made_is_refused(team: Team, register: Register) -> None:
    pipeline = yaml.safe_load((team.root / "dvc.yaml").read_text())
    pipeline["stages"]["evaluate"]["deps"] = [FILES.onnx.as_posix()]
    (team.root / "dvc.yaml").write_text(yaml.safe_dump(pipeline))
    team.project.make_model(**GOOD)
    shutil.rmtree(team.root / ".dvc/cache/runs")
    team.push_bytes()
    commit = team.project.commit("by hand")
    team.push()

    answer = register()

    assert (1, {commit: "evaluate: unproven: evaluate"}) == (answer.code, answer.refusals)


def test_a_model_that_comes_back_is_known(team: Team, register: Register) -> None:
    team.ship(**GOOD)
    team.push()
    register()
    team.project.run("git", "revert", "--no-edit", "HEAD")
    team.push()

    answer = register()

    assert (0, {}, ["blobs@v1.0.0"]) == (answer.code, answer.tags, [one["tag"] for one in answer.said["known"]])


def test_a_model_that_params_do_not_name_is_not_registrable(team: Team, register: Register) -> None:
    manifest = read_manifest(team.root / FILES.folder)
    content = {name: getattr(manifest, name) for name in type(manifest).model_fields if name != "identity"}
    (team.root / "models/other").mkdir()
    (team.root / "models/other/manifest.json").write_text(manifest_json(seal(**{**content, "name": "other"})))
    commit = team.project.commit("a model by hand")
    team.push()

    said = (
        f"{commit[:10]}:params.yaml is about the model blobs, so nothing vouches for what the commit brought of other"
    )
    assert {commit: said} == register().refusals


def test_a_version_stands_up_to_what_is_in_production(team: Team, register: Register) -> None:
    """v1.0.0 is in production again, so that what is worse than v1.1.0 may follow it."""
    identity = read_manifest(team.root / FILES.folder).identity
    team.ship(**GOOD)
    team.push()
    register()
    values = {"model": "blobs", "version": "v1.0.0", "identity": identity}
    file = team.root / "models/registry/production/blobs.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(desired_yaml(Desired(reason="taken back", asked_by="ann", **values)))  # type: ignore[arg-type]
    team.project.commit("rollback")
    team.ship(**BETTER)
    team.push()

    (made,) = register().said["registered"]

    assert ("v1.0.2", identity) == (made["version"], made["compared_with"])


def test_a_production_file_of_nonsense_is_named(team: Team, register: Register) -> None:
    file = team.root / "models/registry/production/blobs.yaml"
    file.parent.mkdir(parents=True)
    file.write_text("version: newest\n")
    commit = team.ship(**GOOD)
    team.push()

    answer = register()

    assert 1 == answer.code
    assert "models/registry/production/blobs.yaml" in answer.refusals[commit]


def test_two_at_once_make_it_once_and_both_end_well(team: Team, tmp_path: Path) -> None:
    commit = team.ship(**GOOD)
    team.push()
    shutil.copytree(team.root, tmp_path / "second", symlinks=True)

    def call(folder: Path) -> subprocess.CompletedProcess[str]:
        return run_headway("register", "--json", folder=folder, **GIT)

    with ThreadPoolExecutor() as pool:
        both = list(pool.map(call, (team.root, tmp_path / "second")))

    assert [0, 0] == [one.returncode for one in both], [one.stderr for one in both]
    assert commit == team.tags()["blobs@v1.0.1"]
    made = [one for done in both for one in json.loads(done.stdout)["registered"]]
    assert ["blobs@v1.0.1"] == [one["tag"] for one in made]


def test_text_for_a_terminal_is_short_and_cannot_steer_it(team: Team, capsys: pytest.CaptureFixture[str]) -> None:
    (team.root / FILES.manifest).write_text('{"\x1b[2J": 1}\n')
    team.project.commit("hostile")
    team.push()

    code = cli.main(["register"], standalone_mode=False)
    out = capsys.readouterr().out

    assert (1, "refused: blobs of ") == (code, out[:18])
    assert "\x1b" not in out
    assert [] == [line for line in out.splitlines() if len(line) > 80]
