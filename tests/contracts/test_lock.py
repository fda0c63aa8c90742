"""What dvc.lock vouches for."""

from __future__ import annotations

from pathlib import Path

import pytest

from headway.contracts.lock import outputs_digest, read_lock
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
    outs:
    - {path: reports/latency.json, hash: md5, md5: bb}
    - {path: reports/scorecard.json, hash: md5, md5: cc}
  report:
    cmd: echo
"""
OUTPUTS = [Path("data/prepared"), Path("reports/scorecard.json")]


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    path = tmp_path / "dvc.lock"
    path.write_text(LOCK)
    return path


def test_outputs_of_all_stages_are_read(lock: Path) -> None:
    expected = {"data/prepared": "aa.dir", "reports/latency.json": "bb", "reports/scorecard.json": "cc"}

    assert expected == read_lock(lock)


def test_the_digest_ignores_what_the_clock_decides(lock: Path) -> None:
    before = outputs_digest(read_lock(lock), OUTPUTS)
    lock.write_text(LOCK.replace("md5: bb", "md5: b2"))

    assert before == outputs_digest(read_lock(lock), OUTPUTS)


def test_the_digest_changes_with_an_output_that_it_names(lock: Path) -> None:
    before = outputs_digest(read_lock(lock), OUTPUTS)
    lock.write_text(LOCK.replace("md5: cc", "md5: c2"))

    assert before != outputs_digest(read_lock(lock), OUTPUTS)


def test_an_output_that_the_lock_does_not_know_is_refused(lock: Path) -> None:
    with pytest.raises(InputError, match="records no output models/x"):
        outputs_digest(read_lock(lock), [Path("models/x")])


def test_a_missing_lock_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist") as failure:
        read_lock(tmp_path / "dvc.lock")
    assert "run: dvc repro" == failure.value.hint


@pytest.mark.parametrize("text", ["", "stages: 3", "stages: {a: 1}", "stages: {a: {outs: [1]}}", "a: [", "[]"])
def test_what_is_no_lock_is_refused(lock: Path, text: str) -> None:
    lock.write_text(text)

    with pytest.raises(InputError, match=r"is no dvc\.lock"):
        read_lock(lock)
