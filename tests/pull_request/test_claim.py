"""Claims: what is written can be read, what is not ours cannot, and no text of theirs becomes markup."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.contracts.claim import LIMIT_BYTES, Claim, ClaimedClass, claim_json, parse_claim
from headway.errors import InputError
from headway.pull_request.claim import make_claim, render_claim
from tests.finished_run import scorecard
from tests.verdicts import verdict

SHARES = st.none() | st.floats(0, 1)
CLASSES = st.builds(
    ClaimedClass,
    name=st.text(max_size=60),
    boxes=st.integers(0, 10**9),
    map50_95=SHARES,
    precision=SHARES,
    recall=SHARES,
)
CLAIMS = st.builds(
    Claim,
    schema_version=st.just(1),
    head_sha=st.just("a" * 40),
    model=st.text(max_size=60),
    images=st.integers(0, 10**9),
    boxes=st.integers(0, 10**9),
    map50_95=SHARES,
    map50=SHARES,
    decision=st.sampled_from(["accept", "reject", "inconclusive", None]),
    summary=st.none() | st.text(max_size=500),
    classes=st.lists(CLASSES, max_size=5).map(tuple),
)


@given(CLAIMS)
def test_what_is_written_can_be_read(claim: Claim) -> None:
    assert claim == parse_claim(claim_json(claim).encode("utf-8"))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("head_sha", "main"),
        ("map50", 1.5),
        ("map50", math.nan),
        ("map50", "0.5"),
        ("images", -1),
        ("images", 1.0),
        ("model", "x" * 61),
        ("decision", "superb"),
        ("schema_version", 2),
        ("pull_request", 7),
        ("classes", [{}]),
    ],
)
def test_what_is_out_of_bounds_is_no_claim(field: str, value: object) -> None:
    content = json.loads(claim_json(make_claim("a" * 40, "detector", scorecard(), None)))

    with pytest.raises(InputError, match="does not follow"):
        parse_claim(json.dumps({**content, field: value}).encode())


def test_the_largest_claim_fits() -> None:
    widest = ClaimedClass(name="\U0001f600" * 60, boxes=10**9, map50_95=1 / 3, precision=1 / 3, recall=1 / 3)
    claim = make_claim("a" * 40, "detector", scorecard(), verdict()).model_copy(update={"classes": (widest,) * 100})

    assert len(claim_json(claim).encode()) <= LIMIT_BYTES


def test_the_weakest_classes_come_first() -> None:
    values = [score.map50_95 for score in make_claim("a" * 40, "detector", scorecard(), None).classes]

    known = [value for value in values if value is not None]
    assert sorted(known) == known


@given(CLAIMS)
def test_no_text_of_a_stranger_is_markup(claim: Claim) -> None:
    hostile = "<img src=x> @everyone [x](y) `c` | # ![i](u)"
    shown = render_claim(claim.model_copy(update={"model": hostile[:60], "summary": hostile, "decision": "accept"}), 3)

    assert not any(mark in shown for mark in ("<img", "@everyone", "[x](y)", "![i]"))


def test_every_claim_says_what_it_is_worth_and_what_to_do() -> None:
    for claim in (None, make_claim("a" * 40, "detector", scorecard(), verdict())):
        shown = render_claim(claim, 12)

        assert "not verified" in shown
        assert "`headway adopt 12`" in shown
