"""What counts as proof that a stage's entry comes from a run: records of DVC, and the history of dvc.lock."""

from __future__ import annotations

from pathlib import Path

import pytest

from headway.cli.verify import verify_revision
from headway.contracts.commit import PipelineStage
from headway.integrations.git.objects import Commit
from headway.pull_request.proof import Proof, Proofs
from tests.pull_request.committed_project import CommittedProject, copy_project, make_project

TWO_STAGES = {
    "dvc.yaml": """\
stages:
  first:
    cmd: grep first params.yaml > first.txt
    params: [first]
    outs: [first.txt]
  second:
    cmd: echo always the same > second.txt
    params: [second]
    deps: [first.txt]
    outs: [second.txt]
""",
    "params.yaml": "first: 1\n\n\n\nsecond: 1\n",
}


@pytest.fixture(scope="module")
def branched_once(tmp_path_factory: pytest.TempPathFactory) -> CommittedProject:
    """Two branches, each with a changed param of its own stage, both run and pushed."""
    project = make_project(tmp_path_factory.mktemp("branched"), TWO_STAGES, raw="")
    for branch, parameter in (("one", "first"), ("two", "second")):
        project.git("checkout", "--quiet", "-b", branch, "main")
        project.edit_text("params.yaml", f"{parameter}: 1", f"{parameter}: 2")
        project.dvc("repro", "--quiet")
        project.dvc("push", "--quiet", "--run-cache")
        project.commit()
    return project


@pytest.fixture
def branched(branched_once: CommittedProject, tmp_path: Path) -> CommittedProject:
    return copy_project(branched_once, tmp_path)


def merge_branches(project: CommittedProject) -> None:
    project.git("checkout", "--quiet", "one")
    project.git("merge", "--quiet", "--no-edit", "two")


def proofs(project: CommittedProject, *, remote: bool = True) -> dict[str, str]:
    answer = verify_revision(project.root, remote=None if remote else False)
    return {stage.name: stage.proof for stage in answer.stages}


def test_each_branch_is_proven_by_its_runs(branched_once: CommittedProject) -> None:
    for branch in ("one", "two"):
        answer = verify_revision(branched_once.root, branch)
        assert (True, ["run", "run"]) == (answer.agrees, [stage.proof for stage in answer.stages])


def test_a_merge_that_nobody_ran_is_unproven_though_dvc_finds_it_up_to_date(branched: CommittedProject) -> None:
    merge_branches(branched)
    branched.dvc("checkout", "--quiet")
    assert [] == branched.repro()

    answer = verify_revision(branched.root)
    assert ("second",) == answer.to_run
    assert [("second", "unproven")] == [(s.name, one.kind) for s in answer.stages for one in s.disagreements]


def test_an_unproven_merge_stays_unproven_under_later_commits(branched: CommittedProject) -> None:
    merge_branches(branched)
    branched.commit(**{"note.txt": "one"})
    branched.commit(**{"note.txt": "two"})

    assert {"first": "run", "second": "none"} == proofs(branched)


def test_running_the_merge_proves_it(branched: CommittedProject) -> None:
    merge_branches(branched)
    branched.dvc("checkout", "--quiet")
    branched.dvc("repro", "--quiet", "--force", "--single-item", "second")
    branched.dvc("push", "--quiet", "--run-cache")

    assert {"first": "run", "second": "run"} == proofs(branched)


def test_records_on_the_remote_prove_a_clone_without_data(branched: CommittedProject, tmp_path: Path) -> None:
    assert {"first": "run", "second": "run"} == proofs(branched.clone(tmp_path / "clone"))


def test_without_a_remote_a_clone_cannot_tell(branched: CommittedProject, tmp_path: Path) -> None:
    merge_branches(branched)
    clone = branched.clone(tmp_path / "clone")

    answer = verify_revision(clone.root, remote=False)
    assert (True, {"first": "parent", "second": "unknown"}) == (answer.agrees, proofs(clone, remote=False))


def test_a_project_without_remote_has_all_records_in_its_cache(branched: CommittedProject) -> None:
    branched.dvc("remote", "remove", "store")
    merge_branches(branched)

    assert {"first": "run", "second": "none"} == proofs(branched)


def test_a_record_with_another_content_proves_nothing(branched: CommittedProject, tmp_path: Path) -> None:
    for record in (branched.remote / "runs").rglob("*/*/*"):
        record.write_text(record.read_text().replace("first: 2", "first: 9").replace("second: 2", "second: 9"))
    clone = branched.clone(tmp_path / "clone")
    clone.git("checkout", "--quiet", "-B", "two", "origin/two")

    assert {"first": "run", "second": "none"} == proofs(clone)


def test_what_keeps_no_records_is_not_held_against_it(tmp_path: Path) -> None:
    stage = "{cmd: echo a > a.txt, params: [first], outs: [{a.txt: {persist: true}}]}"
    project = make_project(tmp_path, {**TWO_STAGES, "dvc.yaml": f"stages: {{keep: {stage}}}\n"}, raw="")

    answer = verify_revision(project.root)
    assert (True, "unknown") == (answer.agrees, answer.stages[0].proof)
    assert "DVC keeps no record of its runs" in answer.stages[0].unverifiable[0]


# The history alone: dvc.lock written by hand, no record anywhere


@pytest.fixture
def history(tmp_path: Path) -> CommittedProject:
    project = CommittedProject(tmp_path)
    project.git("init", "--quiet", "--initial-branch=main")
    write_lock(project, first=1, second=1)
    return project


def write_lock(project: CommittedProject, *, first: int, second: int) -> None:
    entries = "".join(f"  {name}:\n    cmd: make {value}\n" for name, value in (("first", first), ("second", second)))
    project.commit(**{"dvc.lock": f"schema: '2.0'\nstages:\n{entries}"})


