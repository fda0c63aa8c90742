"""The last word on a pull request's run: commit status and exit code."""

from __future__ import annotations

from dataclasses import dataclass

from headway.contracts.github import State
from headway.contracts.verdict import Verdict
from headway.errors import NO, YES
from headway.pull_request.plan import Do

LONGEST = 140
"""Characters that GitHub takes as a status's description."""

NOTHING = "Nothing to retrain: no stage of the pipeline is touched."


@dataclass(frozen=True)
class Outcome:
    """What the status says, and how the run ends."""

    state: State
    sentence: str
    exit_code: int


def conclude(
    do: Do | None,
    *,
    job: str,
    reason: str = "",
    conflict: bool = False,
    verdict: Verdict | None = None,
    in_queue: bool = False,
) -> Outcome:
    """Decide from how far the run came.

    Args:
        do: what was planned; None where the run did not get there.
        job: "success", "failure" or "cancelled", as GitHub says of the job so far.
        reason: sentence of the step that failed; empty where it left none.
        conflict: the base could not be merged into the branch.
        verdict: the committed one, where one counts.
        in_queue: whether a merge queue asks, in which nothing can be trained.
    """
    if conflict:
        return Outcome("failure", "The base branch conflicts with this one: merge it and push.", NO)
    if reason and job == "failure":
        return Outcome("error", shorten(reason), NO)
    if job != "success":
        ended = "was cancelled" if job == "cancelled" else "failed"
        return Outcome("error", f"The run {ended}; its log says why. Run it again.", NO)
    if do == "nothing":
        return Outcome("success", NOTHING, YES)
    if in_queue and do != "recall":
        return Outcome(
            "failure", "Together with what is queued before it, this must be retrained: update the branch.", NO
        )
    if verdict is None:
        return Outcome("error", "No verdict was reached; the log says why.", NO)
    state: State = "success" if verdict.decision == "accept" else "failure"
    return Outcome(state, shorten(verdict.summary), verdict.exit_code)


def shorten(text: str) -> str:
    """Return plain text as one line of at most LONGEST characters, cut between words."""
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    if len(line) <= LONGEST:
        return line
    return f"{line[: LONGEST - 1].rsplit(' ', 1)[0].rstrip(',;:')}…"
