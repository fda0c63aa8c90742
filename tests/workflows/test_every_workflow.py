"""What holds for every workflow: rights, pins, time limits, and lines that no event can write into."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.conftest import ROOT
from tests.workflows.parsed import FOLDER, Job, jobs, read_workflow, workflows

EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
PINNED = re.compile(r"^(?P<action>[\w.-]+/[\w.-]+)@[0-9a-f]{40}$")
SETUP = ROOT / ".github/actions/setup/action.yml"
FILES = [*sorted(FOLDER.glob("*.yml")), SETUP]

every_workflow = pytest.mark.parametrize("name", workflows())
every_job = pytest.mark.parametrize("job", list(jobs()), ids=lambda job: f"{job.workflow}/{job.name}")


def test_these_are_the_workflows() -> None:
    assert ["check", "deliver", "promote", "report-fork", "report-fork-comment", "retrain"] == workflows()


@every_workflow
def test_no_right_is_given_to_a_whole_workflow(name: str) -> None:
    assert {} == read_workflow(name)["permissions"]


@every_workflow
def test_runs_of_one_subject_do_not_pile_up(name: str) -> None:
    assert {"group", "cancel-in-progress"} == set(read_workflow(name)["concurrency"])


@every_job
def test_a_job_names_its_rights_and_its_time(job: Job) -> None:
    assert job.permissions
    assert "timeout-minutes" in job.values or "uses" in job.values  # the called workflow has one


@every_job
def test_a_run_line_is_one_command_of_make_dvc_or_headway(job: Job) -> None:
    lines = [step["run"] for step in job.steps if "run" in step]

    assert [] == [line for line in lines if not re.fullmatch(r"(make|dvc|headway) [^\n;&|`]*", line)]


@every_job
def test_nothing_is_filled_into_a_run_line(job: Job) -> None:
    assert [] == [step["run"] for step in job.steps if "${{" in step.get("run", "")]


@every_job
def test_actions_of_others_are_pinned_to_a_commit(job: Job) -> None:
    used = [step["uses"] for step in job.steps if "uses" in step and not step["uses"].startswith("./")]

    assert [] == [one for one in used if not PINNED.match(one)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_pin_says_which_release_it_is(path: Path) -> None:
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if re.search(r"\buses: \w", line)]

    assert [] == [line for line in lines if not re.search(r"@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line)]


def test_one_action_has_one_pin() -> None:
    pins: dict[str, set[str]] = {}
    for path in FILES:
        for action, commit in re.findall(r"uses: ([\w.-]+/[\w.-]+)@([0-9a-f]{40})", path.read_text(encoding="utf-8")):
            pins.setdefault(action, set()).add(commit)

    assert [] == [action for action, commits in pins.items() if len(commits) != 1]


@every_job
def test_a_checkout_leaves_no_credentials_behind(job: Job) -> None:
    checkouts = [step for step in job.steps if step.get("uses", "").startswith("actions/checkout@")]

    assert [False] * len(checkouts) == [step["with"]["persist-credentials"] for step in checkouts]
    assert bool(checkouts) == any("run" in step for step in job.steps)


@every_job
def test_tokens_are_given_to_steps_and_not_to_jobs(job: Job) -> None:
    for values in (job.values.get("env", {}), read_workflow(job.workflow).get("env", {})):
        assert not any("token" in str(value).lower() or "secrets." in str(value) for value in values.values())


@every_job
def test_training_sees_no_token(job: Job) -> None:
    steps = [step for step in job.steps if step.get("run", "").startswith(("headway repro", "dvc ", "make "))]

    assert [] == [step["name"] for step in steps if "token" in str(step.get("env", "")).lower()]


@every_job
def test_nothing_is_cached(job: Job) -> None:
    assert not any("cache" in str(step.get("uses", "")) or "cache" in step.get("with", {}) for step in job.steps)


def test_the_setup_action_caches_nothing_and_runs_one_line() -> None:
    steps = yaml.safe_load(SETUP.read_text(encoding="utf-8"))["runs"]["steps"]

    assert ["make install"] == [step["run"] for step in steps if "run" in step]
    assert not any("cache" in step.get("with", {}) for step in steps)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_linters_find_nothing(path: Path) -> None:
    kind = "vendor.github-actions" if path == SETUP else "vendor.github-workflows"
    commands = [["check-jsonschema", "--builtin-schema", kind, str(path)]]
    commands += [["zizmor", "--persona", "pedantic", "--offline", "--no-progress", "--quiet", str(path)]]
    commands += [] if path == SETUP else [["actionlint", str(path)]]

    for command in commands:
        assert shutil.which(command[0]), f"{command[0]} is part of the extra dev"
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert 0 == done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_an_exception_from_a_linter_says_why(path: Path) -> None:
    ignored = re.findall(r"# zizmor: ignore\[[\w-]+\](.*)", path.read_text(encoding="utf-8"))

    assert [] == [reason for reason in ignored if len(reason.split()) < 3]


def test_what_reaches_an_environment_from_an_event_is_a_number_or_an_id() -> None:
    fields = {
        found
        for one in jobs()
        for step in one.steps
        for value in step.get("env", {}).values()
        for found in re.findall(r"github\.event\.[\w.]+", " ".join(EXPRESSION.findall(str(value))))
    }

    assert set() == fields
