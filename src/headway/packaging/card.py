"""The model card (Mitchell et al. 2019, arXiv 1810.03993): Markdown and plots, every number from the scorecard."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from headway.contracts.manifest import MODEL, Manifest
from headway.contracts.markdown import escape, table
from headway.contracts.params.package import PackageParams
from headway.contracts.scorecard import ClassScore, FreshScore, LatencyReport, Scorecard

_FEW_IMAGES = 100
_FEW_BOXES = 20
_WEAK_RECALL = 0.5
_FRAGILE = 0.5
_POOR_CALIBRATION = 0.1
_CLASSES_SHOWN = 30


@dataclass(frozen=True)
class CardFacts:
    """What the card is written from.

    Attributes:
        data: `contracts.dataset.dataset_facts` of the prepared data.
        architecture: what training started from; None where params.yaml leaves it to the default.
        plots: title -> path in the bundle, in the order of the card.
    """

    manifest: Manifest
    scorecard: Scorecard
    latency: LatencyReport
    data: Mapping[str, Any]
    params: PackageParams
    architecture: str | None
    plots: Mapping[str, str]


def card_markdown(facts: CardFacts) -> str:
    """Return the card."""
    sections = (
        _summary(facts),
        _use(facts),
        _quality(facts.scorecard, facts.plots),
        _classes(facts.scorecard, facts.plots),
        _trust(facts.scorecard, facts.plots),
        _speed(facts.latency, facts.manifest),
        _data(facts.data),
        _limits(facts.scorecard, facts.data),
        _running(facts.manifest),
        _checking(facts.manifest, facts.params.licence),
    )
    return "\n\n".join("\n".join(section) for section in sections) + "\n"


def find_limits(scorecard: Scorecard, data: Mapping[str, Any]) -> list[str]:
    """Return what the numbers say that this model must not be relied on for, one sentence each, in plain text."""
    return list(_find_limits(scorecard, data))


def _summary(facts: CardFacts) -> Iterator[str]:
    quality, point, latency = facts.scorecard.quality, facts.scorecard.operating_point, facts.latency
    yield f"# {escape(facts.manifest.name)}"
    yield ""
    yield from table(
        ("mAP50-95", "mAP50", "precision", "recall", "latency (p50)", "size"),
        [
            (
                _rate(quality.map50_95),
                _rate(quality.map50),
                _rate(point.precision),
                _rate(point.recall),
                f"{latency.latency.p50_ms:.1f} ms",
                _megabytes(facts.manifest),
            )
        ],
    )
    yield ""
    yield (
        f"On {quality.images} test images with {quality.boxes} objects, which the model has not seen. Precision and "
        f"recall are at the threshold in use, {point.threshold:.3f}."
    )
    yield from _picture(facts.plots, "What it finds")


def _use(facts: CardFacts) -> Iterator[str]:
    names = ", ".join(map(escape, facts.manifest.classes[:_CLASSES_SHOWN]))
    rest = len(facts.manifest.classes) - _CLASSES_SHOWN
    start = f" It was trained from {escape(facts.architecture)}." if facts.architecture else ""
    yield "## Intended use"
    yield ""
    yield (
        escape(facts.params.description) or "*Nobody has written down what this model is for (`package.description`).*"
    )
    yield ""
    yield f"It draws boxes around {len(facts.manifest.classes)} kinds of objects: {names}" + (
        f" and {rest} more.{start}" if rest > 0 else f".{start}"
    )


def _quality(scorecard: Scorecard, plots: Mapping[str, str]) -> Iterator[str]:
    quality, point = scorecard.quality, scorecard.operating_point
    yield "## How good it is"
    yield ""
    yield from table(
        ("", "all", "small", "medium", "large"),
        [
            (
                "mAP50-95",
                *map(_rate, (quality.map50_95, quality.map_small, quality.map_medium, quality.map_large)),
            )
        ],
    )
    yield ""
    yield "Small is under 32 x 32 pixels of the original image, large over 96 x 96 (COCO)."
    yield (
        f"At threshold {point.threshold:.3f} ({scorecard.threshold_source}) and IoU {point.iou:g} it finds "
        f"{point.true_positives} of {point.true_positives + point.false_negatives} objects, and "
        f"{point.false_positives} boxes are wrong: F1 {_rate(point.f1)}."
    )
    yield from _picture(plots, "Precision and recall")
    if scorecard.fresh:
        yield ""
        yield _fresh(scorecard.fresh)
    yield ""
    yield f"Scored with {scorecard.coco_engine}, run with {scorecard.inference_engine}."


def _fresh(score: FreshScore) -> str:
    return (
        f"On {score.images} fresh images with {score.boxes} objects, which came after the test set was frozen: "
        f"mAP50-95 {_rate(score.map50_95)}, mAP50 {_rate(score.map50)}. No other number in this card counts them."
    )


def _classes(scorecard: Scorecard, plots: Mapping[str, str]) -> Iterator[str]:
    shown = sorted(scorecard.per_class, key=_weakness)[:_CLASSES_SHOWN]
    yield "## Each class"
    yield ""
    yield from table(
        ("class", "test objects", "mAP50-95", "mAP50", "precision", "recall"),
        [
            (
                escape(score.name),
                str(score.boxes),
                *map(_rate, (score.map50_95, score.map50, score.at_threshold.precision, score.at_threshold.recall)),
            )
            for score in shown
        ],
    )
    if len(shown) < len(scorecard.per_class):
        yield ""
        yield f"The {len(shown)} weakest of {len(scorecard.per_class)} classes."
    yield from _picture(plots, "Classes")


def _trust(scorecard: Scorecard, plots: Mapping[str, str]) -> Iterator[str]:
    error = scorecard.calibration.expected_calibration_error
    yield "## When to trust it"
    yield ""
    yield "A box with score 0.8 should be right in 8 of 10 cases." + (
        f" The scores miss that by {error:.3f} on average." if error is not None else ""
    )
    yield from _picture(plots, "Reliability")
    if not scorecard.slices:
        return
    yield ""
    yield "The same test images, spoiled on purpose:"
    yield ""
    yield from table(
        ("corruption", "strength", "mAP50-95", "of clean"),
        [
            (
                found.corruption.replace("_", " "),
                str(found.strength),
                _rate(found.quality.map50_95),
                "-" if found.relative_map50_95 is None else f"{found.relative_map50_95:.0%}",
            )
            for found in scorecard.slices
        ],
    )
    yield from _picture(plots, "Robustness")


def _speed(report: LatencyReport, manifest: Manifest) -> Iterator[str]:
    stats = report.latency
    yield "## How fast it is"
    yield ""
    yield from table(
        ("p50", "p95", "p99", f"throughput (batch {report.throughput_batch})"),
        [
            (
                f"{stats.p50_ms:.1f} ms",
                f"{stats.p95_ms:.1f} ms",
                f"{stats.p99_ms:.1f} ms",
                f"{report.throughput_images_per_second:.1f} images/s",
            )
        ],
    )
    yield ""
    yield (
        f"One image at a time, from decoded pixels to boxes, {stats.runs} runs, input {manifest.input.size} px, on "
        f"{escape(report.hardware)}; threads: {report.threads}; {escape(report.engine)}."
    )


def _data(data: Mapping[str, Any]) -> Iterator[str]:
    splits = data["splits"]
    yield "## Data"
    yield ""
    yield from table(
        ("split", "images", "objects", "images without any", "used for"),
        [
            (
                name,
                *(str(splits[name][key]) for key in ("images", "boxes", "background_images")),
                use,
            )
            for name, use in (
                ("train", "fitting the weights"),
                ("val", "choosing the epoch and the threshold"),
                ("test", "every number in this card"),
                ("fresh", "a score beside those of test"),
            )
            if name in splits
        ],
    )
    yield ""
    yield f"Digest of images and labels: `{data['digest']}`."


def _limits(scorecard: Scorecard, data: Mapping[str, Any]) -> Iterator[str]:
    yield "## Limits"
    yield ""
    yield from (f"- {escape(limit)}" for limit in _find_limits(scorecard, data))


def _find_limits(scorecard: Scorecard, data: Mapping[str, Any]) -> Iterator[str]:
    yield "It knows only its classes: anything else is ignored, or taken for one of them."
    quality, test = scorecard.quality, data["splits"]["test"]
    if quality.images < _FEW_IMAGES:
        yield f"It was tested on {quality.images} images only: small differences in these numbers mean nothing."
    rare = [name for name, boxes in test["boxes_per_class"].items() if boxes < _FEW_BOXES]
    if rare:
        yield f"Fewer than {_FEW_BOXES} test objects stand behind the numbers of: {_names(rare)}."
    recalls = {score.name: score.at_threshold.recall for score in scorecard.per_class}
    weak = [name for name, recall in recalls.items() if recall is not None and recall < _WEAK_RECALL]
    if weak:
        yield f"It misses more than half of: {_names(weak)}."
    sizes = {"small": quality.map_small, "medium": quality.map_medium, "large": quality.map_large}
    unseen = [size for size, value in sizes.items() if value is None]
    if unseen:
        yield f"No test object was {' or '.join(unseen)}: nothing is known about those."
    fragile = [
        f"{found.corruption.replace('_', ' ')} {found.strength} ({found.relative_map50_95:.0%})"
        for found in scorecard.slices
        if found.relative_map50_95 is not None and found.relative_map50_95 < _FRAGILE
    ]
    if fragile:
        yield f"Less than half of its mAP50-95 is left under: {', '.join(fragile)}."
    error = scorecard.calibration.expected_calibration_error
    if error is not None and error > _POOR_CALIBRATION:
        yield f"Its scores are no probabilities (calibration error {error:.2f})."


def _running(manifest: Manifest) -> Iterator[str]:
    facts = manifest.input
    yield "## Running it"
    yield ""
    yield (
        f"`{MODEL}` takes (n, 3, {facts.size}, {facts.size}) {facts.colour} in [0, 1]: the image scaled by its longer "
        f"side (bilinear), centred, with grey {facts.padding} around it. It gives (n, rows, 6): corners in input "
        f"pixels, score, class id; suppression is inside. Keep boxes with a score of at least "
        f"{manifest.operating_threshold:.6g}."
    )
    yield ""
    yield from ("```sh", "headway predict . image.jpg", "```")


def _checking(manifest: Manifest, licence: str) -> Iterator[str]:
    yield "## Licence and identity"
    yield ""
    yield f"Licence: {escape(licence)}. Identity: `{manifest.identity}`."
    yield ""
    yield (
        "The identity is the SHA-256 over `manifest.json`, which holds the digest of every file that decides what "
        "the model does. `headway bundle verify .` checks all of them and runs the golden images; Git's copy of the "
        "manifest says which identity was reviewed."
    )


def _picture(plots: Mapping[str, str], title: str) -> Iterator[str]:
    if title in plots:
        yield from ("", f"![{title}]({plots[title]})")


def _weakness(score: ClassScore) -> tuple[bool, float]:
    return score.map50_95 is None, score.map50_95 or 0.0


def _names(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_CLASSES_SHOWN])
    return shown if len(names) <= _CLASSES_SHOWN else f"{shown} and {len(names) - _CLASSES_SHOWN} more"


def _rate(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _megabytes(manifest: Manifest) -> str:
    return f"{manifest.files[MODEL].size_bytes / 1e6:.1f} MB"
