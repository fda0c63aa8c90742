"""`headway pr status`: all green, or not."""

from __future__ import annotations

import pytest

from tests.cli.pr.conftest import Headway
from tests.cli.pr.workplace import NAME, Workplace


@pytest.mark.parametrize(
    ("outcome", "code", "state"), [("success", 0, "success"), ("failure", 1, "failure"), ("cancelled", 1, "error")]
)
def test_a_dispatched_run_posts_its_result(
    workplace: Workplace, headway: Headway, outcome: str, code: int, state: str
) -> None:
    sha = workplace.push("change")
    variables = {**workplace.variables("workflow_dispatch", {}, ""), "HEADWAY_OUTCOME": outcome}

    assert code == headway(workplace.check_out(sha), variables, "pr", "status")
    assert state == workplace.github.statuses(NAME, sha)["check"].state


def test_other_runs_post_none_and_need_no_token(workplace: Workplace, headway: Headway) -> None:
    sha = workplace.push("change")
    variables = {**workplace.variables("push", {}, ""), "HEADWAY_OUTCOME": "failure", "GITHUB_TOKEN": ""}

    assert 1 == headway(workplace.check_out(sha), variables, "pr", "status")
    assert {} == workplace.github.statuses(NAME, sha)
