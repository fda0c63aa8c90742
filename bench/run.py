"""Measures what can be called slow, side by side in one run: `make bench`.

Ratios are medians over alternating rounds. All that is measured is the last
commit, in clones at bench/work. A full run writes bench/results.json; a run of
some parts only prints.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from bench.data import measure_data
from bench.evaluation import measure_evaluation
from bench.loop import measure_loop
from bench.registry import measure_registry
from bench.scratch import ROOT, WORK, Clone, clone_repository
from bench.stages import finish_pipeline, measure_export, measure_no_op, measure_other_stages, measure_train
from bench.starts import EDGE, find_heavy_imports, measure_starts
from bench.timing import Measure
from bench.verify import measure_verify
from headway.contracts.atomic import write_text
from headway.contracts.canonical import readable_json
from headway.integrations.machine import describe_hardware, package_versions

COMMAND = "make bench"
RESULTS = ROOT / "bench" / "results.json"
LIBRARIES = (
    "dvc",
    "imagehash",
    "numpy",
    "onnx",
    "onnxruntime",
    "onnxslim",
    "pillow",
    "torch",
    "ultralytics-opencv-headless",
)

PARTS: dict[str, Callable[[Clone], list[Measure]]] = {
    "no-op": measure_no_op,  # first: the others change what the pipeline left
    "stages": measure_other_stages,
    "train": measure_train,
    "export": measure_export,
    "evaluation": measure_evaluation,
    "starts": measure_starts,
    "data": measure_data,
    "verify": measure_verify,
    "loop": measure_loop,
    "registry": measure_registry,
}
WITHOUT_PIPELINE = {"starts", "data", "verify", "loop", "registry"}
"""Parts that need no model."""


def main() -> int:
    """Run the parts that were asked for; 1 when the edge parts import what no device should need."""
    parts = _read_parts()
    started, load_before = time.monotonic(), os.getloadavg()[0]
    shutil.rmtree(WORK, ignore_errors=True)
    clone = clone_repository("pipeline")
    if not WITHOUT_PIPELINE.issuperset(parts):
        finish_pipeline(clone)
    measures = [measure for name in parts for measure in PARTS[name](clone)]
    heavy = find_heavy_imports(clone)
    facts = {
        "command": COMMAND,
        "commit": clone.commit,
        "hardware": describe_hardware(),
        "versions": {"python": sys.version.split()[0], **package_versions(LIBRARIES)},
        "load_average": {"before": round(load_before, 2), "after": round(os.getloadavg()[0], 2)},
        "duration_s": round(time.monotonic() - started),
        "edge": {"imports": list(EDGE), "heavy_imports_found": heavy},
    }
    print(render(measures, facts))
    if parts == list(PARTS):
        write_text(
            RESULTS, readable_json({"schema_version": 1, **facts, "measures": [_values(row) for row in measures]})
        )
        print(f"written to {RESULTS.relative_to(ROOT)}")
    shutil.rmtree(WORK)
    return 1 if heavy else 0


def render(measures: list[Measure], facts: dict[str, Any]) -> str:
    """Return the table that is printed."""
    rows = [("measure", "ours", "bare", "ratio", "goal", ""), *map(_cells, measures)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    heavy = facts["edge"]["heavy_imports_found"]
    edge = f"the edge parts import {', '.join(heavy)}: NOT met" if heavy else "the edge parts import nothing heavy: met"
    notes = [f"{measure.name}: {measure.note}." for measure in measures if measure.note]
    origin = f"{facts['command']} at {facts['commit'][:12]} on {facts['hardware']}, {facts['duration_s']} s"
    return "\n".join([*lines, edge, "", *notes, "", origin])


def _cells(measure: Measure) -> tuple[str, ...]:
    unit = "" if measure.ratio is not None else " s"
    return (
        measure.name,
        f"{measure.ours_s:.2f} s",
        "" if measure.bare_s is None else f"{measure.bare_s:.2f} s",
        "" if measure.ratio is None else f"{measure.ratio:.2f}",
        "" if measure.goal is None else f"{measure.goal:.2f}{unit}",
        {True: "met", False: "NOT met", None: ""}[measure.met],
    )


def _values(measure: Measure) -> dict[str, Any]:
    """Return the row as JSON values, to the millisecond."""
    text = json.dumps(asdict(measure) | {"met": measure.met})
    values: dict[str, Any] = json.loads(text, parse_float=lambda number: round(float(number), 3))
    return values


def _read_parts() -> list[str]:
    parser = argparse.ArgumentParser(prog="python -m bench.run", description=__doc__)
    parser.add_argument("--only", metavar="PART,...", help=f"some of {', '.join(PARTS)}; writes no results")
    only = parser.parse_args().only
    wanted = set(only.split(",")) if only else set(PARTS)
    if unknown := wanted - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    return [name for name in PARTS if name in wanted]


if __name__ == "__main__":
    sys.exit(main())
