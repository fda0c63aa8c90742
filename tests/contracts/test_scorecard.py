from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.contracts.canonical import readable_json
from headway.contracts.scorecard import LatencyReport, LatencyStats, read_latency, read_scorecard, write_document
from headway.errors import InputError
from tests.finished_run import scorecard

FINITE = st.floats(0, 1e6)


def report(p50: float, p99: float = 3.0) -> LatencyReport:
    return LatencyReport(
        model_sha256="0" * 64,
        latency=LatencyStats(p50_ms=p50, p95_ms=2.0, p99_ms=p99, runs=10),
        throughput_images_per_second=100.0,
        throughput_batch=8,
        hardware="a CPU, 1 core",
        threads=1,
        engine="onnxruntime 1.0",
    )


@given(FINITE, FINITE)
def test_what_is_written_reads_back_equal(tmp_path_factory: pytest.TempPathFactory, p50: float, p99: float) -> None:
    path = tmp_path_factory.mktemp("reports") / "latency.json"
    write_document(path, report(p50, p99))
    assert report(p50, p99) == read_latency(path)


def test_a_scorecard_from_before_there_were_fresh_images_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "scorecard.json"
    path.write_text(readable_json(scorecard().model_dump(mode="json", exclude={"fresh"})), encoding="utf-8")
    assert scorecard() == read_scorecard(path)


def test_numbers_are_kept_to_six_decimals() -> None:
    assert 0.333333 == report(1 / 3).latency.p50_ms


def test_a_missing_file_is_refused_with_the_command_that_makes_it(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist") as caught:
        read_scorecard(tmp_path / "scorecard.json")
    assert "run: dvc repro evaluate" == caught.value.hint


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema_version": 2}', "not JSON"])
def test_a_file_of_another_kind_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "scorecard.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"scorecard\.json is no Scorecard of schema 1"):
        read_scorecard(path)
