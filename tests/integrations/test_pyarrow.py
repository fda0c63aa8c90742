from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet
import pytest

from headway.errors import InputError
from headway.integrations.pyarrow import ParquetStore

COLUMNS = {
    "name": np.array(["a", "b", "ü"]),
    "count": np.array([1, 2, 3], dtype=np.int32),
    "share": np.array([0.1, 0.2, 0.3]),
    "found": np.array([True, False, True]),
}


def test_columns_come_back_as_they_were(tmp_path: Path) -> None:
    store = ParquetStore()
    store.write(tmp_path / "t.parquet", COLUMNS, {})
    read = store.read(tmp_path / "t.parquet")
    assert [*COLUMNS] == [*read]
    for name, column in COLUMNS.items():
        np.testing.assert_array_equal(column, read[name])


def test_metadata_comes_back(tmp_path: Path) -> None:
    store = ParquetStore()
    store.write(tmp_path / "t.parquet", COLUMNS, {"b": "2", "a": "1"})
    assert {b"a": b"1", b"b": b"2"} == pyarrow.parquet.read_schema(tmp_path / "t.parquet").metadata
    assert {"a": "1", "b": "2"} == store.read_metadata(tmp_path / "t.parquet")


def test_a_table_without_metadata_has_none(tmp_path: Path) -> None:
    ParquetStore().write(tmp_path / "t.parquet", COLUMNS, {})
    assert {} == ParquetStore().read_metadata(tmp_path / "t.parquet")


def test_an_empty_table_keeps_the_types_of_its_columns(tmp_path: Path) -> None:
    store = ParquetStore()
    store.write(tmp_path / "t.parquet", {name: column[:0] for name, column in COLUMNS.items()}, {})
    read = store.read(tmp_path / "t.parquet")
    assert ["O", "int32", "float64", "bool"] == [read[name].dtype for name in COLUMNS]


def test_equal_content_gives_equal_bytes(tmp_path: Path) -> None:
    ParquetStore().write(tmp_path / "one", COLUMNS, {"a": "1", "b": "2"})
    ParquetStore().write(tmp_path / "two", COLUMNS, {"b": "2", "a": "1"})
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_a_file_that_is_no_table_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.parquet").write_bytes(b"no table")
    with pytest.raises(InputError, match="no Parquet table"):
        ParquetStore().read(tmp_path / "t.parquet")


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        ParquetStore().read(tmp_path / "t.parquet")
