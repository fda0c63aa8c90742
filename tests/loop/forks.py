"""A stranger's fork of a team's repository, and the two workflows that run for its pull requests."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tools.github_contract import events

from headway.contracts.claim import Claim
from tests.act.runner import Act, ActResult
from tests.github import bare
from tests.loop.team import NAME, Team

FORK = "mallory/yolo"


@dataclass
class Stranger:
    """Whoever has no rights here, with a branch in `repository`: a fork, or the team's own where Dependabot pushes.

    Attributes:
        act: what runs a stranger's code: a hosted machine without the team's variables and secrets.
        runs: how often report-fork.yml was run, or its end pretended.
    """

    team: Team
    bare: Path
    repository: str = FORK
    login: str = "mallory"
    branch: str = "change"
    number: int = 0
    runs: int = 0
    act: Act = field(init=False)

    def __post_init__(self) -> None:
        environment = self.team.act.environment | {"TEST_ARTIFACTS": str(self.team.act.artifacts)}
        self.act = Act(self.team.github, NAME, self.team.folder / "hosted", environment)

    def push(self, files: Mapping[str, str]) -> str:
        """Commit files to the branch, open its pull request the first time, and return the commit."""
        made = bare.commit(self.bare, self.branch, files, "A change of a stranger")
        if not self.number:
            fork = None if self.repository == NAME else self.repository
            self.number = self.team.github.open_pull(NAME, self.branch, fork=fork, author=self.login)
        return made

    def train(self) -> ActResult:
        """Run report-fork.yml."""
        self.runs += 1
        token = self.team.token(workflow="report-fork.yml", job="claim")
        event = self.team.event(self.number)
        return self.act.run("report-fork.yml", "pull_request", event, token=token, actor=self.login, run_id=self.run_id)

    def leave(self, content: bytes | None = None, **changes: Any) -> Path:
        """Leave an artifact as a run of hostile code would, and return its only file."""
        self.runs += 1
        path = self.team.act.artifacts / str(self.run_id) / "claim" / "claim.json"
        path.parent.mkdir(parents=True)
        path.write_bytes(json.dumps(self.claim() | changes).encode() if content is None else content)
        return path

    def claim(self) -> dict[str, Any]:
        """Return a claim about the pull request's head that is well formed."""
        claim = Claim(
            head_sha=self.team.head(self.number), model="blobs", images=12, boxes=30, map50_95=0.5, map50=0.75,
            decision=None, summary=None, classes=(),
        )  # fmt: skip
        return claim.model_dump(mode="json")

    def relay(self, **changes: Any) -> ActResult:
        """Run report-fork-comment.yml, as after the newest run of report-fork.yml; `changes` are to that run."""
        payload: dict[str, Any] = json.loads(json.dumps(events()["workflow_run"][0]))
        run = payload["workflow_run"]
        run |= {"id": self.run_id, "event": "pull_request", "conclusion": "success", "pull_requests": []}
        run |= {"head_branch": self.branch, "head_sha": self.team.head(self.number), **changes}
        run["head_repository"]["full_name"] = self.repository
        payload["repository"] |= {"full_name": NAME, "default_branch": "main"}
        token = self.team.token(workflow="report-fork-comment.yml", job="relay")
        return self.team.act.run("report-fork-comment.yml", "workflow_run", payload, token=token, actor=self.login)

    @property
    def run_id(self) -> int:
        return 7000 + self.runs

    @property
    def report(self) -> str:
        """The only comment of the bot on the pull request."""
        (report,) = self.team.reports(self.number)
        return report.body

    @property
    def status(self) -> tuple[str, str]:
        """State and sentence of the status on the head."""
        status = self.team.github.statuses(NAME, self.team.head(self.number))["headway"]
        return status.state, status.description or ""


def make_fork(team: Team, branch: str = "change") -> Stranger:
    """Return a fork as it is right after the click on GitHub's button."""
    path = team.folder / "fork.git"
    shutil.copytree(team.bare, path)
    team.github.add_repository(FORK, path, fork_of=NAME)
    return Stranger(team, path, branch=branch)
