"""Which files are results."""

from __future__ import annotations

import pytest

from headway.pull_request.generated import is_result


@pytest.mark.parametrize("path", ["reports/scorecard.json", "reports/plots/pr.csv", "models/detector/manifest.json"])
def test_what_a_run_leaves_in_git_is_a_result(path: str) -> None:
    assert is_result(path)


@pytest.mark.parametrize(
    "path",
    ["dvc.lock", "reports", "reports.json", "src/reports/a.py", "models/manifest.json", "models/a/b/manifest.json"],
)
def test_the_lock_and_what_people_write_are_none(path: str) -> None:
    assert not is_result(path)
