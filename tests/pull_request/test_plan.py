"""The plan of a pull request, as a pure function."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.contracts.verification import Disagreement, DisagreementKind, StageAnswer, Verification
from headway.pull_request.plan import drop_unproven, make_plan

LOCKS = st.sampled_from([None, b"one", b"two"])
LOCK = b"""schema: '2.0'
stages:
  prepare:
    cmd: a
  train:
    cmd: b
"""


def verification(*kinds: tuple[str, DisagreementKind]) -> Verification:
    stages = tuple(
        StageAnswer(
            name=name,
            disagreements=(Disagreement(kind=kind, subject=name, expected=None, found=None),),
            unverifiable=(),
            proof="unknown",
        )
        for name, kind in kinds
    )
    return Verification(commit="a" * 40, lock_sha256=None, remote=None, stages=stages)


@given(base=LOCKS, lock=LOCKS, objection=st.none() | st.text())
def test_whatever_disagrees_is_trained(base: bytes | None, lock: bytes | None, objection: str | None) -> None:
    found = make_plan(verification(("train", "params")), base_lock=base, lock=lock, objection=objection)

    assert ("train", "to run: train") == (found.do, found.reason)


@pytest.mark.parametrize(
    ("base", "lock", "objection", "do"),
    [
        (b"one", b"one", None, "nothing"),
        (b"one", b"one", "there is no verdict yet", "nothing"),
        (b"one", b"two", None, "recall"),
        (None, b"two", None, "recall"),
        (b"one", b"two", "the policy is another", "judge"),
    ],
)
def test_where_all_agrees_lock_and_verdict_decide(
    base: bytes | None, lock: bytes | None, objection: str | None, do: str
) -> None:
    assert do == make_plan(verification(), base_lock=base, lock=lock, objection=objection).do


def test_the_reason_for_a_judge_is_the_objection() -> None:
    assert "no" == make_plan(verification(), base_lock=b"one", lock=b"two", objection="no").reason


@pytest.mark.parametrize("kind", ["unproven", "orphan"])
def test_entries_that_no_run_made_are_dropped(kind: DisagreementKind) -> None:
    expected = b"schema: '2.0'\nstages:\n  prepare:\n    cmd: a\n"

    assert expected == drop_unproven(LOCK, verification(("train", kind)))


def test_entries_that_dvc_runs_by_itself_stay() -> None:
    assert LOCK == drop_unproven(LOCK, verification(("train", "params"), ("prepare", "missing-on-remote")))
