"""One finished run that tests share; it is frozen."""

from __future__ import annotations

import pytest

from headway.pull_request.report.facts import Facts, Run
from tests.pull_request.report.reports import make_facts, make_run


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run that the candidate of `tests.verdicts.verdict` came from."""
    return make_run(tmp_path_factory.mktemp("finished"))


@pytest.fixture
def facts(run: Run) -> Facts:
    """A report's facts with nothing missing."""
    return make_facts(run)
