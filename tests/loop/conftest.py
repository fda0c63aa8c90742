"""A team's repository in which everything has run once, and one whose pull request has been retrained and reported.

Both are made once; each test gets a copy.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.act.runner import ActResult
from tests.github.contract import Contract
from tests.github.fake import FakeGitHub
from tests.github.server import serve
from tests.github.state import ACTIONS, Dispatch, Run, Status
from tests.loop.promotion import Registry, make_registry
from tests.loop.team import NAME, Team, copy_team, make_team

BRANCH = "more-epochs"


@dataclass(frozen=True)
class FirstRun:
    """What the first run of retrain.yml on a change of params left.

    Attributes:
        asked: commit of the person who changed params.yaml.
        head: commit of the pull request afterwards.
        reports: bodies of the bot's comments.
        trained: how often the train stage ran.
    """

    team: Team
    result: ActResult
    number: int
    asked: str
    head: str
    reports: Sequence[str]
    statuses: Sequence[Status]
    dispatches: Sequence[Dispatch]
    runs: Sequence[Run]
    trained: int


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


@pytest.fixture(scope="session")
def first_run(
    finished_team: Path, github_contract: Contract, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[FirstRun]:
    """A pull request that changes params.yaml, after its first run; to be looked at, not changed."""
    with serve(github_contract) as github:
        team = copy_team(finished_team, tmp_path_factory.mktemp("first"), github)
        asked = team.change(BRANCH, epochs=3)
        number = team.open(BRANCH)
        result = team.retrain(number)
        repository = github.repositories[NAME]
        yield FirstRun(
            team=team,
            result=result,
            number=number,
            asked=asked,
            head=team.head(number),
            reports=[comment.body for comment in team.reports(number)],
            statuses=tuple(repository.statuses),
            dispatches=tuple(repository.dispatches),
            runs=github.runs(NAME),
            trained=team.trained,
        )
    assert [] == github.violations, "\n".join(github.violations)


@pytest.fixture
def reported(first_run: FirstRun, fake_github: FakeGitHub, tmp_path: Path) -> Team:
    """A team of this test's own whose pull request 1 has been retrained and reported."""
    team = copy_team(first_run.team.folder, tmp_path, fake_github)
    assert first_run.number == team.open(BRANCH)
    fake_github.add_comments(NAME, first_run.number, ACTIONS, first_run.reports)
    fake_github.repositories[NAME].statuses += first_run.statuses
    return team


@dataclass(frozen=True)
class FirstPromotion:
    """What two runs of promote.yml left: one that registered, and one after the merge of the first promotion.

    Attributes:
        before: the first of them.
        number: of the promotion's pull request, which went to the stage staging.
        check: the run that looked at its evidence.
        answer: that it gave.
        merged: commit of the default branch that declares it.
        after: the run after the merge.
    """

    registry: Registry
    before: ActResult
    number: int
    check: ActResult
    answer: tuple[str, str]
    merged: str
    after: ActResult


@pytest.fixture(scope="session")
def first_promotion(
    finished_team: Path, github_contract: Contract, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[FirstPromotion]:
    """A model that is registered, promoted to staging and delivered; to be looked at, not changed."""
    with serve(github_contract) as github:
        registry = make_registry(copy_team(finished_team, tmp_path_factory.mktemp("promoted"), github))
        before = registry.push_run()
        number = registry.promote("staging")
        check = registry.check(number)
        github.review(NAME, number, "bob")
        merged = registry.merge(number)
        yield FirstPromotion(registry, before, number, check, registry.answer(number), merged, registry.push_run())
    assert [] == github.violations, "\n".join(github.violations)


@pytest.fixture
def promoted(first_promotion: FirstPromotion, fake_github: FakeGitHub, tmp_path: Path) -> Registry:
    """A registry of this test's own, whose version 1.0.0 is declared for staging since now."""
    before = first_promotion.registry.team
    registry = Registry(copy_team(before.folder, tmp_path, fake_github))
    fake_github.repositories[NAME].statuses += before.github.repositories[NAME].statuses
    return registry
