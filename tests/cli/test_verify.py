"""`headway verify` as a user calls it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headway.cli.verify import verify_revision
from headway.contracts.verification import Verification
from tests.cli.command import run_headway
from tests.pull_request.committed_project import CommittedProject, copy_project, make_project


@pytest.fixture(scope="module")
def ran_once(tmp_path_factory: pytest.TempPathFactory) -> CommittedProject:
    return make_project(tmp_path_factory.mktemp("ran"))


@pytest.fixture
def project(ran_once: CommittedProject, tmp_path: Path) -> CommittedProject:
    return copy_project(ran_once, tmp_path)


def test_what_agrees_ends_with_0(ran_once: CommittedProject) -> None:
    result = run_headway("verify", folder=ran_once.root)
    commit = ran_once.git("rev-parse", "--short=10", "HEAD")

    assert (0, f"{commit}: all agree (remote store)\n", "") == (result.returncode, result.stdout, result.stderr)


def test_what_disagrees_ends_with_1_and_names_the_stage_to_run(project: CommittedProject) -> None:
    project.edit_text("params.yaml", "epochs: 3", "epochs: 5")
    project.commit()
    result = run_headway("verify", "--no-remote", folder=project.root)

    assert 1 == result.returncode
    assert "train   dvc repro train\n" in result.stdout
    assert "  params            params.yaml:train.epochs   lock 3, found 5\n" in result.stdout


def test_a_frozen_stage_has_to_be_unfrozen(project: CommittedProject) -> None:
    project.edit_text("dvc.yaml", "cmd: sh code/lib/train.sh\n", "cmd: sh code/lib/train.sh\n    frozen: true\n")
    project.edit_text("params.yaml", "epochs: 3", "epochs: 5")
    project.commit()

    expected = "train   it is frozen: dvc unfreeze train, then dvc repro train\n"
    assert expected in run_headway("verify", "--no-remote", folder=project.root).stdout


def test_what_dvc_yaml_no_longer_names_has_to_be_forced(project: CommittedProject) -> None:
    project.edit_text("dvc.yaml", "    params: [train.epochs]\n", "")
    project.commit()

    expected = "train   dvc repro --force --single-item train\n"
    assert expected in run_headway("verify", "--no-remote", folder=project.root).stdout


def test_where_nothing_ever_ran_it_says_how_to_begin(project: CommittedProject) -> None:
    (project.root / "dvc.lock").unlink()
    project.commit()
    result = run_headway("verify", "--no-remote", folder=project.root)

    assert 1 == result.returncode
    assert [
        "",
        "there is no dvc.lock: never run were prepare, train, evaluate",
        "  headway repro && dvc push --run-cache; commit dvc.lock reports models; or let a pull request do it all",
    ] == result.stdout.splitlines()[1:]


def test_what_is_unverifiable_is_said_and_ends_with_0(project: CommittedProject) -> None:
    (project.root / "code/lib/notes.txt").unlink()
    (project.root / "code/lib/notes.txt").symlink_to("train.sh")
    project.commit()
    result = run_headway("verify", "--no-remote", folder=project.root)

    assert 0 == result.returncode
    assert "  unverifiable      code/lib: code/lib/notes.txt is a symbolic link\n" in result.stdout


def test_json_is_the_contract(ran_once: CommittedProject) -> None:
    result = run_headway("verify", "--json", folder=ran_once.root)

    assert verify_revision(ran_once.root) == Verification.model_validate(json.loads(result.stdout))


def test_a_revision_may_be_named(project: CommittedProject) -> None:
    project.git("tag", "good")
    project.edit_text("params.yaml", "epochs: 3", "epochs: 5")
    project.commit()

    assert (1, 0) == tuple(
        run_headway("verify", "--no-remote", *words, folder=project.root).returncode for words in ([], ["good"])
    )


def test_a_base_may_be_named(project: CommittedProject) -> None:
    project.edit_text("dvc.lock", "cmd: sh code/prepare.sh", "cmd: sh -e code/prepare.sh")
    project.edit_text("dvc.yaml", "cmd: sh code/prepare.sh", "cmd: sh -e code/prepare.sh")
    project.commit()
    project.commit(**{"README.md": "later"})

    assert (0, 1) == tuple(
        run_headway("verify", *words, folder=project.root).returncode for words in ([], ["--base", "HEAD~2"])
    )


def test_a_base_that_is_no_commit_is_named(ran_once: CommittedProject) -> None:
    assert "'nowhere' names no commit" in run_headway("verify", "--base", "nowhere", folder=ran_once.root).stderr


def test_changes_that_are_not_committed_are_warned_of(project: CommittedProject) -> None:
    project.write("params.yaml", "{}\n")
    result = run_headway("verify", "--no-remote", folder=project.root)

    assert 0 == result.returncode
    assert result.stderr.startswith("warning: tracked files have changes that are not committed")


def test_it_works_from_a_folder_below(project: CommittedProject) -> None:
    assert 0 == run_headway("verify", "--no-remote", folder=project.root / "code").returncode


@pytest.mark.parametrize("revision", ["no-such-branch", "--upload-pack=x", "HEAD:dvc.lock"])
def test_a_revision_that_is_no_commit_is_the_users_to_mend(ran_once: CommittedProject, revision: str) -> None:
    result = run_headway("verify", "--no-remote", "--", revision, folder=ran_once.root)

    assert (2, f"error: {revision!r} names no commit\n") == (
        result.returncode,
        result.stderr.splitlines(keepends=True)[0],
    )


def test_outside_of_a_project_there_is_nothing_to_verify(tmp_path: Path) -> None:
    assert 2 == run_headway("verify", folder=tmp_path).returncode


def test_a_remote_that_does_not_answer_ends_with_3(project: CommittedProject) -> None:
    project.dvc("remote", "modify", "--local", "store", "url", "/no/such/folder")
    result = run_headway("verify", folder=project.root)

    assert 3 == result.returncode
    assert "hint: mount it, or ask none: --no-remote" in result.stderr


def test_names_from_the_repository_cannot_write_to_the_terminal(project: CommittedProject) -> None:
    project.edit_text("dvc.yaml", "cmd: sh code/prepare.sh", 'cmd: "sh code/prepare.sh \\e[2J\\e[31m"')
    project.commit()

    assert "\x1b" not in run_headway("verify", "--no-remote", folder=project.root).stdout


# Any single change is found, and the right stage is named.

CHANGES = {
    "params.yaml": "train",
    "code/prepare.sh": "prepare",
    "code/lib/train.sh": "train",
    "code/lib/notes.txt": "train",
    "reports/train.json": "train",
    "reports/plots/curve.csv": "evaluate",
}
"""File in Git -> the stage that has to run when it changes."""


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), path=st.sampled_from(sorted(CHANGES)))
def test_any_changed_byte_names_its_stage(ran_once: CommittedProject, data: st.DataObject, path: str) -> None:
    content = (ran_once.root / path).read_bytes()
    if path == "params.yaml":
        place = content.index(b"epochs: 3") + len("epochs: ")
        changed = content[:place] + str(data.draw(st.integers(4, 99))).encode() + content[place + 1 :]
    else:
        place = data.draw(st.integers(0, len(content) - 1))
        byte = data.draw(st.integers(0, 255).filter(lambda value: value != content[place]))
        changed = content[:place] + bytes([byte]) + content[place + 1 :]

    assert (CHANGES[path],) == verify_revision(ran_once.root, committed(ran_once, path, changed), remote=False).to_run


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_changed_hash_of_the_lock_is_found(ran_once: CommittedProject, data: st.DataObject) -> None:
    lines = (ran_once.root / "dvc.lock").read_text().splitlines(keepends=True)
    number = data.draw(st.sampled_from([number for number, line in enumerate(lines) if " md5: " in line]))
    indent, md5 = lines[number].split("md5: ")
    digit = data.draw(st.integers(0, 31))
    other = data.draw(st.sampled_from("0123456789abcdef").filter(lambda value: value != md5[digit]))
    lines[number] = f"{indent}md5: {md5[:digit]}{other}{md5[digit + 1 :]}"
    stage = [line.strip(" :\n") for line in lines[:number] if line.startswith("  ") and line[2] != " "][-1]
    answer = verify_revision(ran_once.root, committed(ran_once, "dvc.lock", "".join(lines).encode()), remote=False)

    assert not answer.agrees
    assert {stage, *DOWNSTREAM[stage]} >= set(answer.to_run)


DOWNSTREAM = {"prepare": ("train",), "train": ("evaluate",), "evaluate": ()}
"""A changed output of a stage also shows at the stages that read it."""


def committed(project: CommittedProject, path: str, content: bytes) -> str:
    """Return a commit on HEAD with one file changed, made without touching the working tree."""
    blob = project.root / ".git" / "changed"
    blob.write_bytes(content)
    object_id = project.git("hash-object", "-w", "--no-filters", str(blob))
    index = project.run("env", "GIT_INDEX_FILE=.git/other-index", "git", "read-tree", "HEAD")
    assert 0 == index.returncode
    entry = f"100644,{object_id},{path}"
    project.run("env", "GIT_INDEX_FILE=.git/other-index", "git", "update-index", "--add", "--cacheinfo", entry)
    tree = project.run("env", "GIT_INDEX_FILE=.git/other-index", "git", "write-tree").stdout.strip()
    return project.git("commit-tree", "-p", "HEAD", "-m", "changed", tree)
