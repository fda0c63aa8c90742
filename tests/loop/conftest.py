"""A team's repository in which everything has run once, made once; each test gets a copy."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.github.fake import FakeGitHub
from tests.loop.team import Team, copy_team, make_team


@pytest.fixture(scope="session")
def finished_team(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with origin.git and storage."""
    folder = tmp_path_factory.mktemp("team")
    make_team(folder)
    return folder


@pytest.fixture
def team(finished_team: Path, fake_github: FakeGitHub, tmp_path: Path) -> Team:
    """A team of this test's own."""
    return copy_team(finished_team, tmp_path, fake_github)
