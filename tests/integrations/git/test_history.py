"""Where a branch left another, and what it changed, in real repositories."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from headway.errors import InputError
from headway.integrations.git.history import changes_since, merge_base


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=Someone", "-c", "user.email=someone@example.org"]
    found = subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return found.stdout.strip()


def commit(folder: Path, name: str, content: str = "x") -> str:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(content)
    git(folder, "add", "--all")
    git(folder, "commit", "-qm", name)
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository whose branch "work" left "main" before main went on."""
    git(tmp_path, "init", "-q", "-b", "main")
    commit(tmp_path, "kept")
    commit(tmp_path, "project/old")
    git(tmp_path, "tag", "fork")
    commit(tmp_path, "on-main")
    git(tmp_path, "switch", "-qc", "work", "fork")
    return tmp_path


def test_the_merge_base_is_where_the_branch_left(repository: Path) -> None:
    commit(repository, "on-work")
    main, fork = git(repository, "rev-parse", "main", "fork").split()

    assert fork == merge_base(repository, main)


def test_histories_without_a_common_commit_have_none(repository: Path) -> None:
    main = git(repository, "rev-parse", "main")
    git(repository, "switch", "-q", "--orphan", "other")

    assert merge_base(repository, main) is None
    commit(repository, "alone")
    assert merge_base(repository, main) is None


def test_changes_are_those_of_the_working_tree_since(repository: Path) -> None:
    fork = commit(repository, "gone")
    (repository / "gone").unlink()
    (repository / "kept").write_text("y")
    (repository / "ünt-racked").write_text("y")
    commit(repository, 'project/new\n "name"')

    assert {'project/new\n "name"': "added", "gone": "removed", "kept": "changed", "ünt-racked": "added"} == dict(
        changes_since(repository, fork)
    )


def test_what_git_does_not_track_and_what_is_main_s_is_no_change(repository: Path) -> None:
    (repository / "untracked").write_text("y")

    assert {} == dict(changes_since(repository, git(repository, "rev-parse", "fork")))


def test_paths_are_relative_to_a_project_below_the_repository(repository: Path) -> None:
    fork = git(repository, "rev-parse", "fork")
    (repository / "kept").write_text("outside the project")
    (repository / "project/old").rename(repository / "project/new")
    git(repository, "add", "--all")

    assert {"new": "added", "old": "removed"} == dict(changes_since(repository / "project", fork))


def test_a_configured_diff_program_is_not_run(repository: Path) -> None:
    git(repository, "config", "diff.external", "touch ran; false")
    (repository / "kept").write_text("y")

    assert {"kept": "changed"} == dict(changes_since(repository, git(repository, "rev-parse", "fork")))
    assert not (repository / "ran").exists()


def test_a_folder_outside_a_repository_has_no_merge_base(tmp_path: Path) -> None:
    assert merge_base(tmp_path, "0" * 40) is None


def test_without_git_that_is_said(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(repository))

    with pytest.raises(InputError, match="Git is not installed"):
        merge_base(repository, "0" * 40)
