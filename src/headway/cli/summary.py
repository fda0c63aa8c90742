"""`headway summary`: the scorecard as a table, and where the results lie."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from textwrap import wrap

import click

from headway.cli.track import find_store
from headway.cli.wrapping import WIDTH
from headway.contracts.layout import LATENCY, PARAMS, SCORECARD, ModelFiles
from headway.contracts.params.document import read_document
from headway.contracts.params.model import read_model
from headway.contracts.scorecard import (
    ClassScore,
    FreshScore,
    LatencyReport,
    Scorecard,
    Slice,
    read_latency,
    read_scorecard,
)

_CLASSES_SHOWN = 20
_NONE = "-"


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def summary(as_json: bool) -> None:
    """Print the scorecard of the last run, and where its results lie."""
    card, latency = read_scorecard(SCORECARD), read_latency(LATENCY)
    model = ModelFiles(read_model(read_document(PARAMS)))
    places = find_places(Path.cwd(), model, os.environ)
    if as_json:
        content = {"model": model.name, "scorecard": card.model_dump(), "latency": latency.model_dump()}
        click.echo(json.dumps({**content, "places": places}))
    else:
        click.echo(render(model.name, card, latency, places))


def find_places(root: Path, model: ModelFiles, environment: Mapping[str, str]) -> dict[str, str]:
    """Return where the results lie, relative to `root` where they are below it."""
    store = find_store(root, environment)
    mlflow = store.shown
    if store.database and store.database.is_relative_to(root):
        mlflow = store.database.relative_to(root).as_posix()
    return {
        "report": (model.bundle / "card.md").as_posix(),
        "bundle": model.bundle.as_posix(),
        "scorecard": SCORECARD.as_posix(),
        "mlflow": mlflow,
    }


def render(model: str, card: Scorecard, latency: LatencyReport, places: Mapping[str, str]) -> str:
    """Return the scorecard as text, at most 80 columns wide where names allow it."""
    blocks = [
        _quality(model, card),
        _operating_point(card),
        _classes(card.per_class),
        _calibration_and_robustness(card),
        _speed(latency),
        [f"{name:<10} {place}" for name, place in places.items()] + ["           (make ui opens the MLflow store)"],
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block)


def _quality(model: str, card: Scorecard) -> list[str]:
    quality = card.quality
    sizes = ("small", quality.map_small), ("medium", quality.map_medium), ("large", quality.map_large)
    return [
        f"{model} on {quality.images} test images with {quality.boxes} boxes, input {card.input_size} px",
        "",
        f"mAP50-95   {_rate(quality.map50_95)}     "
        + "   ".join(f"{name} {_rate(value)}" for name, value in sizes)
        + "   (by object size)",
        f"mAP50      {_rate(quality.map50)}",
        f"mAP75      {_rate(quality.map75)}     scored with {card.coco_engine}",
        *([_fresh(card.fresh)] if card.fresh else []),
    ]


def _fresh(score: FreshScore) -> str:
    rates = f"{_rate(score.map50_95)}     mAP50 {_rate(score.map50)}"
    return f"fresh      {rates}   (mAP50-95, {score.images} newer images, {score.boxes} boxes)"


def _operating_point(card: Scorecard) -> list[str]:
    point = card.operating_point
    found = point.true_positives, point.false_positives, point.false_negatives
    return [
        f"At confidence {point.threshold:.3f} ({card.threshold_source}), IoU {point.iou:.2f}:",
        f"precision  {_rate(point.precision)}     recall {_rate(point.recall)}   F1 {_rate(point.f1)}"
        "   ({} found, {} false, {} missed)".format(*found),
    ]


def _classes(scores: Sequence[ClassScore]) -> list[str]:
    shown = scores
    if len(scores) > _CLASSES_SHOWN:
        shown = sorted(scores, key=lambda score: (score.map50_95 is None, score.map50_95))[:_CLASSES_SHOWN]
    columns = "   boxes  mAP50-95   mAP50  precision  recall      F1"
    width = min(max(len("class"), *(len(score.name) for score in shown)), WIDTH - len(columns))
    lines = [f"{'class':<{width}}{columns}", *(_class_row(score, width) for score in shown)]
    if shown is not scores:
        lines.append(f"the {_CLASSES_SHOWN} weakest of {len(scores)} classes; all of them: {SCORECARD}")
    return lines


def _class_row(score: ClassScore, width: int) -> str:
    name = score.name if len(score.name) <= width else f"{score.name[: width - 1]}…"
    point = score.at_threshold
    rates = f"{_rate(score.map50_95):>10}{_rate(score.map50):>8}{_rate(point.precision):>11}"
    return f"{name:<{width}}{score.boxes:>8}{rates}{_rate(point.recall):>8}{_rate(point.f1):>8}"


def _calibration_and_robustness(card: Scorecard) -> list[str]:
    error = _rate(card.calibration.expected_calibration_error)
    lines = [f"calibration error {error} (0 = a score is the chance of being right)"]
    if card.slices:
        kept = list(_kept(card.slices))
        lines += ["share of mAP50-95 left under a corruption, weak and strong:"]
        rows = [kept[start : start + 3] for start in range(0, len(kept), 3)]
        lines += ["  " + "".join(f"{entry:<25}" for entry in row).rstrip() for row in rows]
    return lines


def _kept(slices: Sequence[Slice]) -> Iterator[str]:
    by_name: dict[str, list[str]] = {}
    for part in slices:
        share = _NONE if part.relative_map50_95 is None else f"{part.relative_map50_95:.0%}"
        by_name.setdefault(part.corruption, []).append(share)
    for name, shares in by_name.items():
        yield f"{name} {' '.join(shares)}"


def _speed(report: LatencyReport) -> list[str]:
    stats = report.latency
    return [
        f"latency    p50 {stats.p50_ms:.1f} ms, p95 {stats.p95_ms:.1f} ms, p99 {stats.p99_ms:.1f} ms at batch 1",
        f"throughput {report.throughput_images_per_second:.1f} images/s at batch {report.throughput_batch}",
        *wrap(f"on {report.hardware}, {report.threads} threads, {report.engine}", WIDTH, subsequent_indent="   "),
    ]


def _rate(value: float | None) -> str:
    return _NONE if value is None else f"{value:.3f}"
