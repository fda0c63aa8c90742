"""The sections with scores: all classes together, each class, slices, and spoiled images."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from headway.contracts.layout import SCORECARD
from headway.contracts.markdown import code, folded, prose, table
from headway.contracts.scorecard import Scorecard
from headway.contracts.verdict import ClassComparison, Interval, Measured, SliceComparison
from headway.pull_request.report.facts import Facts
from headway.pull_request.report.figures import (
    METRICS,
    change,
    change_with_bounds,
    count,
    plural,
    rate,
    share,
    with_bounds,
)
from headway.pull_request.report.tables import short_table, without_empty_columns

_MOST_OPEN = 12
_LONGEST_NAME = 60
Compared = TypeVar("Compared", ClassComparison, SliceComparison)


def metrics(facts: Facts) -> Iterator[str]:
    """Yield the metrics of base, production and candidate, with intervals."""
    shown, notes = _base_column(facts, base_scorecard(facts))
    rows = [_metric_row(one, shown) for one in facts.verdict.measured]
    rows.append(_calibration_row(facts, shown))
    head = ("on the test split", "base", "production", "candidate", "difference")
    yield "### Metrics"
    yield ""
    yield from table(*without_empty_columns(head, rows))
    yield ""
    yield " ".join([_how_sure(facts), *notes])
    fresh = facts.run.scorecard and facts.run.scorecard.fresh
    if fresh:
        yield ""
        yield (
            f"On {plural(fresh.images, 'fresh image')}, which came after the test set was frozen, the candidate has "
            f"mAP50-95 {rate(fresh.map50_95)} and mAP50 {rate(fresh.map50)}."
        )


def base_scorecard(facts: Facts) -> Scorecard | None:
    """Return what the merge base scored, if that is known."""
    return facts.base.run.scorecard if facts.base else None


def _base_column(facts: Facts, base: Scorecard | None) -> tuple[Scorecard | None, list[str]]:
    """Return the scorecard of the base's column, None for no column, and what has to be said about it."""
    champion = facts.verdict.champion
    if base is None:
        reason = prose(facts.no_base) or f"`{SCORECARD}` {_missing_at_base(facts)} at the merge base"
        return None, [f"No figures of the base: {reason}."]
    if base.model_sha256 == facts.verdict.candidate.model_sha256:
        return None, ["The base's model and the candidate are the same file."]
    if champion is not None and base.model_sha256 == champion.model_sha256:
        return None, ["The model in production is the base's."]
    notes = ["The base's figures are its own scorecard's."]
    if facts.run.data is None or facts.run.data.digest != base.dataset_digest:
        notes.append("They may be of other test images: its data had another digest.")
    return base, notes


def _missing_at_base(facts: Facts) -> str:
    return facts.base.run.missing.get(SCORECARD, "is missing") if facts.base else "is missing"


def _metric_row(one: Measured, base: Scorecard | None) -> tuple[str, ...]:
    figures = {}
    if base is not None:
        figures = {**base.quality.model_dump(), **base.operating_point.model_dump()}
    return (
        METRICS[one.metric],
        rate(figures.get(one.metric)),
        with_bounds(one.champion),
        with_bounds(one.candidate),
        f"{change_with_bounds(one.difference)}{_mark(one.difference)}",
    )


def _calibration_row(facts: Facts, base: Scorecard | None) -> tuple[str, ...]:
    candidate, champion = facts.verdict.calibration_error
    difference = None if candidate is None or champion is None else candidate - champion
    own = base.calibration.expected_calibration_error if base else None
    return "calibration error", rate(own), rate(champion), rate(candidate), change(difference)


def _how_sure(facts: Facts) -> str:
    statistics = facts.verdict.statistics
    return (
        f"In brackets {1 - 2 * statistics.alpha:.0%} intervals, from {count(statistics.resamples)} draws of "
        f"{statistics.unit}s. Precision and recall are at each model's operating point."
    )


def classes(facts: Facts) -> Iterator[str]:
    """Yield the classes, the largest losses first."""
    metric = METRICS[facts.verdict.metric]
    head = ("class", "boxes", "production", "candidate", f"difference in {metric}", "recall, production", "recall")
    yield from _compared("Classes", "class", head, facts.verdict.classes, _class_row)


def _class_row(one: ClassComparison) -> tuple[str, ...]:
    return (
        f"{code(one.name, _LONGEST_NAME)}{' (new)' if one.new else '' if one.judged else ' (not judged)'}",
        count(one.boxes),
        rate(one.champion),
        rate(one.candidate),
        f"{change_with_bounds(one.difference)}{_mark(one.difference)}",
        rate(one.champion_recall),
        rate(one.candidate_recall),
    )


def slices(facts: Facts) -> Iterator[str]:
    """Yield the parts of the test set that the policy names, the largest losses first."""
    head = ("slice", "images", "production", "candidate", f"difference in {METRICS[facts.verdict.metric]}")
    yield from _compared("Slices", "slice", head, facts.verdict.slices, _slice_row)


def _slice_row(one: SliceComparison) -> tuple[str, ...]:
    return (
        f"{code(one.name, _LONGEST_NAME)}{'' if one.judged else ' (not judged)'}",
        count(one.images),
        rate(one.champion),
        rate(one.candidate),
        f"{change_with_bounds(one.difference)}{_mark(one.difference)}",
    )


def _compared(
    title: str,
    noun: str,
    head: Sequence[str],
    found: Sequence[Compared],
    row: Callable[[Compared], tuple[str, ...]],
) -> Iterator[str]:
    if not found:
        return
    ordered = sorted(found, key=lambda one: one.difference.estimate if one.difference else float("inf"))
    rows = [row(one) for one in ordered]
    lines = list(short_table(*without_empty_columns(head, rows), order="largest losses"))
    yield f"### {title}"
    yield ""
    many = len(rows) > _MOST_OPEN
    yield from folded(f"{plural(len(rows), noun)}, largest losses first", lines) if many else lines


def _mark(difference: Interval | None) -> str:
    """Return an arrow where the whole interval lies on one side of zero."""
    if difference is None or difference.low <= 0.0 <= difference.high:
        return ""
    return " ▼" if difference.high < 0.0 else " ▲"


def robustness(facts: Facts) -> Iterator[str]:
    """Yield what is left of the score on spoiled images."""
    card, base = facts.run.scorecard, base_scorecard(facts)
    if card is None:
        yield "### Robustness"
        yield ""
        yield f"Not known: `{SCORECARD}` {facts.run.missing.get(SCORECARD, 'is missing')}."
        return
    if not card.slices:
        return
    before = {(one.corruption, one.strength): one.relative_map50_95 for one in base.slices} if base else {}
    rows = [
        (
            one.corruption.replace("_", " "),
            str(one.strength),
            rate(one.quality.map50_95),
            share(one.relative_map50_95),
            share(before.get((one.corruption, one.strength))),
        )
        for one in card.slices
    ]
    head = ("corruption", "strength", "mAP50-95", "left of clean", "left in the base")
    yield "### Robustness"
    yield ""
    yield from folded(
        "The candidate on the test images, spoiled on purpose", list(table(*without_empty_columns(head, rows)))
    )
