"""PyArrow: column tables as Parquet files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
from numpy.typing import NDArray

from headway.contracts.atomic import write_bytes
from headway.errors import InputError


class ParquetStore:
    """Implements `ports.TableStore`: zstd-compressed Parquet, equal content in equal bytes."""

    def write(
        self, path: Path, columns: Mapping[str, Sequence[Any] | NDArray[Any]], metadata: Mapping[str, str]
    ) -> None:
        """Write the table whole or not at all.

        Raises:
            OSError: the disk is full or the folder read-only; `path` is then what it was before.
        """
        table = pyarrow.table({name: pyarrow.array(values) for name, values in columns.items()})
        table = table.replace_schema_metadata(dict(sorted(metadata.items())))
        sink = pyarrow.BufferOutputStream()
        pyarrow.parquet.write_table(table, sink, compression="zstd")
        write_bytes(path, sink.getvalue().to_pybytes())

    def read(self, path: Path) -> dict[str, NDArray[Any]]:
        """Read every column.

        Raises:
            InputError: the file is missing or no Parquet.
        """
        table = _read(path)
        return {name: table[name].to_numpy() for name in table.column_names}

    def read_metadata(self, path: Path) -> dict[str, str]:
        """Read the metadata that `write` was given.

        Raises:
            InputError: as `read`.
        """
        metadata = _read(path).schema.metadata or {}
        return {key.decode(): value.decode() for key, value in metadata.items()}


def _read(path: Path) -> pyarrow.Table:
    try:
        return pyarrow.parquet.read_table(path)
    except FileNotFoundError as error:
        raise InputError(f"{path} does not exist", hint="run: dvc repro evaluate") from error
    except pyarrow.ArrowException as error:
        raise InputError(f"{path} is no Parquet table: {error}") from error
