"""What the fuzz run takes for a failure; the run itself is `make fuzz`."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tools.fuzz_readers import TARGETS, lay_out, try_input

from headway.data.source import Source, SourceImage

ROWS = {"records": 1}
"""Rows of each target's first seed; 2 where nothing is said."""


@pytest.mark.parametrize("name", TARGETS)
def test_every_row_of_a_sound_file_counts_as_well_formed(name: str) -> None:
    assert ROWS.get(name, 2) == TARGETS[name].well_formed(TARGETS[name].seeds[0])


@pytest.mark.parametrize("name", TARGETS)
def test_every_reader_takes_the_files_that_the_run_begins_with(name: str, tmp_path: Path) -> None:
    target = TARGETS[name]
    lay_out(target, tmp_path)
    for seed in target.seeds:
        try_input(target, importlib.import_module(f"headway.data.readers.{target.module}"), tmp_path, seed)


@pytest.mark.parametrize("name", TARGETS)
def test_a_reader_that_drops_rows_silently_fails(name: str, tmp_path: Path) -> None:
    target = TARGETS[name]

    def read_nothing(path: Path, **_: Any) -> Source:
        return Source("yolo", tmp_path, (), [SourceImage("a", path)])

    lay_out(target, tmp_path)
    with pytest.raises(AssertionError, match="0 boxes, and no problem"):
        try_input(target, SimpleNamespace(**{target.function: read_nothing}), tmp_path, target.seeds[0])


def test_a_reader_that_raises_fails(tmp_path: Path) -> None:
    target = TARGETS["csv"]

    def stumble(path: Path, **_: Any) -> Source:
        raise KeyError(path.name)

    lay_out(target, tmp_path)
    with pytest.raises(KeyError, match=r"a\.csv"):
        try_input(target, SimpleNamespace(read_csv=stumble), tmp_path, target.seeds[0])
