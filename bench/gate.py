"""Measures the gate's statistics: speed and memory, and how often it errs: `python -m bench.gate`.

With `--out` the error rates are also written, beside the command that found them.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.error_rates import ALPHA, CLASS_MIN_BOXES, RESAMPLES, ErrorRates, Rate, measure_error_rates
from bench.scratch import ROOT
from bench.timing import say
from headway.contracts.atomic import write_text
from headway.contracts.canonical import readable_json
from headway.evaluation.replicates import FIGURES
from headway.integrations.machine import describe_hardware

SIZES = (50, 200, 800)
TRIALS = 200
SPEED_GOAL_S, MEMORY_GOAL_MB = 30.0, 200.0


def main() -> int:
    """Print the tables; always 0, because the rates are for people to judge."""
    wanted = _read_arguments()
    if wanted.only != "rates":
        say("5,000 images, two models ...")
        print(render_speed(measure_speed()))
    if wanted.only != "speed":
        _measure_rates(wanted.images, wanted.trials, wanted.seed, wanted.out)
    return 0


def _measure_rates(images: Sequence[int], trials: int, seed: int, out: Path | None) -> None:
    started = time.monotonic()
    rates = measure_error_rates(images, trials, seed=seed)
    print(render_rates(rates))
    if out is None:
        return
    sizes = " ".join(map(str, images))
    facts = {
        "schema_version": 1,
        "command": f"python -m bench.gate --only rates --trials {trials} --images {sizes} --seed {seed}",
        "hardware": describe_hardware(),
        "duration_s": round(time.monotonic() - started),
        "alpha": ALPHA,
        "resamples": RESAMPLES,
        "class_min_boxes": CLASS_MIN_BOXES,
        "error_rates": [_values(row) for row in rates],
    }
    write_text(out, readable_json(facts))


def measure_speed() -> dict[str, Any]:
    """Run one large comparison in a fresh process."""
    command = [sys.executable, "-m", "bench.gate_speed"]
    answer: dict[str, Any] = json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout)
    return {key: round(value, 1) if isinstance(value, float) else value for key, value in answer.items()}


def render_speed(speed: Mapping[str, Any]) -> str:
    """Return the lines about speed."""
    found = " and ".join(f"{count:,}" for count in speed["detections"])
    slower = speed["one_by_one_s"] / speed["ours_s"]
    return (
        f"{speed['images']:,} images, {speed['boxes']:,} boxes, {found} detections, "
        f"{speed['classes']} classes, {speed['resamples']:,} draws\n"
        f"  whole comparison  {speed['ours_s']:.1f} s (goal {SPEED_GOAL_S:.0f} s)\n"
        f"  draw by draw      {speed['one_by_one_s']:.1f} s without matching, {slower:.1f} times as long\n"
        f"  peak memory       {speed['peak_mb']:.0f} MB (goal {MEMORY_GOAL_MB:.0f} MB)"
    )


def render_rates(rates: Sequence[ErrorRates]) -> str:
    """Return the table of error rates, each in per cent with its 95 % interval."""
    header = ("images", "figure", "margin", "false accepts", "power", "covered, equal", "covered, worse")
    rows: list[tuple[str, ...]] = [header]
    for at in rates:
        columns = zip(at.margins, at.false_accepts, at.accepts, at.covered_equal, at.covered_worse, strict=True)
        for figure, (margin, *shown) in zip(FIGURES, columns, strict=True):
            rows.append((str(at.images), figure, f"{margin:.4f}", *map(_percent, shown)))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    notes = [
        f"{at.images} images: false alarm of any class {_percent(at.class_alarms)}; "
        f"standard error {at.standard_errors[0]:.4f}, true {at.standard_errors[1]:.4f}"
        for at in rates
    ]
    promise = f"promised: false accepts and alarms at most {100 * ALPHA:.0f} %, covered 95 %; {rates[0].trials} trials"
    return "\n".join([*lines, *notes, promise])


def _percent(rate: Rate) -> str:
    low, high = rate.interval
    return f"{100 * rate.value:.1f} ({100 * low:.1f}-{100 * high:.1f})"


def _values(at: ErrorRates) -> dict[str, Any]:
    """Return one size as JSON values."""

    def rate(value: Rate) -> dict[str, Any]:
        low, high = value.interval
        return {"rate": round(value.value, 4), "low": round(low, 4), "high": round(high, 4), "trials": value.trials}

    def by_figure(values: Sequence[Rate]) -> dict[str, Any]:
        return dict(zip(FIGURES, map(rate, values), strict=True))

    return {
        "images": at.images,
        "margin": dict(zip(FIGURES, (round(margin, 4) for margin in at.margins), strict=True)),
        "false_accepts": by_figure(at.false_accepts),
        "power_at_no_difference": by_figure(at.accepts),
        "covered_95_equal": by_figure(at.covered_equal),
        "covered_95_worse": by_figure(at.covered_worse),
        "false_alarm_of_any_class": rate(at.class_alarms),
        "standard_error": {"mean": round(at.standard_errors[0], 4), "true": round(at.standard_errors[1], 4)},
        "bias": dict(zip(FIGURES, (round(bias, 5) for bias in at.biases), strict=True)),
    }


def _read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.gate", description=__doc__)
    parser.add_argument("--trials", type=int, default=TRIALS, help=f"test sets of each size, {TRIALS} unless told")
    parser.add_argument("--images", type=int, nargs="+", default=SIZES, help="sizes of the test sets")
    parser.add_argument("--seed", type=int, default=0, help="another population and other test sets")
    parser.add_argument("--only", choices=("speed", "rates"))
    parser.add_argument("--out", type=Path, help="write the error rates here, as JSON")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
