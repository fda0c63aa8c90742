from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.adoption.record import Record, blob_of, read_record, record_text
from headway.errors import InputError

lines = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=30)
texts = st.lists(lines, max_size=5).map("\n".join)
paths = st.from_regex(r"[a-z./ :#-]{1,20}", fullmatch=True)


@given(st.dictionaries(paths, texts), st.dictionaries(paths, st.from_regex(r"[0-9a-f]{40}", fullmatch=True)), lines)
def test_a_record_is_read_as_it_was_written(texts: dict[str, str], files: dict[str, str], requirement: str) -> None:
    record = Record(headway="0.1.0", requirement=requirement, files=files, texts=texts)
    assert record == read_record(record_text(record))


def test_texts_are_written_line_by_line() -> None:
    record = Record(headway="0.1.0", requirement="headway", files={}, texts={"a.yml": "one\ntwo: 2\n"})
    assert "texts:\n  a.yml: |\n    one\n    two: 2\n" in record_text(record).decode()


@pytest.mark.parametrize("content", [b"", b"text\n", b"\x00\xff" * 100])
def test_blobs_are_named_as_git_names_them(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(content)
    named = subprocess.run(["git", "hash-object", tmp_path / "file"], capture_output=True, text=True, check=True)
    assert named.stdout.strip() == blob_of(content)


@pytest.mark.parametrize(
    "content",
    [
        b"\xff",
        b"- a list\n",
        b"headway: 0.1.0\n",
        b"headway: 0.1.0\nrequirement: headway\nfiles: {a: --upload-pack=x}\n",
        b"headway: 0.1.0\nrequirement: headway\nfiles: {}\nmore: 1\n",
    ],
)
def test_what_is_no_record_is_refused_with_a_hint(content: bytes) -> None:
    with pytest.raises(InputError, match=r"^\.headway\.yaml cannot be used: ") as refused:
        read_record(content)
    assert "take back the one in Git: git checkout .headway.yaml" == refused.value.hint
