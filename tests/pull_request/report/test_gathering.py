"""Reading a run's committed files, whole or damaged."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.pull_request.report.gathering import parse_table, read_run
from headway.pull_request.report.render import render
from tests.finished_run import scorecard, write, write_finished_run
from tests.pull_request.report.reports import make_facts, read_below
from tests.verdicts import CANDIDATE

FILES = [
    "params.yaml",
    "dvc.lock",
    "reports/dataset.json",
    "reports/scorecard.json",
    "reports/latency.json",
    "reports/provenance.json",
    "reports/epochs.csv",
    "reports/plots/precision_recall.csv",
]


def test_a_finished_run_is_read(tmp_path: Path) -> None:
    write_finished_run(tmp_path)
    run = read_run(partial(read_below, tmp_path), model_sha256=CANDIDATE)

    assert {"epochs": 2, "lr0": 0.002, "freeze": None, "scale": [0.5, 1.5]} == (run.params or {})["train"]
    assert scorecard() == run.scorecard
    assert {"epoch": (1.0, 2.0), "train/box_loss": (1.5, 1.25), "metrics/mAP50(B)": (0.25, None)} == run.epochs
    assert {Path("reports/provenance.json"), Path("reports/plots/precision_recall.csv")} == set(run.missing)


def test_reports_about_another_model_are_left_out(tmp_path: Path) -> None:
    write_finished_run(tmp_path)
    run = read_run(partial(read_below, tmp_path), model_sha256="0" * 64)

    assert (None, None) == (run.scorecard, run.latency)
    assert "is about another model than the verdict" == run.missing[Path("reports/scorecard.json")]


def test_a_scorecard_of_an_older_schema_is_said(tmp_path: Path) -> None:
    write_finished_run(tmp_path)
    write(tmp_path / "reports/scorecard.json", json.dumps({"schema_version": 0, "map": 0.5}))

    missing = read_run(partial(read_below, tmp_path)).missing

    assert "cannot be read by this version of Headway" == missing[Path("reports/scorecard.json")]


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("content", [b"", b"\xff\x00", b"[]", b"{}", b"1", b"a: &x [*x]", b"[" * 2_000, b'"\n'])
def test_no_damage_to_one_file_keeps_a_report_away(name: str, content: bytes) -> None:
    run = read_run(lambda path: content if path.as_posix() == name else None)

    assert render(make_facts(run)).text


@given(st.binary(max_size=60))
def test_no_bytes_keep_a_report_away(content: bytes) -> None:
    assert render(make_facts(read_run(lambda _: content))).text


@pytest.mark.parametrize(("cell", "value"), [("nan", None), ("inf", None), ("", None), ("x", None), ("1e-3", 0.001)])
def test_only_finite_numbers_count(cell: str, value: float | None) -> None:
    assert {"a": (value,), "b": (2.0,)} == parse_table(f"a,b\n{cell},2\n".encode())


@pytest.mark.parametrize("images", [-1, 10**20, "12", None])
def test_counts_that_cannot_be_are_damage(images: object) -> None:
    split = {"images": images, "boxes": 1, "boxes_per_class": {}}
    content = json.dumps({"digest": "d", "classes": [], "splits": {"test": split}}).encode()

    assert read_run(lambda _: content).data is None
