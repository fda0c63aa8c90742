"""`headway lock` in real merges of Git, and what DVC then runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.command import run_headway
from tests.pull_request.committed_project import CommittedProject, copy_project, make_project

STAGES = ("one", "two", "three")
FILES = {
    "dvc.yaml": "stages:\n"
    + "".join(
        f"  {name}:\n    cmd: grep {name} params.yaml > {name}.txt\n    params: [{name}]\n    outs: [{name}.txt]\n"
        for name in STAGES
    ),
    "params.yaml": "one: 1\n\n\n\ntwo: 1\n\n\n\nthree: 1\n",
}


@pytest.fixture(scope="module")
def ran_once(tmp_path_factory: pytest.TempPathFactory) -> CommittedProject:
    project = make_project(tmp_path_factory.mktemp("ran"), FILES, raw="")
    result = run_headway("lock", "install", folder=project.root)
    assert 0 == result.returncode, result.stderr
    project.commit()
    return project


@pytest.fixture
def project(ran_once: CommittedProject, tmp_path: Path) -> CommittedProject:
    return copy_project(ran_once, tmp_path)


def branch_off(project: CommittedProject, name: str, **values: int) -> None:
    """Make a branch from main on which stages ran with other params."""
    project.git("checkout", "--quiet", "-b", name, "main")
    run_with(project, **values)


def run_with(project: CommittedProject, **values: int) -> None:
    lines = (project.root / "params.yaml").read_text().splitlines()
    for stage, value in values.items():
        lines = [f"{stage}: {value}" if line.startswith(f"{stage}:") else line for line in lines]
    project.write("params.yaml", "\n".join(lines) + "\n")
    project.dvc("repro", "--quiet")
    project.commit()


def entries(project: CommittedProject) -> dict[str, int]:
    """Return stage -> the param that its entry was made with."""
    return {name: entry["params"]["params.yaml"][name] for name, entry in project.lock()["stages"].items()}


def test_stages_of_two_branches_are_both_taken(project: CommittedProject) -> None:
    branch_off(project, "a", one=2)
    branch_off(project, "b", two=2)
    project.git("merge", "--quiet", "--no-edit", "a")

    assert {"one": 2, "two": 2, "three": 1} == entries(project)
    assert [] == project.repro()


def test_only_what_both_changed_runs_again(project: CommittedProject) -> None:
    branch_off(project, "a", one=2, three=2)
    branch_off(project, "b", two=2, three=3)
    merged = project.run("git", "merge", "--no-edit", "a", check=False)
    project.git("checkout", "--theirs", "params.yaml")
    project.edit_text("params.yaml", "two: 1", "two: 2")
    project.edit_text("params.yaml", "three: 2", "three: 4")

    assert "both sides changed three; run them again: dvc repro" in merged.stderr
    assert {"one": 2, "two": 2} == entries(project)
    assert "dvc.lock" not in project.git("diff", "--name-only", "--diff-filter=U")
    project.dvc("checkout", "--quiet", "--force", "--allow-missing")
    assert ["three"] == project.repro()


def test_locks_that_are_new_on_both_sides(project: CommittedProject) -> None:
    project.git("checkout", "--quiet", "--orphan", "other")
    run_with(project, one=2)
    project.git("checkout", "--quiet", "main")
    project.run("git", "merge", "--allow-unrelated-histories", "--no-edit", "other", check=False)

    assert {"two": 1, "three": 1} == entries(project)


def test_a_criss_cross_of_merges(project: CommittedProject) -> None:
    branch_off(project, "a", one=2, three=2)
    branch_off(project, "b", two=2, three=2)
    project.git("branch", "old")
    project.git("merge", "--quiet", "--no-edit", "a")
    project.git("checkout", "--quiet", "a")
    project.git("merge", "--quiet", "--no-edit", "old")
    run_with(project, one=3)
    project.git("checkout", "--quiet", "b")
    run_with(project, two=3)
    project.git("merge", "--quiet", "--no-edit", "a")

    assert {"one": 3, "two": 3, "three": 2} == entries(project)


def test_a_stage_that_one_branch_deleted_stays_deleted(project: CommittedProject) -> None:
    project.git("checkout", "--quiet", "-b", "a", "main")
    project.dvc("remove", "three")
    project.commit()
    branch_off(project, "b", one=2)
    project.git("merge", "--quiet", "--no-edit", "a")

    assert {"one": 2, "two": 1} == entries(project)


def test_a_broken_side_is_left_to_git(project: CommittedProject) -> None:
    project.git("checkout", "--quiet", "-b", "a", "main")
    project.edit_text("dvc.lock", "schema: '2.0'\n", "schema: '2.0'\nstages: [\n")
    project.commit()
    branch_off(project, "b", one=2)
    project.edit_text("dvc.lock", "schema: '2.0'\n", "schema: '2.0'\n# mine\n")
    project.commit()
    merged = project.run("git", "merge", "--no-edit", "a", check=False)

    assert 1 == merged.returncode
    assert "their side is not in the form that DVC writes; the conflict is left to you" in merged.stderr
    assert "<<<<<<< ours" in (project.root / "dvc.lock").read_text()


def test_a_pipeline_in_a_folder_is_merged_too(project: CommittedProject) -> None:
    lock = (project.root / "dvc.lock").read_text()
    project.commit(**{"sub folder/dvc.lock": lock})
    project.git("checkout", "--quiet", "-b", "a")
    project.commit(**{"sub folder/dvc.lock": lock.replace("one: 1", "one: 2")})
    project.git("checkout", "--quiet", "main")
    project.commit(**{"sub folder/dvc.lock": lock.replace("one: 1", "one: 3")})
    project.git("merge", "--quiet", "--no-edit", "a")

    assert ["two", "three"] == list(project.lock("sub folder/dvc.lock")["stages"])


# install


def test_installing_adds_one_line_and_keeps_the_others(tmp_path: Path) -> None:
    project = CommittedProject(tmp_path)
    project.git("init", "--quiet")
    project.write(".gitattributes", "*.png binary")
    first = run_headway("lock", "install", folder=tmp_path)
    second = run_headway("lock", "install", folder=tmp_path)

    assert "*.png binary\ndvc.lock merge=headway-lock\n" == (tmp_path / ".gitattributes").read_text()
    assert ("added to", "has the line") == (first.stdout[:8], second.stdout[15:27])
    assert project.git("config", "--local", "merge.headway-lock.driver").endswith("lock merge %O %A %B %P")


def test_what_installing_did_is_printed_as_json(tmp_path: Path) -> None:
    CommittedProject(tmp_path).git("init", "--quiet")
    line = "dvc.lock merge=headway-lock"

    assert [{"driver": "headway-lock", "line": line, "added": added} for added in (True, False)] == [
        json.loads(run_headway("lock", "install", "--json", folder=tmp_path).stdout) for _ in range(2)
    ]


def test_installing_needs_a_repository(tmp_path: Path) -> None:
    result = run_headway("lock", "install", folder=tmp_path, GIT_CEILING_DIRECTORIES=str(tmp_path.parent))

    assert (2, False) == (result.returncode, (tmp_path / ".gitattributes").exists())


def test_this_repository_names_the_driver() -> None:
    assert "dvc.lock merge=headway-lock" in Path(".gitattributes").read_text().splitlines()
