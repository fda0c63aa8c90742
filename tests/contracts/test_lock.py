"""What dvc.lock vouches for."""

from __future__ import annotations

from pathlib import Path

import pytest

from headway.contracts.lock import entries_digest, output_digests, read_lock
from headway.errors import InputError

LOCK = """
schema: '2.0'
stages:
  prepare:
    cmd: python pipelines/prepare.py
    outs:
    - {path: data/prepared, hash: md5, md5: aa.dir, size: 3, nfiles: 1}
  evaluate:
    cmd: python pipelines/evaluate.py
    deps:
    - {path: data/prepared, hash: md5, md5: aa.dir}
    params:
      params.yaml: {evaluate: {batch: 8}}
    outs:
    - {path: reports/latency.json, hash: md5, md5: bb}
    - {path: reports/scorecard.json, hash: md5, md5: cc}
  report:
    cmd: echo
"""
STAGES = ("prepare", "evaluate")


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    path = tmp_path / "dvc.lock"
    path.write_text(LOCK)
    return path


def test_outputs_of_all_stages_are_read(lock: Path) -> None:
    expected = {"data/prepared": "aa.dir", "reports/latency.json": "bb", "reports/scorecard.json": "cc"}

    assert expected == output_digests(read_lock(lock))


@pytest.mark.parametrize(
    ("old", "new"), [("md5: bb", "md5: b2"), ("cmd: python pipelines/prepare.py", "cmd: x"), ("cmd: echo", "cmd: ls")]
)
def test_the_digest_ignores_clocks_commands_and_other_stages(lock: Path, old: str, new: str) -> None:
    before = entries_digest(read_lock(lock), STAGES)
    lock.write_text(LOCK.replace(old, new))

    assert before == entries_digest(read_lock(lock), STAGES)


@pytest.mark.parametrize(
    ("old", "new"), [("md5: cc", "md5: c2"), ("batch: 8", "batch: 9"), ("md5: aa.dir}", "md5: a}")]
)
def test_the_digest_follows_dependencies_params_and_outputs(lock: Path, old: str, new: str) -> None:
    before = entries_digest(read_lock(lock), STAGES)
    lock.write_text(LOCK.replace(old, new))

    assert before != entries_digest(read_lock(lock), STAGES)


def test_a_stage_that_has_not_run_is_refused(lock: Path) -> None:
    with pytest.raises(InputError, match="no entry for train"):
        entries_digest(read_lock(lock))


def test_a_missing_lock_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist") as failure:
        read_lock(tmp_path / "dvc.lock")
    assert "run: dvc repro" == failure.value.hint


@pytest.mark.parametrize("text", ["", "stages: 3", "stages: {a: 1}", "stages: {a: {outs: [1]}}", "a: [", "[]"])
def test_what_is_no_lock_is_refused(lock: Path, text: str) -> None:
    lock.write_text(text)

    with pytest.raises(InputError, match=r"is no dvc\.lock"):
        read_lock(lock)
