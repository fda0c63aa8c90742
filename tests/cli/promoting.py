"""A registry that is on the fake GitHub, and verbs run in a clone of it, in this process."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.cli.pr.workplace import run_verb
from tests.github.fake import FakeGitHub
from tests.github.state import PullRequest
from tests.registry.line import GIT, MODEL
from tests.registry.stored import StoredLine, copy_line, make_soaked_line

NAME = "acme/yolo"
_FIRST_BEFORE = 1000
V0, V1 = f"{MODEL}@v1.0.0", f"{MODEL}@v1.1.0"
STAGING, PRODUCTION = (f"models/registry/{stage}/{MODEL}.yaml" for stage in ("staging", "production"))


@dataclass(frozen=True)
class Ended:
    """How a verb ended."""

    code: int
    out: str
    err: str

    @property
    def values(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.out)
        return found

    @property
    def text(self) -> str:
        """What was printed, without the ends of lines."""
        return " ".join(self.out.split())

    @property
    def codes(self) -> list[str]:
        """Of the reasons against it."""
        return [one["code"] for one in self.values["refusals"]]


@dataclass
class Desk:
    """Where somebody promotes: production has v1.0.0, and v1.1.0 has soaked in staging."""

    line: StoredLine
    github: FakeGitHub
    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]
    variables: Mapping[str, str]

    def run(self, *words: str, **variables: str) -> Ended:
        """Run `headway WORDS`."""
        with self.monkeypatch.context() as context:
            context.chdir(self.line.root)
            for name, value in {**self.variables, **variables}.items():
                context.setenv(name, value)
            self.capsys.readouterr()
            code = run_verb(words)
            return Ended(code, *self.capsys.readouterr())

    def told(self, *words: str, **variables: str) -> Ended:
        return self.run(*words, "--json", **variables)

    def declared(self, branch: str, path: str) -> str:
        """Return a stage file as a branch of the remote has it."""
        return self.line.git("--git-dir", str(self.line.bare), "show", f"refs/heads/{branch}:{path}")

    def branches(self) -> set[str]:
        """Return the branches of the remote."""
        listed = self.line.git("--git-dir", str(self.line.bare), "branch", "--format=%(refname:short)")
        return set(listed.splitlines())

    def propose(self, files: Mapping[str, str | None], branch: str = "by-hand") -> int:
        """Push files on a branch of their own, open a pull request, and return its number."""
        self.line.branch(branch)
        self.line.commit(files, branch)
        self.line.push()
        self.line.git("checkout", "--quiet", "main")
        return self.github.open_pull(NAME, branch)

    @property
    def proposals(self) -> list[int]:
        """Return the numbers of the pull requests that were opened, without those from before."""
        return [number for number in self.github.repositories[NAME].pulls if number < _FIRST_BEFORE]

    def check(self, number: int, *words: str, event: str = "pull_request") -> Ended:
        """Run `headway pr promotion` as the workflow does."""
        return self.told("pr", "promotion", *words, **self.event(number, event))

    def event(self, number: int, name: str = "pull_request") -> dict[str, str]:
        """Return the variables of a run for a pull request."""
        pull = self.github.pull(NAME, number)
        head = {"ref": pull.head_ref, "sha": self.github.head(NAME, number)}
        found = {"number": number, "head": head, "base": {"ref": pull.base_ref}}
        folder = self.line.bare.parent
        path = folder / "event.json"
        path.write_text(json.dumps({"repository": {"default_branch": "main"}, "pull_request": found}))
        return {
            "GITHUB_EVENT_NAME": name,
            "GITHUB_EVENT_PATH": str(path),
            "GITHUB_BASE_REF": pull.base_ref,
            "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
        }

    @property
    def summary(self) -> str:
        return (self.line.bare.parent / "summary.md").read_text()


def add_merge(github: FakeGitHub, commit: str, at: datetime) -> None:
    """Let GitHub know of a pull request that brought a commit long ago; its number is above those of a test."""
    repository = github.repositories[NAME]
    number = _FIRST_BEFORE + len(repository.pulls)
    made = PullRequest(
        number, repository, "before", repository, "main", "Before", "", "ada", state="closed", last_head=commit,
        merge_sha=commit, merged_at=f"{at:%Y-%m-%dT%H:%M:%SZ}", merged_by="ada", commits=frozenset({commit}),
    )  # fmt: skip
    repository.pulls[number] = made


@pytest.fixture(scope="session")
def soaked_once(tmp_path_factory: pytest.TempPathFactory) -> StoredLine:
    return make_soaked_line(tmp_path_factory.mktemp("soaked"))


@pytest.fixture
def desk(
    soaked_once: StoredLine,
    tmp_path: Path,
    fake_github: FakeGitHub,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Desk:
    line = copy_line(soaked_once, tmp_path / "desk")
    fake_github.add_repository(NAME, line.bare)
    token = fake_github.token("ada", contents="write", pull_requests="write", statuses="write")
    for name in [name for name in os.environ if name.startswith(("GITHUB_", "HEADWAY_", "GIT_"))]:
        monkeypatch.delenv(name)
    variables = {
        **GIT,
        "GITHUB_API_URL": fake_github.api_url,
        "GITHUB_SERVER_URL": fake_github.url,
        "GITHUB_REPOSITORY": NAME,
        "GITHUB_TOKEN": token.value,
    }
    for echoes in line.state().echoes.values():
        for echo in echoes:
            assert echo.record.declared_at is not None
            add_merge(fake_github, echo.declaration.commit, echo.record.declared_at)
    line.on_hold = partial(add_merge, fake_github)
    return Desk(line, fake_github, monkeypatch, capsys, variables)
