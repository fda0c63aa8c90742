"""Promotions in a team's repository: promote.yml on pushes, pull requests and reviews, and a maintainer's clone."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from tools.github_contract import events

from headway.contracts.layout import STAGES
from headway.contracts.manifest import parse_manifest
from headway.contracts.registry.desired import Desired, desired_path, desired_yaml
from headway.contracts.registry.records import EchoRecord, parse_echo_record
from headway.contracts.registry.tags import Slot
from tests.act.runner import ActResult
from tests.cli.command import run_headway
from tests.github import repository as git
from tests.github.state import Token
from tests.loop.team import MODEL, NAME, Team

RULES = """\
schema_version: 1
stages:
  staging: {}
  production: {after: staging, soak_hours: 24, approvals: 1}
"""
VERSION = f"{MODEL.name}@v1.0.0"


@dataclass
class Registry:
    """The registry of a team, and a clone of a maintainer, alice."""

    team: Team
    clone: Path = field(init=False)

    def __post_init__(self) -> None:
        self.clone = self.team.folder / "maintainer"
        subprocess.run(["git", "clone", "--quiet", str(self.team.bare), str(self.clone)], check=True)
        self.git("remote", "set-url", "origin", f"{self.team.github.url}/{NAME}.git")
        self.git("config", "user.name", "alice")
        self.git("config", "user.email", "alice@example.org")
        settings = f"[core]\n    remote = team\n['remote \"team\"']\n    url = {self.team.folder / 'storage'}\n"
        (self.clone / ".dvc/config.local").write_text(settings)

    def git(self, *words: str) -> str:
        """Run Git in the maintainer's clone."""
        done = subprocess.run(["git", *words], cwd=self.clone, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def headway(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a verb as the maintainer does by hand."""
        token = self.team.github.token("alice", contents="write", pull_requests="write")
        where = {"GITHUB_API_URL": self.team.github.api_url, "GITHUB_SERVER_URL": self.team.github.url}
        return run_headway(
            *words, folder=self.clone, GITHUB_REPOSITORY=NAME, GITHUB_TOKEN=token.value, **where,
            GIT_CONFIG_GLOBAL=os.devnull, GIT_CONFIG_SYSTEM=os.devnull,
        )  # fmt: skip

    def promote(self, stage: str, *options: str, version: str = VERSION) -> int:
        """Open the pull request of a promotion and return its number."""
        ended = self.headway("promote", version, stage, "--json", *options)
        assert 0 == ended.returncode, ended.stdout + ended.stderr
        number = json.loads(ended.stdout)["pull_request"]
        assert isinstance(number, int)
        return number

    def push_run(self, token: Token | None = None, **options: Any) -> ActResult:
        """Run promote.yml for a push to the default branch as it is now."""
        payload = self._payload("push") | {"ref": "refs/heads/main", "after": git.resolve(self.team.bare, "main")}
        token = token or self.team.token(workflow="promote.yml", job="registry")
        return self.team.act.run("promote.yml", "push", payload, token=token, **options)

    def deliver(self, stage: str) -> ActResult:
        """Run deliver.yml by hand."""
        payload = self._payload("workflow_dispatch") | {"inputs": {"model": MODEL.name, "stage": stage}}
        token = self.team.token(workflow="deliver.yml", job="bundle")
        return self.team.act.run("deliver.yml", "workflow_dispatch", payload | {"ref": "refs/heads/main"}, token=token)

    def check(self, number: int, event: str = "pull_request") -> ActResult:
        """Run promote.yml for a pull request, or for a review of it, as it is now."""
        payload = self.team.event(number)
        if event == "pull_request_review":
            payload = self._payload(event) | {name: payload[name] for name in ("pull_request", "repository")}
        token = self.team.token(workflow="promote.yml", job="promotion")
        return self.team.act.run("promote.yml", event, payload, token=token)

    def answer(self, number: int) -> tuple[str, str]:
        """Return state and sentence of the status `promotion` on the head of a pull request."""
        status = self.team.github.statuses(NAME, self.team.head(number))["promotion"]
        return status.state, status.description or ""

    def released(self, tag: str) -> tuple[str, str]:
        """Return state and sentence of the status that the delivery of a declaration left."""
        statuses = self.team.github.statuses(NAME, self.echo(tag).declared_in)
        status = statuses[f"released {tag.rpartition('#')[0].removesuffix('!')}"]
        return status.state, status.description or ""

    def merge(self, number: int, method: Any = "merge", *, at: datetime | None = None) -> str:
        return self.team.github.merge(NAME, number, method, by="carol", at=at)

    def tags(self) -> Mapping[str, str]:
        """Return each tag and the commit that it leads to."""
        names = self.team.github.tags(NAME)
        return {name: git.read(self.team.bare, "rev-parse", f"refs/tags/{name}^{{commit}}") for name in names}

    def echo(self, name: str) -> EchoRecord:
        """Return what the echo of a declaration says."""
        message = git.read(self.team.bare, "for-each-ref", "--format=%(contents)", f"refs/tags/{name}")
        record = parse_echo_record(message)
        assert record is not None
        return record

    def declare(self, stage: str, branch: str, **values: Any) -> str:
        """Commit a stage file as a person writes it, whatever has been earned, and return the commit.

        A branch holds this one commit: with two contents of a file, a rebase merge would be two declarations.
        """
        if branch != "main":
            git.run(self.team.bare, "update-ref", "-d", f"refs/heads/{branch}")
        manifest = parse_manifest(self.team.read(f"refs/tags/{VERSION}", str(MODEL.manifest)).encode(), MODEL.name)
        said = {"version": "v1.0.0", "identity": manifest.identity, "reason": "it is time", "asked_by": "alice"}
        desired = Desired.model_validate({"model": MODEL.name, **said, **values})
        return self.team.commit(branch, {desired_path(Slot(stage, MODEL.name)): desired_yaml(desired)})

    def _payload(self, event: str) -> dict[str, Any]:
        payload: dict[str, Any] = json.loads(json.dumps(events()[event][0]))
        payload["repository"] |= {"full_name": NAME, "default_branch": "main"}
        return payload


def make_registry(team: Team) -> Registry:
    """Give the default branch its rules, and nothing yet to follow them."""
    team.commit("main", {STAGES.as_posix(): RULES})
    return Registry(team)
