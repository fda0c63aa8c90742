"""The top of a report: the verdict in one sentence, what the test set can show, and the findings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from headway.contracts.markdown import code, folded, prose
from headway.contracts.verdict import Decision, Finding, Verdict
from headway.pull_request.report.facts import Facts
from headway.pull_request.report.figures import METRICS, plural, rate
from headway.pull_request.report.tables import short_table

_TITLES: dict[Decision, str] = {"accept": "✅ Accept", "reject": "❌ Reject", "inconclusive": "⚠️ Inconclusive"}
_NEXT: dict[Decision, str] = {
    "accept": "No rule of the gate speaks against a merge.",
    "reject": "Do not merge it as it is: the rules that failed stand first below. Change it and push again.",
    "inconclusive": "It counts as failed until it is decided: add test images, or make a larger change.",
}
_MARKS = {"fail": "❌", "undecided": "⚠️", "pass": "✅"}
_ORDER = tuple(_MARKS)
_MOST_OPEN = 12
_MOST_NOTES = 5
_LONGEST_SENTENCE = 300
_LONGEST_NOTE = 240


def judgement(facts: Facts) -> Iterator[str]:
    """Yield the part that no report leaves out."""
    verdict = facts.verdict
    yield f"## {_TITLES[verdict.decision]}: {code(verdict.model)}"
    yield ""
    said = prose(verdict.summary.removeprefix(f"{verdict.decision.capitalize()}: "))
    yield f"**{said}** {_NEXT[verdict.decision]}" if said else _NEXT[verdict.decision]
    yield ""
    yield _what_can_be_shown(verdict)
    yield from _warnings(facts)
    yield from (line for note in verdict.notes[:_MOST_NOTES] for line in ("", f"*Note:* {prose(note, _LONGEST_NOTE)}"))
    yield ""
    yield from _findings(verdict.findings)


def _what_can_be_shown(verdict: Verdict) -> str:
    judged, statistics = verdict.test_set, verdict.statistics
    size = f"{plural(judged.images, 'image')}, {plural(judged.boxes, 'box')}"
    if verdict.champion is None:
        return f"There is no model in production: the floors alone decide, on {size}."
    parts = [f"Against the model in production, on the same {size}"]
    if statistics.detectable_difference is not None:
        parts.append(
            f"; **smallest difference that this test set can show: {rate(statistics.detectable_difference)} "
            f"{METRICS[verdict.metric]}** (margin {rate(verdict.margin)})"
        )
    needed = statistics.images_for_margin
    if needed is not None and needed > judged.images:
        parts.append(f"; for that margin it needs about {plural(needed, 'image')}")
    if judged.comparisons > 1:
        parts.append(f"; {judged.comparisons:,} candidates were judged on it so far")
    return f"{''.join(parts)}."


def _warnings(facts: Facts) -> Iterator[str]:
    verdict = facts.verdict
    if verdict.test_set.changed:
        yield from (
            "",
            "⚠️ **The test set is another one** than production was judged on; both were scored on this one.",
        )
    if verdict.lock_sha256 is not None and verdict.lock_sha256 != facts.run.lock_sha256:
        yield from ("", "⚠️ **This verdict is about another dvc.lock** than the one that lies here: run `headway gate`.")


def _findings(findings: Sequence[Finding]) -> Iterator[str]:
    ordered = sorted(findings, key=lambda finding: _ORDER.index(finding.outcome))
    if len(ordered) <= _MOST_OPEN:
        yield from _table(ordered)
        return
    passed = [finding for finding in ordered if finding.outcome == "pass"]
    others = ordered[: len(ordered) - len(passed)]
    if others:
        yield from _table(others)
        yield ""
    yield from folded(f"{plural(len(passed), 'rule')} passed", list(_table(passed)))


def _table(findings: Sequence[Finding]) -> Iterator[str]:
    if not findings:
        yield "The policy has no rule."
        return
    rows = [
        (f"{_MARKS[one.outcome]} {one.rule}", prose(one.subject), prose(one.sentence, _LONGEST_SENTENCE))
        for one in findings
    ]
    yield from short_table(("rule", "about", "finding"), rows, left=3)
