"""The embedded default keeps its promise."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from headway.contracts.scorecard import read_scorecard
from tests.conftest import ROOT
from tests.pipeline.conftest import make_project


@pytest.mark.slow
def test_the_default_model_reaches_a_map50_of_0_6_on_its_test_split(tmp_path: Path) -> None:
    project = make_project(tmp_path / "project")
    for name in ("params.yaml", "data/shelves.yaml"):  # the repository's own, in place of the quick ones
        shutil.copy2(ROOT / name, project.root / name)

    project.run("headway", "repro")

    assert (read_scorecard(project.root / "reports/scorecard.json").quality.map50 or 0.0) >= 0.6
