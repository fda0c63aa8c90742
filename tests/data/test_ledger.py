"""The ledger only grows, is written whole or not at all, and is read strictly."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.contracts.dataset import ALL_SPLITS, Split
from headway.data.ledger import append_ledger, check_ledger_grew, frozen_rows, parse_ledger, read_ledger
from headway.errors import InputError

A, B, C = "a" * 64, "b" * 64, "c" * 64
DIGESTS = st.text("0123456789abcdef", min_size=64, max_size=64)
ROWS = st.dictionaries(DIGESTS, st.sampled_from(ALL_SPLITS), max_size=6)


def text_of(*lines: str) -> str:
    return "".join(f"{line}\n" for line in ("sha256,split", *lines))


@given(batches=st.lists(ROWS, min_size=1, max_size=4))
def test_reading_gives_back_what_was_appended(
    tmp_path_factory: pytest.TempPathFactory, batches: list[dict[str, Split]]
) -> None:
    path = tmp_path_factory.mktemp("ledger") / "splits.csv"
    path.write_text(text_of())
    expected: dict[str, Split] = {}
    for batch in batches:
        rows = {digest: split for digest, split in batch.items() if digest not in expected}
        before = path.read_bytes()
        append_ledger(path, rows)
        expected |= rows
        assert path.read_bytes().startswith(before)
        assert expected == read_ledger(path)


def test_appending_makes_the_file_with_its_header(tmp_path: Path) -> None:
    append_ledger(tmp_path / "data/splits.csv", {B: "val", A: "train"})
    assert text_of(f"{A},train", f"{B},val") == (tmp_path / "data/splits.csv").read_text()


def test_what_is_there_is_not_appended_again(tmp_path: Path) -> None:
    path = tmp_path / "splits.csv"
    append_ledger(path, {A: "train"})
    before = path.stat()
    append_ledger(path, {A: "train"})
    assert text_of(f"{A},train") == path.read_text()
    assert before.st_ino == path.stat().st_ino


def test_a_digest_cannot_be_given_another_split(tmp_path: Path) -> None:
    path = tmp_path / "splits.csv"
    append_ledger(path, {B: "train"})
    with pytest.raises(InputError, match=f"splits.csv: {B} is in train and in test"):
        append_ledger(path, {A: "val", B: "test"})
    assert text_of(f"{B},train") == path.read_text()


def test_freezing_adds_a_later_line(tmp_path: Path) -> None:
    path = tmp_path / "splits.csv"
    append_ledger(path, {A: "fresh", B: "train", C: "test"})
    append_ledger(path, frozen_rows(read_ledger(path)))
    assert {A: "test", B: "train", C: "test"} == read_ledger(path)
    assert path.read_text().endswith(f"{A},test\n")


def test_a_missing_ledger_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist") as caught:
        read_ledger(tmp_path / "splits.csv")
    assert "run: headway data split" == caught.value.hint


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "splits.csv:1 is '', not 'sha256,split'"),
        ("digest,split\n", "splits.csv:1 is 'digest,split'"),
        (text_of(f"{A},train", f"{A[:-1]},val"), "splits.csv:3 is .* not a SHA-256 and a split"),
        (text_of(f"{A.upper()},train"), "splits.csv:2 is"),
        (text_of(""), "splits.csv:2 is ''"),
        (text_of(f"{A}, train"), "splits.csv:2 has the split ' train', not train, val, test, fresh"),
        (text_of(f"{A},train,x"), "splits.csv:2 has the split 'train,x'"),
        (text_of(f"{A},train")[:-1], "splits.csv:2 is cut off"),
        (text_of("<<<<<<< HEAD", f"{A},train"), "splits.csv:2 is left of a merge"),
    ],
)
def test_what_no_one_wrote_is_refused_with_its_line(content: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse_ledger(content, "splits.csv")


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "splits.csv").write_bytes(b"sha256,split\n\xff\n")
    with pytest.raises(InputError, match="is not UTF-8 text"):
        read_ledger(tmp_path / "splits.csv")


@given(rows=ROWS, cut=st.integers(0, 400))
def test_any_truncation_is_refused_or_holds_whole_lines(rows: dict[str, Split], cut: int) -> None:
    text = text_of(*(f"{digest},{split}" for digest, split in rows.items()))[:cut]
    try:
        held = parse_ledger(text, "splits.csv")
    except InputError:
        return
    assert text.endswith("\n")
    assert held.items() <= rows.items()


def test_equal_lines_of_a_merge_mean_nothing() -> None:
    lines = [f"{A},fresh", f"{B},val", f"{A},test", f"{A},fresh", f"{B},val"]
    assert {A: "test", B: "val"} == parse_ledger(text_of(*lines), "splits.csv")


@pytest.mark.parametrize(("one", "other"), [("train", "val"), ("val", "test"), ("test", "fresh"), ("fresh", "train")])
def test_lines_that_contradict_each_other_are_both_named(one: str, other: str) -> None:
    with pytest.raises(InputError, match=f"splits.csv:4 and :2: {A} is in {one} and in {other}"):
        parse_ledger(text_of(f"{A},{one}", f"{B},val", f"{A},{other}"), "splits.csv")


@given(before=ROWS, added=ROWS)
def test_growth_is_no_fault(before: dict[str, Split], added: dict[str, Split]) -> None:
    old = [f"{digest},{split}" for digest, split in before.items()]
    new = [f"{digest},{split}" for digest, split in added.items()]
    assert [] == check_ledger_grew(text_of(*old), text_of(*new, *reversed(old)))


def test_what_an_older_ledger_has_more_is_named() -> None:
    before = text_of(f"{A},train", f"{B},test", f"{C},fresh")
    now = text_of(f"{A},val", f"{C},fresh", f"{C},test")
    expected = [f"line 2, {A} in train, was changed to val", f"line 3, {B} in test, was removed"]
    assert expected == check_ledger_grew(before, now)


_KILLED = """
import os, signal, sys
from pathlib import Path
from headway.data.ledger import append_ledger

def kill(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

setattr(*{"written": (os, "fsync"), "synced": (Path, "replace")}[sys.argv[2]], kill)
append_ledger(Path(sys.argv[1]), {"b" * 64: "val"})
"""


@pytest.mark.parametrize("moment", ["written", "synced"])
def test_a_kill_during_an_append_leaves_the_old_file(tmp_path: Path, moment: str) -> None:
    path = tmp_path / "splits.csv"
    append_ledger(path, {A: "train"})

    killed = subprocess.run([sys.executable, "-c", _KILLED, str(path), moment])

    assert -9 == killed.returncode
    assert text_of(f"{A},train") == path.read_text()
    append_ledger(path, {B: "val"})
    assert {A: "train", B: "val"} == read_ledger(path)
    assert [path] == list(tmp_path.iterdir())
