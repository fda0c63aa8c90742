"""`headway adopt`: a fork's branch becomes one of this repository, and nobody's commits are lost."""

from __future__ import annotations

import json

import pytest

from tests.cli.pr.conftest import Headway, headway, trained_once, workplace
from tests.cli.pr.test_relay import Fork
from tests.cli.pr.workplace import NAME, Workplace

__all__ = ["headway", "trained_once", "workplace"]


@pytest.fixture
def fork(workplace: Workplace) -> Fork:
    return Fork(workplace, {"README.md": "A stranger's.\n"})


def adopt(fork: Fork, headway: Headway, *options: str) -> int:
    return headway(fork.workplace.author, fork.workplace.environment, "adopt", str(fork.number), *options)


def test_the_branch_is_copied_and_its_pull_request_names_the_original(fork: Fork, headway: Headway) -> None:
    assert 0 == adopt(fork, headway)

    opened = fork.workplace.github.pull(NAME, fork.number + 1)
    assert fork.head == fork.workplace.tip(f"adopt/{fork.number}")
    assert (f"adopt/{fork.number}", "main") == (opened.head_ref, opened.base_ref)
    assert opened.body.startswith(f"Adopts #{fork.number} by <code>mallory</code>")


def test_a_second_time_changes_nothing(fork: Fork, headway: Headway) -> None:
    adopt(fork, headway)

    assert 0 == adopt(fork, headway)
    assert 2 == len(fork.workplace.github.repositories[NAME].pulls)


def test_new_commits_of_the_fork_move_the_copy_on(fork: Fork, headway: Headway) -> None:
    adopt(fork, headway)
    newer = fork.workplace.author.commit({"README.md": "More.\n"})
    fork.workplace.author.run("git", "push", "--quiet", str(fork.workplace.folder / "fork.git"), "HEAD:change")
    fork.workplace.github.notice_pushes()

    assert 0 == adopt(fork, headway)
    assert newer == fork.workplace.tip(f"adopt/{fork.number}")


def test_commits_on_the_copy_are_not_overwritten(
    fork: Fork, headway: Headway, capsys: pytest.CaptureFixture[str]
) -> None:
    adopt(fork, headway)
    fork.workplace.author.commit({"dvc.lock": "schema: '2.0'\nstages: {}\n"})
    bots = fork.workplace.push(f"adopt/{fork.number}")

    assert 2 == adopt(fork, headway)

    assert "has commits of its own" in capsys.readouterr().err
    assert bots == fork.workplace.tip(f"adopt/{fork.number}")


def test_a_dry_run_says_what_it_would_do(fork: Fork, headway: Headway, capsys: pytest.CaptureFixture[str]) -> None:
    assert 0 == adopt(fork, headway, "--dry-run", "--json")

    planned = {
        "branch": f"adopt/{fork.number}",
        "commit": fork.head,
        "moved": True,
        "pull_request": None,
        "dry_run": True,
    }
    assert planned == json.loads(capsys.readouterr().out)
    assert 1 == len(fork.workplace.github.repositories[NAME].pulls)


def test_a_branch_of_this_repository_needs_no_adoption(
    workplace: Workplace, headway: Headway, capsys: pytest.CaptureFixture[str]
) -> None:
    workplace.push("change")
    number = workplace.open_pull("change")

    assert 2 == headway(workplace.author, workplace.environment, "adopt", str(number))
    assert "is no fork's" in capsys.readouterr().err


def test_dependabots_branch_is_adopted_like_a_forks(workplace: Workplace, headway: Headway) -> None:
    sha = workplace.push("dependabot/pip/numpy")
    number = workplace.github.open_pull(NAME, "dependabot/pip/numpy", author="dependabot[bot]")

    assert 0 == headway(workplace.author, workplace.environment, "adopt", str(number))
    assert sha == workplace.tip(f"adopt/{number}")
