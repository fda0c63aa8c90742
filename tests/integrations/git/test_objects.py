"""The files of a commit, their hashes and attributes, and the history of some, read from Git's objects."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from headway.errors import InputError, OutsideError
from headway.integrations.git.objects import Commit
from tests.pull_request.committed_project import CommittedProject


@pytest.fixture
def project(tmp_path: Path) -> CommittedProject:
    project = CommittedProject(tmp_path / "project")
    project.root.mkdir()
    project.git("init", "--quiet", "--initial-branch=main")
    (project.root / "link").symlink_to("a/one.txt")
    project.commit(**{"a/one.txt": "one\n", "a/deep/two.txt": "two\n", "ab.txt": "beside\n"})
    return project


@pytest.fixture
def commit(project: CommittedProject) -> Iterator[Commit]:
    with Commit(project.root, "HEAD") as opened:
        yield opened


def md5(content: bytes) -> str:
    return hashlib.md5(content).hexdigest()


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a/one.txt", {"a/one.txt": "file"}),
        ("a", {"a/deep/two.txt": "file", "a/one.txt": "file"}),
        ("link", {"link": "link"}),
        ("b", {}),
        ("a/one.txt/below", {}),
    ],
)
def test_what_lies_at_a_path(commit: Commit, path: str, expected: dict[str, str]) -> None:
    assert expected == commit.kinds(path)


def test_the_empty_path_holds_everything(commit: Commit) -> None:
    assert ["a/deep/two.txt", "a/one.txt", "ab.txt", "link"] == list(commit.kinds(""))


def test_paths_are_relative_to_the_project(project: CommittedProject) -> None:
    with Commit(project.root / "a", "HEAD") as commit:
        assert ["deep/two.txt", "one.txt"] == list(commit.kinds(""))
        assert (b"one\n", True, False) == (
            commit.read("one.txt"),
            commit.was_there("one.txt"),
            commit.was_there("ab.txt"),
        )


def test_a_submodule_is_none_of_its_files(project: CommittedProject) -> None:
    project.git("update-index", "--add", "--cacheinfo", f"160000,{project.git('rev-parse', 'HEAD')},sub")
    project.git("commit", "--quiet", "--message", "sub")
    with Commit(project.root, "HEAD") as commit:
        assert {"sub": "submodule"} == commit.kinds("sub")


def test_hashes_are_of_the_bytes_as_committed(project: CommittedProject, commit: Commit) -> None:
    project.write("a/one.txt", "changed since\n")

    assert [md5(b"one\n"), md5(b"two\n")] == commit.md5s(["a/one.txt", "a/deep/two.txt"])


def test_hashes_with_other_ends_of_lines(project: CommittedProject) -> None:
    project.write("dos.txt", "a\r\nb\n")
    project.write("binary", b"\0\r\n")
    project.commit()
    with Commit(project.root, "HEAD") as commit:
        paths = ["dos.txt", "binary"]
        assert [md5(b"a\nb\n"), md5(b"\0\r\n")] == commit.md5s(paths, line_ends="unix")
        assert [md5(b"a\r\nb\r\n"), md5(b"\0\r\n")] == commit.md5s(paths, line_ends="dos")


def test_attributes_are_those_of_the_commit(project: CommittedProject, commit: Commit) -> None:
    project.commit(**{".gitattributes": "*.txt text\n*.bin -text filter=secret\n", "x.bin": "", "plain": ""})
    paths = ["ab.txt", "x.bin", "plain"]
    assert {} == commit.changed_by_checkout(["ab.txt"])
    with Commit(project.root, "HEAD") as later:
        project.write(".gitattributes", "")
        assert {"ab.txt": "line-ends", "x.bin": "filter"} == later.changed_by_checkout(paths)


def test_settings_may_change_ends_of_lines_too(project: CommittedProject, commit: Commit) -> None:
    project.git("config", "core.autocrlf", "true")

    assert {"ab.txt": "line-ends"} == commit.changed_by_checkout(["ab.txt"])


def test_asking_leaves_the_index_alone(project: CommittedProject, commit: Commit) -> None:
    before = (project.root / ".git/index").read_bytes()
    commit.changed_by_checkout(["ab.txt"])

    assert (before, False) == ((project.root / ".git/index").read_bytes(), commit.is_dirty)


def test_what_an_earlier_commit_held_was_there(project: CommittedProject) -> None:
    project.git("rm", "--quiet", "ab.txt")
    project.commit(**{"new.txt": ""})
    with Commit(project.root, "HEAD") as commit:
        assert (True, True, False) == tuple(map(commit.was_there, ("ab.txt", "a", "never.txt")))


def test_the_history_has_only_the_commits_that_changed_the_file(project: CommittedProject) -> None:
    first = project.commit(**{"dvc.lock": "1"})
    project.commit(**{"note.txt": ""})
    second = project.commit(**{"dvc.lock": "2"})
    project.commit(**{"note.txt": "2"})
    with Commit(project.root, "HEAD") as commit:
        history = commit.history(["dvc.lock"])
        assert (second, (first,), ()) == (history.tip, history.parents(second), history.parents(first))
        assert (b"2", b"1", b"") == (
            history.read(second, "dvc.lock"),
            history.read(first, "dvc.lock"),
            history.read(first, "no.lock"),
        )


def test_a_file_that_was_never_there_has_no_history(commit: Commit) -> None:
    assert (None, None) == (commit.history(["dvc.lock"]).tip, commit.history([]).tip)


@pytest.mark.parametrize("revision", ["nothing", "-h", "HEAD^{tree}", "", "HEAD:ab.txt"])
def test_what_names_no_commit_is_refused(project: CommittedProject, revision: str) -> None:
    with pytest.raises(InputError, match="names no commit"):
        Commit(project.root, revision)


def test_a_tag_names_its_commit(project: CommittedProject) -> None:
    project.git("tag", "--annotate", "--message", "m", "detector@v1.0.0")

    assert project.git("rev-parse", "HEAD") == Commit(project.root, "detector@v1.0.0").commit


def test_a_folder_outside_of_any_repository_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(InputError, match="not a git repository"):
        Commit(tmp_path, "HEAD")


def test_a_damaged_repository_is_trouble_outside(project: CommittedProject) -> None:
    blob = project.git("rev-parse", "HEAD:ab.txt")
    (project.root / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    with Commit(project.root, "HEAD") as commit, pytest.raises(OutsideError, match=f"{blob} is missing"):
        commit.md5s(["ab.txt"])
