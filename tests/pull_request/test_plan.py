"""The plan of a pull request, as a pure function."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.contracts.verification import Disagreement, DisagreementKind, StageAnswer, Verification
from headway.pull_request.plan import drop_unproven, make_plan

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


def plan(
    found: Verification,
    *,
    base: Verification | None = None,
    touched: bool = False,
    replaced: tuple[str, ...] = (),
    objection: str | None = None,
) -> tuple[str, str]:
    made = make_plan(found, base=base, touched=touched, replaced=replaced, objection=objection)
    return made.do, made.reason


@given(touched=st.booleans(), replaced=st.sampled_from([(), ("dvc.lock",)]), objection=st.none() | st.text())
def test_whatever_disagrees_is_trained(touched: bool, replaced: tuple[str, ...], objection: str | None) -> None:
    found = verification(("train", "params"))

    assert ("train", "to run: train") == plan(
        found, base=verification(), touched=touched, replaced=replaced, objection=objection
    )


@pytest.mark.parametrize(
    ("base", "touched", "do"),
    [
        (verification(("train", "params")), False, "nothing"),
        (verification(("train", "params")), True, "train"),
        (verification(("train", "command")), False, "train"),
        (verification(("train", "params"), ("prepare", "params")), False, "train"),
        (None, False, "train"),
    ],
)
def test_what_disagrees_on_the_base_too_is_not_trained_for_a_change_beside_the_pipeline(
    base: Verification | None, touched: bool, do: str
) -> None:
    assert do == plan(verification(("train", "params")), base=base, touched=touched)[0]


@pytest.mark.parametrize(
    ("replaced", "objection", "do"),
    [
        ((), None, "nothing"),
        ((), "there is no verdict yet", "nothing"),
        (("dvc.lock",), None, "recall"),
        (("reports/verdict.json",), "the policy is another", "judge"),
    ],
)
def test_where_all_agrees_results_and_verdict_decide(replaced: tuple[str, ...], objection: str | None, do: str) -> None:
    assert do == plan(verification(), replaced=replaced, objection=objection)[0]


def test_the_reason_for_a_judge_is_the_objection() -> None:
    assert ("judge", "no") == plan(verification(), replaced=("dvc.lock",), objection="no")


def unverifiable(*sentences: str) -> Verification:
    stage = StageAnswer(name="train", disagreements=(), unverifiable=sentences, proof="run")
    return verification().model_copy(update={"stages": (stage,)})


@pytest.mark.parametrize(
    ("base", "do"), [(None, "train"), (unverifiable("b"), "train"), (unverifiable("a", "b"), "recall")]
)
def test_what_git_cannot_show_is_left_to_dvc_unless_the_base_has_it_too(base: Verification | None, do: str) -> None:
    assert do == plan(unverifiable("a"), base=base, replaced=("dvc.lock",))[0]


@pytest.mark.parametrize("kind", ["unproven", "orphan"])
def test_entries_that_no_run_made_are_dropped(kind: DisagreementKind) -> None:
    expected = b"schema: '2.0'\nstages:\n  prepare:\n    cmd: a\n"

    assert expected == drop_unproven(LOCK, verification(("train", kind)))


def test_entries_that_dvc_runs_by_itself_stay() -> None:
    assert LOCK == drop_unproven(LOCK, verification(("train", "params"), ("prepare", "missing-on-remote")))
