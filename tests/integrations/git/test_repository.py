"""Where a repository lies and what it keeps, asked of real ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from headway.errors import InputError, OutsideError
from headway.integrations.git.command import tell
from headway.integrations.git.merging import install_driver
from headway.integrations.git.repository import find_top, read_blob, start_repository


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    start_repository(tmp_path)
    return tmp_path


def test_a_repository_begins_with_main(repository: Path) -> None:
    assert "main" == tell(repository, "symbolic-ref", "--short", "HEAD")


def test_the_root_is_found_from_a_folder_that_is_not_there_yet(repository: Path) -> None:
    assert repository.resolve() == find_top(repository / "not" / "yet")


def test_outside_a_work_tree_there_is_no_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    tell(tmp_path, "init", "--quiet", "--bare", "bare")
    assert (None, None) == (find_top(tmp_path), find_top(tmp_path / "bare"))


def test_a_repository_that_git_does_not_read_is_not_taken_for_none(repository: Path) -> None:
    (repository / ".git/config").write_text("[core")
    with pytest.raises(OutsideError, match="bad config"):
        find_top(repository)


def test_a_blob_is_read_byte_for_byte(repository: Path) -> None:
    (repository / "file").write_bytes(b"\xff\r\n\n")
    blob = tell(repository, "hash-object", "-w", "--no-filters", "file")
    assert (b"\xff\r\n\n", None) == (read_blob(repository, blob), read_blob(repository, "0" * 40))


def test_a_driver_needs_a_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(InputError, match="git config: fatal"):
        install_driver(tmp_path, "one", "first", "true")
