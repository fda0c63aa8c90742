"""A fork's figures, from its own reports into a claim, and from a claim into Markdown that says what they are worth."""

from __future__ import annotations

from collections.abc import Iterator

from headway.contracts.claim import CLASS_LIMIT, Claim, ClaimedClass
from headway.contracts.markdown import code, folded, table
from headway.contracts.scorecard import ClassScore, Scorecard
from headway.contracts.verdict import Verdict

_LONGEST_NAME = 60
_LONGEST_SUMMARY = 500

NOT_CLAIMED = "The run of this fork left no result that can be read."
"""Fixed text: nothing of a file that is missing, too large or malformed is shown."""


def make_claim(head_sha: str, model: str, card: Scorecard, verdict: Verdict | None) -> Claim:
    """Return what the reports of a run say, cut to what a claim may hold."""
    weakest = sorted(card.per_class, key=lambda score: (score.map50_95 is None, score.map50_95))
    return Claim(
        head_sha=head_sha,
        model=model[:_LONGEST_NAME],
        images=card.quality.images,
        boxes=card.quality.boxes,
        map50_95=card.quality.map50_95,
        map50=card.quality.map50,
        decision=verdict.decision if verdict else None,
        summary=verdict.summary[:_LONGEST_SUMMARY] if verdict else None,
        classes=tuple(_claimed(score) for score in weakest[:CLASS_LIMIT]),
    )


def render_claim(claim: Claim | None, number: int) -> str:
    """Return the comment for pull request `number`; None is a claim that could not be read."""
    return "\n".join(_lines(claim, number)) + "\n"


def _lines(claim: Claim | None, number: int) -> Iterator[str]:
    yield "## Claimed by the fork, not verified"
    yield ""
    if claim is None:
        yield NOT_CLAIMED
    else:
        yield from _figures(claim)
    yield ""
    yield (
        "A fork is trained without access to this repository's data and secrets, so its figures never pass the gate. "
        f"A maintainer who has read the changes takes the branch in with `headway adopt {number}`; there it is "
        "retrained and judged."
    )


def _figures(claim: Claim) -> Iterator[str]:
    yield f"Model {code(claim.model)} on {claim.images} test images with {claim.boxes} boxes."
    yield ""
    yield from table(["metric", "claimed"], [["mAP50-95", _rate(claim.map50_95)], ["mAP50", _rate(claim.map50)]])
    yield ""
    if claim.decision:
        yield f"Its own gate said {claim.decision}: {code(claim.summary or '', _LONGEST_SUMMARY)}"
        yield ""
    rows = [
        [code(one.name), str(one.boxes), _rate(one.map50_95), _rate(one.precision), _rate(one.recall)]
        for one in claim.classes
    ]
    head = ["class", "boxes", "mAP50-95", "precision", "recall"]
    yield from folded(f"{len(rows)} classes", list(table(head, rows)))


def _claimed(score: ClassScore) -> ClaimedClass:
    return ClaimedClass(
        name=score.name[:_LONGEST_NAME],
        boxes=score.boxes,
        map50_95=score.map50_95,
        precision=score.at_threshold.precision,
        recall=score.at_threshold.recall,
    )


def _rate(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
