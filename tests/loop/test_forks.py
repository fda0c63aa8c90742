"""report-fork.yml, report-fork-comment.yml and `headway adopt`: what a stranger's pull request can and cannot do."""

from __future__ import annotations

import subprocess

import pytest

from headway.contracts.claim import LIMIT_BYTES
from headway.pull_request.claim import NOT_CLAIMED
from tests.cli.pr.workplace import Clone
from tests.github import repository as git
from tests.loop.forks import Stranger, make_fork
from tests.loop.team import HOSTILE, NAME, Team

NASTY = "</details><script>alert(1)</script> @everyone #1 | `x`\n::error::boo"


@pytest.fixture
def fork(team: Team) -> Stranger:
    """A fork with a pull request that changes params.yaml, from a branch with a nasty name."""
    fork = make_fork(team, HOSTILE)
    fork.push(more_epochs(team))
    return fork


def more_epochs(team: Team) -> dict[str, str]:
    return {"params.yaml": team.read("main", "params.yaml").replace("epochs: 2", "epochs: 3")}


def assert_to_be_adopted(fork: Stranger) -> None:
    assert ("failure", True) == (fork.status[0], f"headway adopt {fork.number}" in fork.status[1])


def test_fork_trains_without_rights_and_its_figures_are_posted_as_claims(team: Team, fork: Stranger) -> None:
    assert ("success", 1) == (fork.train().job("claim").conclusion, team.trained)
    assert [] == team.github.comments(NAME, fork.number)
    assert {} == team.github.statuses(NAME, team.head(fork.number))

    assert "success" == fork.relay().job("relay").conclusion
    assert "Claimed by the fork, not verified" in fork.report
    assert "mAP50-95" in fork.report
    assert_to_be_adopted(fork)


def test_fork_gets_no_run_with_rights(team: Team, fork: Stranger) -> None:
    assert {} == team.retrain(fork.number).jobs


def test_repository_itself_gets_no_run_for_forks(team: Team) -> None:
    team.change("more", epochs=3)
    own = Stranger(team, team.bare, NAME, "alice", "more", team.open("more"))
    assert {} == own.train().jobs


def test_fork_that_touches_no_stage_may_be_merged(team: Team) -> None:
    fork = make_fork(team)
    fork.push({"README.md": "Better words.\n"})
    assert "success" == fork.relay().job("relay").conclusion
    assert ("success", []) == (team.state(fork.number), team.reports(fork.number))


def test_nasty_names_do_nothing(fork: Stranger) -> None:
    one = {"name": NASTY[:60], "boxes": 9, "map50_95": 0.5, "precision": 1.0, "recall": None}
    fork.leave(model=NASTY[:60], summary=NASTY, decision="accept", classes=[one])
    result = fork.relay()
    assert "success" == result.job("relay").conclusion
    assert [] == [part for part in ("<script>", "</details><", "@everyone", "#1 ", "::error") if part in fork.report]
    assert "boo" not in result.text
    assert_to_be_adopted(fork)


@pytest.mark.slow
@pytest.mark.parametrize("damage", ["too large", "no JSON", "another commit", "link", "missing"])
def test_claim_that_cannot_be_believed_is_not_shown(fork: Stranger, damage: str) -> None:
    path = fork.leave(head_sha="0" * 40 if damage == "another commit" else fork.team.head(fork.number))
    if damage == "too large":
        path.write_bytes(path.read_bytes() + b" " * LIMIT_BYTES)
    elif damage == "no JSON":
        path.write_text(NASTY)
    elif damage == "link":
        path.rename(path.with_name("real.json"))
        path.symlink_to("real.json")
    elif damage == "missing":
        path.unlink()
    assert "success" == fork.relay().job("relay").conclusion
    assert NOT_CLAIMED in fork.report
    assert_to_be_adopted(fork)


@pytest.mark.slow
def test_dependabot_takes_the_path_of_forks(team: Team) -> None:
    bot = Stranger(team, team.bare, NAME, "dependabot[bot]", "dependabot/pip/torch-3")
    bot.push({"constraints.txt": team.read("main", "constraints.txt") + "\n# Newer.\n", **more_epochs(team)})
    assert {} == team.retrain(bot.number, actor=bot.login).jobs
    assert "success" == bot.train().job("claim").conclusion
    assert "success" == bot.relay().job("relay").conclusion
    assert "Claimed" in bot.report
    assert_to_be_adopted(bot)


@pytest.mark.slow
def test_fork_that_a_maintainer_adopts_is_retrained_here(
    team: Team, fork: Stranger, monkeypatch: pytest.MonkeyPatch
) -> None:
    maintainer = Clone(team.folder / "maintainer")
    subprocess.run(["git", "clone", "--quiet", str(team.bare), str(maintainer.root)], check=True)
    maintainer.run("git", "remote", "set-url", "origin", f"{team.github.url}/{NAME}.git")
    for name, value in {
        "GITHUB_TOKEN": team.github.token("alice", contents="write", pull_requests="write").value,
        "GITHUB_API_URL": team.github.api_url,
        "GITHUB_SERVER_URL": team.github.url,
        "GITHUB_REPOSITORY": NAME,
    }.items():
        monkeypatch.setenv(name, value)
    said = maintainer.run("headway", "adopt", str(fork.number))
    adopted = fork.number + 1
    assert f"adopt/{fork.number}" in said
    assert f"adopt/{fork.number}" == team.github.pull(NAME, adopted).head_ref
    assert team.head(fork.number) == team.head(adopted)

    assert "success" == team.retrain(adopted).job("retrain").conclusion
    assert ("success", 1) == (team.state(adopted), team.trained)
    assert git.is_ancestor(team.bare, team.head(fork.number), team.head(adopted))
    assert team.head(fork.number) != team.head(adopted)