def prove(project: CommittedProject) -> dict[str, Proof]:
    first, second = (PipelineStage(name, "dvc.lock", name, {"cmd": ""}, "", (), ()) for name in ("first", "second"))
    with Commit(project.root, "HEAD") as commit:
        found = Proofs(commit.commit, commit.history(["dvc.lock"]), [], complete=True)
        return {"first": found.find(first, []), "second": found.find(second, [first])}


def test_what_a_commit_brings_itself_no_parent_proves(history: CommittedProject) -> None:
    assert {"first": "none", "second": "none"} == prove(history)


def test_what_a_parent_holds_is_proven(history: CommittedProject) -> None:
    write_lock(history, first=1, second=2)

    assert {"first": "parent", "second": "none"} == prove(history)


def test_a_commit_that_leaves_the_lock_alone_proves_all(history: CommittedProject) -> None:
    history.commit(**{"note.txt": "later"})

    assert {"first": "parent", "second": "parent"} == prove(history)


def test_a_stage_whose_upstream_ran_again_with_equal_bytes_is_proven_by_its_parent(history: CommittedProject) -> None:
    write_lock(history, first=2, second=1)

    assert {"first": "none", "second": "parent"} == prove(history)


def merge_hand_written(project: CommittedProject, *, first: int, second: int) -> None:
    project.git("checkout", "--quiet", "-b", "other")
    write_lock(project, first=1, second=2)
    project.git("checkout", "--quiet", "main")
    write_lock(project, first=2, second=1)
    project.run("git", "merge", "--no-commit", "other", check=False)
    write_lock(project, first=first, second=second)


def test_stages_that_a_merge_joined_are_not_proven_by_its_parents(history: CommittedProject) -> None:
    merge_hand_written(history, first=2, second=2)

    assert {"first": "parent", "second": "none"} == prove(history)


def test_a_merge_that_took_one_side_whole_is_proven_by_it(history: CommittedProject) -> None:
    merge_hand_written(history, first=2, second=1)

    assert {"first": "parent", "second": "parent"} == prove(history)


def test_an_entry_that_a_merge_brought_about_stays_unproven(history: CommittedProject) -> None:
    merge_hand_written(history, first=2, second=3)
    history.commit(**{"note.txt": "later"})
    write_lock(history, first=4, second=3)

    assert {"first": "none", "second": "none"} == prove(history)


def test_no_history_proves_nothing(tmp_path: Path) -> None:
    project = CommittedProject(tmp_path)
    project.git("init", "--quiet")
    project.commit(**{"note.txt": "no lock"})

    assert {"first": "none", "second": "none"} == prove(project)


# With a base, no commit of what is proposed proves anything.


def prove_for(project: CommittedProject, base: str) -> dict[str, Proof]:
    first, second = (PipelineStage(name, "dvc.lock", name, {"cmd": ""}, "", (), ()) for name in ("first", "second"))
    with Commit(project.root, "HEAD") as commit:
        histories = commit.history(["dvc.lock"]), commit.history(["dvc.lock"], base)
        found = Proofs(commit.commit, histories[0], [], complete=True, base=histories[1])
        return {"first": found.find(first, []), "second": found.find(second, [first])}


def test_a_lock_edited_by_hand_is_not_proven_by_one_more_commit(history: CommittedProject) -> None:
    history.git("branch", "base")
    write_lock(history, first=1, second=2)
    history.commit(**{"README.md": "later"})

    assert {"first": "parent", "second": "none"} == prove_for(history, "base")


def test_what_the_base_holds_is_proven_by_it(history: CommittedProject) -> None:
    history.commit(**{"note.txt": "on the base"})
    history.git("branch", "base")
    history.commit(**{"README.md": "later"})

    assert {"first": "parent", "second": "parent"} == prove_for(history, "base")


def test_what_the_base_once_held_is_proven_by_it(history: CommittedProject) -> None:
    write_lock(history, first=1, second=2)
    history.git("branch", "base")
    write_lock(history, first=1, second=1)

    assert {"first": "parent", "second": "parent"} == prove_for(history, "base")


def test_entries_that_the_base_never_held_together_are_unproven(history: CommittedProject) -> None:
    write_lock(history, first=2, second=1)
    write_lock(history, first=3, second=2)
    history.git("branch", "base")
    write_lock(history, first=2, second=2)

    assert {"first": "parent", "second": "none"} == prove_for(history, "base")


def test_what_a_merge_brought_into_the_base_is_unproven(history: CommittedProject) -> None:
    merge_hand_written(history, first=2, second=3)
    history.git("branch", "base")
    history.commit(**{"README.md": "later"})

    assert {"first": "parent", "second": "none"} == prove_for(history, "base")


def test_two_retrained_branches_squashed_into_one_commit_stay_unproven(branched: CommittedProject) -> None:
    branched.git("checkout", "--quiet", "one")
    branched.git("merge", "--quiet", "--squash", "two")
    branched.commit()
    branched.commit(**{"README.md": "later"})
    answer = verify_revision(branched.root, base="main")

    assert [("first", "run"), ("second", "none")] == [(stage.name, stage.proof) for stage in answer.stages]


def test_where_no_records_are_expected_a_base_changes_nothing(branched: CommittedProject, tmp_path: Path) -> None:
    merge_branches(branched)
    clone = branched.clone(tmp_path / "clone")
    answer = verify_revision(clone.root, remote=False, base="origin/main")

    assert (True, ["unknown", "unknown"]) == (answer.agrees, [stage.proof for stage in answer.stages])
