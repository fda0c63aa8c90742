"""The runner itself, on a small workflow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.act.runner import Act, ActResult, permissions_of, stubs_of
from tests.github.bare import commit, make_bare
from tests.github.fake import FakeGitHub
from tests.github.state import Token

REPO = "acme/yolo"
WORKFLOW = """
name: small
on: [pull_request, workflow_run]
permissions: {}
jobs:
  first:
    runs-on: ubuntu-24.04
    permissions:
      contents: read
      pull-requests: write
    steps:
      - name: Check out
        id: checkout
        uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7
        with:
          ref: ${{ github.event.pull_request.head.sha }}
          fetch-depth: 0
          persist-credentials: false
      - name: Say
        run: |
          echo "$(cat word.txt) by ${{ github.actor }} of ${{ vars.TEAM }}"
          git branch --list --remotes
          echo "# Summary" >> "$GITHUB_STEP_SUMMARY"
      - name: Never
        if: steps.checkout.outputs.commit == ''
        run: echo never
      - name: Read the secret
        run: test "$SECRET" = a-long-secret-value
        env:
          SECRET: ${{ secrets.KEY }}
      - name: Push
        continue-on-error: true
        run: git push origin HEAD:refs/heads/stolen
      - name: Leave a file
        uses: actions/upload-artifact@v4
        with:
          name: word
          path: word.txt
  second:
    needs: first
    runs-on: ubuntu-24.04
    steps:
      - name: Take the file
        uses: actions/download-artifact@v4
        with:
          name: word
          path: taken
      - name: Fail
        run: test "$(cat taken/word.txt)" = another
  elsewhere:
    runs-on: a-machine-that-is-not-mapped
    steps:
      - run: echo here
"""


@pytest.fixture
def act(fake_github: FakeGitHub, tmp_path: Path) -> Act:
    """A runner for a repository with the workflow above and a pull request."""
    bare = make_bare(tmp_path / "yolo.git", {".github/workflows/small.yml": WORKFLOW, "word.txt": "base"})
    commit(bare, "more", {"word.txt": "changed"}, "A change")
    fake_github.add_repository(REPO, bare)
    fake_github.open_pull(REPO, "more")
    return Act(fake_github, REPO, tmp_path / "act", variables={"TEAM": "blue"}, secrets={"KEY": "a-long-secret-value"})


@pytest.fixture
def token(fake_github: FakeGitHub) -> Token:
    return fake_github.token(contents="read")


def pull_event(act: Act) -> dict[str, Any]:
    return {"pull_request": {"number": 1, "head": {"sha": act.github.head(REPO, 1), "ref": "more"}}}


@pytest.fixture
def result(act: Act, token: Token) -> ActResult:
    return act.run("small.yml", "pull_request", pull_event(act), token=token)


def test_each_job_and_step_has_its_conclusion(result: ActResult) -> None:
    assert 1 == result.exit_code
    assert {"first": "success", "second": "failure"} == {job.name: job.conclusion for job in result.jobs.values()}
    conclusions = {name: step.conclusion for name, step in result.job("first").steps.items()}
    assert {
        "Check out": "success",
        "Say": "success",
        "Never": "skipped",
        "Push": "failure",
    }.items() <= conclusions.items()


def test_checkout_has_the_head_and_every_branch_but_no_credentials(result: ActResult) -> None:
    lines = result.job("first").steps["Say"].lines
    assert ("changed by alice of blue", "  origin/main", "  origin/more") == lines


def test_summary_is_kept(result: ActResult) -> None:
    assert ("# Summary\n",) == result.summaries


def test_artifact_lies_in_a_folder_of_the_run(act: Act, result: ActResult) -> None:
    assert "changed" == (act.artifacts / "1" / "word" / "word.txt").read_text()


def test_job_without_a_runner_has_no_result(result: ActResult) -> None:
    with pytest.raises(AssertionError, match="elsewhere has no result"):
        result.job("elsewhere")


def test_host_environment_does_not_leak(act: Act, token: Token, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADWAY_LEAK", "leaked")
    files = {".github/workflows/leak.yml": "on: push\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps: [run: env]\n"}
    commit(act.github.repositories[REPO].path, "main", files, "Leak")
    assert "HEADWAY_LEAK" not in act.run("leak.yml", "push", {"ref": "refs/heads/main"}, token=token).text


def test_lost_runner_ends_at_once(act: Act, token: Token) -> None:
    files = {
        ".github/workflows/wait.yml": "on: push\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps: [run: sleep 60]\n"
    }
    commit(act.github.repositories[REPO].path, "main", files, "Wait")
    running = act.start("wait.yml", "push", {"ref": "refs/heads/main"}, token=token)
    running.kill()
    assert -9 == running.wait().exit_code


def test_action_without_a_stub_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.yml").write_text("steps:\n  - uses: someone/something@v1\n")
    with pytest.raises(AssertionError, match="someone/something"):
        stubs_of(tmp_path)


def test_permissions_carry_the_names_of_the_api(tmp_path: Path) -> None:
    (tmp_path / "small.yml").write_text(WORKFLOW)
    assert {"contents": "read", "pull_requests": "write"} == permissions_of(tmp_path / "small.yml", "first")
    assert {} == permissions_of(tmp_path / "small.yml", "second")
