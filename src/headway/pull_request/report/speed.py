"""The section about latency and size."""

from __future__ import annotations

from collections.abc import Iterator

from headway.contracts.layout import LATENCY
from headway.contracts.markdown import code, table
from headway.contracts.scorecard import LatencyStats
from headway.contracts.verdict import Contender
from headway.pull_request.report.facts import Facts
from headway.pull_request.report.figures import NONE, mebibytes, milliseconds

_HEAD = ("one image", "median", "p95", "p99", "size of the file")


def speed(facts: Facts) -> Iterator[str]:
    """Yield both models' latency and size, and the hardware that the clock ran on."""
    verdict = facts.verdict
    found, alone = verdict.speed, facts.run.latency
    yield "### Latency and size"
    yield ""
    if found is not None:
        stats = {"candidate": found.candidate, "production": found.champion}
    else:
        stats = {"candidate": alone.latency} if alone else {}
    models = {"candidate": verdict.candidate, "production": verdict.champion}
    rows = [_row(name, stats.get(name), model) for name, model in models.items() if model is not None]
    yield from table(_HEAD, rows)
    yield ""
    if found is not None:
        yield (
            f"Timed by turns in one process: {found.ratio:.2f} times production's median, on {code(found.hardware)}, "
            f"threads: {found.threads}, {code(found.engine)}."
        )
    elif alone is not None:
        yield (
            f"The candidate alone, by its own run, on {code(alone.hardware)}, threads: {alone.threads}, "
            f"{code(alone.engine)}."
        )
    else:
        yield f"Not timed: `{LATENCY}` {facts.run.missing.get(LATENCY, 'is missing')}."


def _row(name: str, stats: LatencyStats | None, model: Contender) -> tuple[str, ...]:
    times = (NONE, NONE, NONE)
    if stats is not None:
        times = (milliseconds(stats.p50_ms), milliseconds(stats.p95_ms), milliseconds(stats.p99_ms))
    return name, *times, mebibytes(model.size_bytes)
