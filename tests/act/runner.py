"""Runs workflow files as they are, with act, against the fake GitHub.

What act cannot show (trigger filters, permissions, concurrency, trust) is held by tests of the parsed files. Each
pinned action needs a stub of the same name below tests/act/stubs, or the run is refused.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.github import repository as git
from tests.github.fake import FakeGitHub
from tests.github.state import Level, Token

STUBS = Path(__file__).resolve().parent / "stubs"
RUNNERS = ("ubuntu-24.04",)
SECONDS = 300
_USES = re.compile(r"^\s*(?:-\s+)?uses:\s*['\"]?([\w.-]+/[\w.-]+)(?:/[\w./-]+)?@([\w.-]+)", re.MULTILINE)


@dataclass(frozen=True)
class StepResult:
    """One step: "success", "failure" or "skipped", and what it printed."""

    name: str
    conclusion: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class JobResult:
    """One job that ran: "success" or "failure"; a skipped job has no result in act's log."""

    name: str
    conclusion: str
    steps: Mapping[str, StepResult]


@dataclass(frozen=True)
class ActResult:
    """What a workflow did.

    Attributes:
        exit_code: of act; negative where a signal ended it.
        jobs: by their key in the workflow file; one that was skipped, also for want of a runner, is not there.
        summaries: what steps wrote to GITHUB_STEP_SUMMARY, in order.
        lines: all that steps printed, in order.
    """

    exit_code: int
    jobs: Mapping[str, JobResult]
    summaries: tuple[str, ...]
    lines: tuple[str, ...]

    def job(self, name: str) -> JobResult:
        """Return a job; fails where it did not run."""
        assert name in self.jobs, f"job {name} has no result, only {sorted(self.jobs)}:\n{self.text}"
        return self.jobs[name]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


