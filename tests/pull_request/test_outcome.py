"""The last word on a run."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from headway.pull_request.outcome import LONGEST, conclude, shorten
from tests.verdicts import verdict

JOBS = st.sampled_from(["failure", "cancelled"])
PLANS = st.sampled_from([None, "nothing", "recall", "judge", "train"])


@given(do=PLANS, job=JOBS, queue=st.booleans())
def test_no_success_without_a_run_that_ended_well(do: object, job: str, queue: bool) -> None:
    found = conclude(do, job=job, verdict=verdict(decision="accept"), in_queue=queue)  # type: ignore[arg-type]

    assert ("error", 1) == (found.state, found.exit_code)


@given(do=PLANS, queue=st.booleans())
def test_success_needs_an_accepting_verdict_or_nothing_to_do(do: object, queue: bool) -> None:
    for decision in ("reject", "inconclusive", None):
        found = conclude(do, job="success", verdict=decision and verdict(decision=decision), in_queue=queue)  # type: ignore[arg-type]

        assert (do == "nothing") == (found.state == "success")


@given(st.text(max_size=400))
def test_a_sentence_is_one_line_that_github_takes(text: str) -> None:
    found = shorten(text)

    assert len(found) <= LONGEST
    assert found.isprintable()


def test_a_short_sentence_stays_as_it_is() -> None:
    assert "Accept: mAP50-95 is +0.010." == shorten("Accept: mAP50-95 is +0.010.")


@given(do=PLANS)
def test_a_reason_is_said_only_of_a_failure(do: object) -> None:
    found = {job: conclude(do, job=job, reason="it is so").sentence for job in ("failure", "cancelled")}  # type: ignore[arg-type]

    assert "it is so" == found["failure"]
    assert "was cancelled" in found["cancelled"]
