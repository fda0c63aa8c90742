"""The verdict's file: what it says survives writing, and what it does to a merge."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from headway.contracts.layout import LOCK, VERDICT
from headway.contracts.verdict import read_verdict, write_verdict
from headway.errors import InputError
from tests.verdicts import verdict

STAGES = "prepare:\n  md5: {}\nkept: 1\nkept too: 2\nkept as well: 3\nand this: 4\ntrain:\n  md5: {}\n"


def git(root: Path, *words: str, check: bool = True) -> int:
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    author = ("-c", "user.name=Test", "-c", "user.email=test@example.org")
    done = subprocess.run(["git", *author, *words], cwd=root, env=environment, capture_output=True, check=check)
    return done.returncode


def retrain(root: Path, branch: str, lock: str, digest: str) -> None:
    git(root, "switch", "--quiet", "main")
    git(root, "switch", "--quiet", "--create", branch)
    (root / LOCK).write_text(lock)
    write_verdict(root / VERDICT, verdict(lock_sha256=digest * 64))
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", branch)


def test_a_verdict_is_read_as_it_was_written(tmp_path: Path) -> None:
    write_verdict(tmp_path / VERDICT, verdict())
    assert verdict() == read_verdict(tmp_path / VERDICT)


def test_two_retrained_branches_conflict_though_git_could_merge_their_locks(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    (tmp_path / LOCK).write_text(STAGES.format("aa", "bb"))
    write_verdict(tmp_path / VERDICT, verdict(lock_sha256="0" * 64))
    git(tmp_path, "add", "--all")
    git(tmp_path, "commit", "--quiet", "--message", "base")
    retrain(tmp_path, "one", STAGES.format("cc", "bb"), "1")
    retrain(tmp_path, "two", STAGES.format("aa", "dd"), "2")

    assert 1 == git(tmp_path, "merge", "--quiet", "one", check=False)
    assert STAGES.format("cc", "dd") == (tmp_path / LOCK).read_text()
    assert "<<<<<<<" in (tmp_path / VERDICT).read_text()


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[]", b'{"decision": "accept"}', b"<<<<<<< HEAD\n{}\n", b"[" * 100_000]
)
def test_what_is_no_verdict_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "verdict.json"
    path.write_bytes(content)
    with pytest.raises(InputError, match="no verdict of schema 1"):
        read_verdict(path)