@dataclass
class Act:
    """A runner for one repository of the fake.

    Attributes:
        github: the fake.
        repository: "owner/name".
        scratch: folder for checkouts, artifacts and act's cache.
        environment: what else every step sees, for example HEADWAY_VENV.
        variables, secrets: of the repository.
    """

    github: FakeGitHub
    repository: str
    scratch: Path
    environment: dict[str, str] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    _runs: int = 0

    def run(self, workflow: str, event: str, payload: Mapping[str, Any], **options: Any) -> ActResult:
        """Run a workflow file of .github/workflows to its end; options as for `start`."""
        return self.start(workflow, event, payload, **options).wait()

    def start(
        self,
        workflow: str,
        event: str,
        payload: Mapping[str, Any],
        *,
        token: Token,
        ref: str | None = None,
        actor: str = "alice",
        run_id: int | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> RunningWorkflow:
        """Start a workflow as GitHub would: with the files at `ref`, else at what the event is about."""
        self._runs += 1
        number = run_id or self._runs
        folder = self.scratch / f"run-{self._runs}"
        ref = ref or reference_of(event, payload)
        source = self._check_out(folder / "source", ref)
        (folder / "event.json").write_text(json.dumps({"ref": ref, **payload}))
        command = [
            *("act", event, "-C", str(source), "-W", f".github/workflows/{workflow}"),
            *("-e", str(folder / "event.json"), "--actor", actor, "--json", "--rm", "--no-skip-checkout"),
            *("--no-cache-server", "--action-cache-path", str(folder / "actions"), "-s", "GITHUB_TOKEN"),
            *_options("-P", dict.fromkeys(RUNNERS, "-self-hosted")),
            *_options("--local-repository", stubs_of(source / ".github")),
            *_options("--env", self._environment(number, ref) | dict(environment or {})),
            *_options("--var", self.variables),
            *(part for name in self.secrets for part in ("-s", name)),  # act takes the values from its environment
            *(part for kind in ("env", "secret", "var", "input") for part in (f"--{kind}-file", os.devnull)),
        ]
        secrets = self.secrets | {"GITHUB_TOKEN": token.value}
        steps = steps_of(source / ".github" / "workflows" / workflow)
        return RunningWorkflow(command, steps, folder, self._machine(folder) | secrets)

    @property
    def artifacts(self) -> Path:
        """Folder with a folder a run, and in it one an artifact."""
        return self.scratch / "artifacts"

    def _check_out(self, folder: Path, ref: str) -> Path:
        path = self.github.repositories[self.repository].path
        subprocess.run(["git", "init", "--quiet", str(folder)], check=True)
        git.read(folder / ".git", "fetch", "--quiet", str(path), ref)
        git.read(folder / ".git", f"--work-tree={folder}", "checkout", "--quiet", "--detach", "FETCH_HEAD")
        return folder

    def _environment(self, number: int, ref: str) -> dict[str, str]:
        return {
            "GITHUB_API_URL": self.github.api_url,
            "GITHUB_GRAPHQL_URL": f"{self.github.url}/api/graphql",
            "GITHUB_SERVER_URL": self.github.url,
            "GITHUB_REPOSITORY": self.repository,
            "GITHUB_REF": ref,
            "GITHUB_RUN_ID": str(number),
            "TEST_ARTIFACTS": str(self.artifacts),
            "TEST_CML_BIN": "",
            "TEST_APP_TOKEN": "",
            **self.environment,
        }

    def _machine(self, folder: Path) -> dict[str, str]:
        """Return the environment of act itself, all of which steps see: nothing of whoever runs the tests."""
        home = folder / "home"
        home.mkdir()
        git_settings = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_PAGER": "cat", "GIT_TERMINAL_PROMPT": "0"}
        return {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8", **git_settings}


class RunningWorkflow:
    """A workflow that act has started."""

    def __init__(
        self, command: Sequence[str], steps: Mapping[str, Sequence[str]], folder: Path, environment: Mapping[str, str]
    ) -> None:
        self._steps = steps
        self._log = folder / "log.jsonl"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                command, env=dict(environment), stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                cwd=folder, start_new_session=True,
            )  # fmt: skip

    def printed(self, text: str) -> bool:
        """Say whether a step has printed a text by now."""
        return text in self._log.read_text(errors="replace")

    def ended(self) -> bool:
        return self._process.poll() is not None

    def kill(self) -> None:
        """End it at once with all that it started, as when a runner is lost."""
        for process in (self._process.pid, *_descendants(self._process.pid)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)

    def cancel(self) -> None:
        """Ask it to end, as when a run is cancelled."""
        os.killpg(self._process.pid, signal.SIGINT)

    def wait(self) -> ActResult:
        """Wait for the end."""
        try:
            code = self._process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise
        return parse_log(code, self._log.read_text(errors="replace").splitlines(), self._steps)


def reference_of(event: str, payload: Mapping[str, Any]) -> str:
    """Return the reference that GitHub runs an event at."""
    if event in ("pull_request", "pull_request_review"):
        return f"refs/pull/{payload['pull_request']['number']}/merge"
    if event == "merge_group":
        return str(payload["merge_group"]["head_ref"])
    return str(payload.get("ref", "refs/heads/main"))


def stubs_of(folder: Path) -> dict[str, str]:
    """Return "owner/name@pin" -> stub for every action that files below `folder` use.

    Raises:
        AssertionError: an action has no stub; act would try to fetch it.
    """
    found: dict[str, str] = {}
    for path in sorted(folder.rglob("*.y*ml")):
        for name, pin in _USES.findall(path.read_text(encoding="utf-8")):
            assert (STUBS / name / "action.yml").is_file(), f"{path.name} uses {name}, which has no stub"
            found[f"{name}@{pin}"] = str(STUBS / name)
    return found


def steps_of(workflow: Path) -> dict[str, list[str]]:
    """Return the named steps of each job."""
    jobs = yaml.safe_load(workflow.read_text(encoding="utf-8"))["jobs"]
    return {name: [step["name"] for step in job.get("steps", ()) if "name" in step] for name, job in jobs.items()}


def permissions_of(workflow: Path, job: str) -> dict[str, Level]:
    """Return what the token of one job may do, by its `permissions:`, under the API's names."""
    parsed = yaml.safe_load(workflow.read_text(encoding="utf-8"))
    permissions = parsed["jobs"][job].get("permissions", parsed.get("permissions", {}))
    return {name.replace("-", "_"): level for name, level in permissions.items()}


def parse_log(exit_code: int, lines: Sequence[str], named: Mapping[str, Sequence[str]]) -> ActResult:
    """Read act's JSON log, one object a line; other lines are act's own trouble.

    act says nothing of a step that was skipped: it is known from the names in the workflow file.
    """
    entries = [_entry(line) for line in lines]
    jobs = {job: {step: StepResult(step, "skipped", ()) for step in steps} for job, steps in named.items()}
    printed: dict[tuple[str, str], list[str]] = {}
    for entry in entries:
        job, step = entry.get("jobID", ""), entry.get("step", "")
        if entry.get("raw_output"):
            printed.setdefault((job, step), []).append(entry["msg"].rstrip("\n"))
        if "stepResult" in entry and entry.get("stage", "Main") == "Main":
            result = StepResult(step, entry["stepResult"], tuple(printed.get((job, step), ())))
            jobs.setdefault(job, {})[step] = result
    conclusions = {entry["jobID"]: entry["jobResult"] for entry in entries if "jobResult" in entry}
    return ActResult(
        exit_code=exit_code,
        jobs={name: JobResult(name, result, jobs.get(name, {})) for name, result in conclusions.items()},
        summaries=tuple(entry["content"] for entry in entries if entry.get("command") == "summary"),
        lines=tuple(entry["msg"].rstrip("\n") for entry in entries if entry.get("raw_output") or "foreign" in entry),
    )


def _descendants(process: int) -> list[int]:
    """Return the processes below one: act gives each step a session of its own."""
    listed = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    children: dict[int, list[int]] = {}
    for pid, parent in (map(int, line.split()) for line in listed.splitlines()):
        children.setdefault(parent, []).append(pid)
    found: list[int] = []
    waiting = [process]
    while waiting:
        below = children.get(waiting.pop(), [])
        found += below
        waiting += below
    return found


def _entry(line: str) -> dict[str, Any]:
    try:
        entry = json.loads(line)
    except ValueError:
        return {"msg": line, "foreign": True}
    return entry if isinstance(entry, dict) else {"msg": line, "foreign": True}


def _options(flag: str, values: Mapping[str, str]) -> list[str]:
    return [part for name, value in values.items() for part in (flag, f"{name}={value}")]
