"""Merges, commits and pushes with real Git."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from headway.errors import InputError, OutsideError
from headway.integrations.git.remote import Access, fetch, push, remote_commit
from headway.integrations.git.writing import (
    Identity,
    Resolved,
    Sides,
    commit_at,
    commit_files,
    is_ancestor,
    merge,
    merge_objects,
)

BOT = Identity("Bot", "bot@example.org")
HERE = Access()


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone with one pushed commit on main; `origin` is a bare repository on disk."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)
    git(tmp_path, "init", "--quiet", "--bare", "--initial-branch=main", "origin.git")
    git(tmp_path, "init", "--quiet", "--initial-branch=main", "clone")
    root = tmp_path / "clone"
    git(root, "remote", "add", "origin", str(tmp_path / "origin.git"))
    commit(root, {"shared.txt": "one\ntwo\n", "result.txt": "0"})
    git(root, "push", "--quiet", "origin", "main")
    return root


def git(folder: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=True).stdout.strip()


def commit(root: Path, files: dict[str, str | None], branch: str | None = None) -> str:
    """Commit these files, None for one that is deleted, on a branch from main where one is named."""
    if branch:
        git(root, "checkout", "--quiet", "-B", branch, "main")
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).unlink() if text is None else (root / name).write_text(text)
    git(root, "add", "--all")
    git(root, "-c", "user.name=alice", "-c", "user.email=alice@example.org", "commit", "--quiet", "--message", "Work")
    return git(root, "rev-parse", "HEAD")


def ours_for_results(sides: Sides) -> Resolved | None:
    return Resolved(sides.ours) if sides.path.startswith("result") else None


def merge_branch(root: Path, ours: dict[str, str | None], theirs: dict[str, str | None]) -> tuple[str | None, ...]:
    commit(root, theirs, "theirs")
    commit(root, ours, "ours")
    merged = merge(root, "theirs", resolve=ours_for_results, message="Merged", identity=BOT)
    return (merged.commit, *merged.conflicts)


def test_the_resolver_is_asked_for_what_both_changed_also_where_git_would_merge_it(root: Path) -> None:
    asked: list[str] = []
    commit(root, {"shared.txt": "zero\none\ntwo\n", "theirs.txt": ""}, "theirs")
    commit(root, {"shared.txt": "one\ntwo\nthree\n", "ours.txt": ""}, "ours")

    merge(root, "theirs", resolve=lambda sides: asked.append(sides.path), message="Merged", identity=BOT)

    assert ["shared.txt"] == asked
    assert "zero\none\ntwo\nthree\n" == (root / "shared.txt").read_text()


def test_a_resolved_conflict_is_none(root: Path) -> None:
    made, *conflicts = merge_branch(root, {"result.txt": "1"}, {"result.txt": "2"})

    assert (commit_at(root, "HEAD"), []) == (made, conflicts)
    assert "1" == git(root, "show", "HEAD:result.txt")


def test_a_result_that_we_deleted_stays_deleted(root: Path) -> None:
    made, *conflicts = merge_branch(root, {"result.txt": None}, {"result.txt": "2"})

    assert made is not None
    assert ([], "shared.txt") == (conflicts, git(root, "ls-tree", "--name-only", "HEAD"))


def test_a_result_that_they_deleted_stays_ours(root: Path) -> None:
    merge_branch(root, {"result.txt": "1"}, {"result.txt": None})

    assert "1" == git(root, "show", "HEAD:result.txt")


def test_a_conflict_leaves_everything_as_it_was(root: Path) -> None:
    assert (None, "shared.txt") == merge_branch(root, {"shared.txt": "a\n"}, {"shared.txt": "b\n"})
    assert ("", "a\n") == (git(root, "status", "--porcelain"), (root / "shared.txt").read_text())


def test_a_failing_resolver_leaves_no_merge_behind(root: Path) -> None:
    def fail(sides: Sides) -> Resolved | None:
        raise InputError(f"{sides.path} is broken")

    commit(root, {"shared.txt": "a\n"}, "theirs")
    commit(root, {"shared.txt": "b\n"}, "ours")

    with pytest.raises(InputError, match=r"shared\.txt is broken"):
        merge(root, "theirs", resolve=fail, message="Merged", identity=BOT)
    assert "" == git(root, "status", "--porcelain")


def test_changes_in_the_way_are_not_lost(root: Path) -> None:
    commit(root, {"shared.txt": "a\n"}, "theirs")
    commit(root, {"other.txt": ""}, "ours")
    (root / "shared.txt").write_text("not committed\n")

    with pytest.raises(InputError, match="cannot be merged"):
        merge(root, "theirs", resolve=ours_for_results, message="Merged", identity=BOT)
    assert "not committed\n" == (root / "shared.txt").read_text()


def test_histories_without_a_common_commit_are_refused(root: Path) -> None:
    git(root, "checkout", "--quiet", "--orphan", "alone")
    commit(root, {"alone.txt": ""})

    with pytest.raises(InputError, match="no common commit"):
        merge(root, "main", resolve=ours_for_results, message="Merged", identity=BOT)


def test_only_what_the_patterns_name_is_committed(root: Path) -> None:
    (root / "result.txt").unlink()
    (root / "shared.txt").write_text("staged, but not ours\n")
    (root / "reports/deep").mkdir(parents=True)
    (root / "reports/deep/[a].json").write_text("{}")
    git(root, "add", "shared.txt")

    made = commit_files(root, ("result.txt", "reports/**"), "Results", BOT)

    assert made == commit_at(root, "HEAD")
    assert {"result.txt", "reports/deep/[a].json"} == set(git(root, "diff", "--name-only", "HEAD~1").splitlines()) - {
        "shared.txt"
    }
    assert "M  shared.txt" == git(root, "status", "--porcelain")


def test_what_git_ignores_is_not_committed(root: Path) -> None:
    commit(root, {".gitignore": "*.log\n"})
    (root / "reports").mkdir()
    (root / "reports/train.log").write_text("")

    assert commit_files(root, ("reports/**",), "Results", BOT) is None


def test_objects_are_merged_without_a_working_tree(root: Path) -> None:
    theirs, ours = commit(root, {"theirs.txt": ""}, "theirs"), commit(root, {"ours.txt": ""}, "ours")

    made = merge_objects(root, ours, theirs)

    assert made is not None
    assert is_ancestor(root, theirs, made)
    assert ours == commit_at(root, "HEAD")
    assert not (root / "theirs.txt").exists()


def test_objects_that_conflict_make_no_commit(root: Path) -> None:
    assert merge_objects(
        root, commit(root, {"shared.txt": "a\n"}, "ours"), commit(root, {"shared.txt": "b\n"}, "theirs")
    ) is None  # fmt: skip


def test_a_commit_that_does_not_hold_the_expected_one_is_never_pushed(root: Path) -> None:
    theirs, ours = commit(root, {"theirs.txt": ""}, "theirs"), commit(root, {"ours.txt": ""}, "ours")
    git(root, "push", "--quiet", "origin", "theirs")

    with pytest.raises(InputError, match="would lose commits"):
        push(root, ours, "theirs", expected=theirs, access=HERE)
    assert theirs == remote_commit(root, "refs/heads/theirs", HERE)


def test_a_branch_that_must_be_new_is_not_moved(root: Path) -> None:
    ours = commit(root, {"ours.txt": ""}, "ours")

    assert push(root, ours, "new", expected=None, access=HERE)
    assert not push(root, commit(root, {"more.txt": ""}), "new", expected=None, access=HERE)
    assert ours == remote_commit(root, "refs/heads/new", HERE)


def test_fetching_moves_no_branch(root: Path) -> None:
    ours = commit(root, {"ours.txt": ""}, "ours")
    git(root, "push", "--quiet", "origin", "ours:refs/pull/7/head")
    git(root, "checkout", "--quiet", "main")
    git(root, "branch", "--quiet", "-D", "ours")

    assert ours == fetch(root, "refs/pull/7/head", HERE)
    assert "main" == git(root, "branch", "--format=%(refname:short)")


def test_a_remote_that_is_not_there_is_trouble_outside(root: Path) -> None:
    git(root, "remote", "set-url", "origin", str(root / "nothing"))

    with pytest.raises(OutsideError, match="origin cannot be asked"):
        remote_commit(root, "refs/heads/main", HERE)


def test_a_token_is_in_no_word_and_bound_to_its_server() -> None:
    access = Access("https://github.example", "secret-token")

    assert ("--config-env=http.https://github.example/.extraheader=HEADWAY_GIT_AUTHORIZATION",) == access.words
    assert "secret-token" not in repr(access) + "".join(access.words)
    assert ["HEADWAY_GIT_AUTHORIZATION"] == list(access.environment)


def test_without_a_token_git_is_left_to_the_users_settings() -> None:
    assert ((), {}) == (HERE.words, HERE.environment)
