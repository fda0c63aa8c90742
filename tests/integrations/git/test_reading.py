"""What a commit holds, read from real repositories."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from headway.errors import InputError
from headway.integrations.git.reading import file_at


def git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=Someone", "-c", "user.email=someone@example.org"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with two commits of `data/splits.csv`."""
    git(tmp_path, "init", "-b", "main")
    (tmp_path / "data").mkdir()
    for content in ("old\n", "new\n"):
        (tmp_path / "data/splits.csv").write_text(content)
        git(tmp_path, "add", ".")
        git(tmp_path, "commit", "-m", content)
    return tmp_path


def test_a_file_is_read_as_committed_whatever_lies_there_now(repository: Path) -> None:
    (repository / "data/splits.csv").unlink()
    assert b"new\n" == file_at(repository, "HEAD", Path("data/splits.csv"))
    assert b"old\n" == file_at(repository, "HEAD~1", Path("data/splits.csv"))


def test_paths_are_relative_to_the_folder_or_absolute(repository: Path) -> None:
    assert b"new\n" == file_at(repository / "data", "HEAD", Path("splits.csv"))
    assert b"new\n" == file_at(repository, "HEAD", repository / "data/splits.csv")


@pytest.mark.parametrize("path", ["data/other.csv", "data", "../outside.csv", "data/splits.csv/below"])
def test_what_the_commit_lacks_is_none(repository: Path, path: str) -> None:
    assert file_at(repository, "HEAD", Path(path)) is None


def test_an_unknown_revision_is_told(repository: Path) -> None:
    with pytest.raises(InputError, match="'v9' names no commit"):
        file_at(repository, "v9", Path("data/splits.csv"))


def test_no_repository_and_no_commit_are_none(tmp_path: Path) -> None:
    assert file_at(tmp_path, "HEAD", Path("splits.csv")) is None
    git(tmp_path, "init", "-b", "main")
    assert file_at(tmp_path, "HEAD", Path("splits.csv")) is None
