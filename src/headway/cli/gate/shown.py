"""A verdict as text, at most 80 columns wide where names allow it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import wrap

from headway.cli.wrapping import WIDTH
from headway.contracts.verdict import Interval, Verdict
from headway.evaluation.findings import NAMES

_NONE = "-"
_MARKS = {"pass": "pass", "fail": "FAIL", "undecided": "open"}
_ROWS_SHOWN = 20


def render(verdict: Verdict) -> str:
    """Return decision, reasons and figures."""
    blocks = [
        _wrapped(verdict.summary),
        _contenders(verdict),
        _measured(verdict),
        _findings(verdict),
        _classes(verdict),
        _slices(verdict),
        _test_set(verdict),
        [line for note in verdict.notes for line in _wrapped(note)],
        _worse(verdict),
    ]
    text = "\n\n".join("\n".join(block) for block in blocks if block)
    # Names come from the repository: none may steer the terminal.
    return "".join(character if character.isprintable() or character == "\n" else "\ufffd" for character in text)


def _contenders(verdict: Verdict) -> list[str]:
    lines = []
    for role, one in (("candidate", verdict.candidate), ("champion", verdict.champion)):
        if one is None:
            lines.append(f"{role:<10} none")
        else:
            lines.append(f"{role:<10} {_cut(one.source, 30)}  model {one.model_sha256[:12]}  from {one.threshold:.3f}")
    return lines


def _measured(verdict: Verdict) -> list[str]:
    rows = [
        (
            f"{NAMES[row.metric]}{' *' if row.metric == verdict.metric else ''}",
            _estimate(row.candidate),
            _estimate(row.champion),
            _change(row.difference),
        )
        for row in verdict.measured
    ]
    return _table(("", "candidate", "champion", "difference"), rows)


def _findings(verdict: Verdict) -> list[str]:
    lines = []
    for finding in verdict.findings:
        text = f"{_MARKS[finding.outcome]}  {finding.rule}: {finding.subject}: {finding.sentence}"
        lines += wrap(" ".join(text.split()), WIDTH, subsequent_indent=" " * 6)
    return lines


def _classes(verdict: Verdict) -> list[str]:
    rows = [
        (
            _cut(f"{row.name}{' (new)' if row.new else ''}", 24),
            str(row.boxes),
            _number(row.candidate),
            _number(row.champion),
            _change(row.difference) if row.judged or row.difference else "not judged",
        )
        for row in verdict.classes
    ]
    return _cut_table(("class", "boxes", "candidate", "champion", "difference"), rows)


def _slices(verdict: Verdict) -> list[str]:
    rows = [
        (
            _cut(row.name, 24),
            str(row.images),
            _number(row.candidate),
            _number(row.champion),
            _change(row.difference) if row.judged or row.difference else "not judged",
        )
        for row in verdict.slices
    ]
    return _cut_table(("slice", "images", "candidate", "champion", "difference"), rows)


def _test_set(verdict: Verdict) -> list[str]:
    judged, statistics = verdict.test_set, verdict.statistics
    groups = "" if judged.groups is None else f" in {judged.groups:,} groups"
    text = f"Test set {judged.digest[:12]}: {judged.images:,} images{groups}, {judged.boxes:,} boxes; "
    text += "another than the champion's; " if judged.changed else ""
    times = "1 candidate has" if judged.comparisons == 1 else f"{judged.comparisons} candidates have"
    text += f"{times} been judged on it. "
    if statistics.detectable_difference:
        text += f"It shows differences in {NAMES[verdict.metric]} from about {statistics.detectable_difference:.3f}. "
    if statistics.detectable_difference and statistics.images_for_margin is not None:
        text += f"The margin {verdict.margin:g} needs about {statistics.images_for_margin:,} images."
    return _wrapped(text)


def _worse(verdict: Verdict) -> list[str]:
    rows = [
        (_cut(image.image_id, 40), f"{image.candidate_missed} + {image.candidate_false}",
         f"{image.champion_missed} + {image.champion_false}")
        for image in verdict.worse_images
    ]  # fmt: skip
    return _table(("worse on (missed + false)", "candidate", "champion"), rows) if rows else []


def _cut_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    if not rows:
        return []
    rest = len(rows) - _ROWS_SHOWN
    return _table(head, rows[:_ROWS_SHOWN]) + ([f"and {rest} more: see --json"] if rest > 0 else [])


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return list(_lines([head, *rows]))


def _lines(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for first, *others in rows:
        cells = [first.ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True))]
        yield "  ".join(cells).rstrip()


def _wrapped(text: str) -> list[str]:
    return wrap(" ".join(text.split()), WIDTH)


def _cut(text: str, longest: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def _estimate(interval: Interval | None) -> str:
    return _NONE if interval is None else _number(interval.estimate)


def _number(value: float | None) -> str:
    return _NONE if value is None else f"{value:.3f}"


def _change(interval: Interval | None) -> str:
    return _NONE if interval is None else f"{interval.estimate:+.3f} [{interval.low:+.3f}, {interval.high:+.3f}]"
