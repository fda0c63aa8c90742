"""What the pull request loop adds to a training: retrain.yml under act, from the job's start to its end."""

from __future__ import annotations

import time
from pathlib import Path

from tests.github.contract import Contract
from tests.github.server import serve
from tests.loop.team import Team, copy_team, make_team
from tools.github_contract import openapi

from bench.scratch import WORK, Clone
from bench.timing import Measure, alone, say

ROUNDS = 3
GOAL_S = 30.0
_BRANCH = "more"


def measure_loop(clone: Clone) -> list[Measure]:
    """Measure the whole job with a warm environment, less the `headway repro` in it, and a run that trains nothing.

    The repository is that of tests/loop: this checkout's workflows and code, stages of a second or less, a test set of
    64 images, a DVC remote on disk, and a GitHub on this machine.
    """
    del clone
    say("loop: a team's repository ...")
    make_team(WORK / "team")
    around, again = [], []
    with serve(Contract(openapi())) as github:
        for number in range(1, ROUNDS + 1):
            say(f"loop: round {number} of {ROUNDS} ...")
            folder = WORK / f"team-{number}"
            folder.mkdir()
            team = copy_team(WORK / "team", folder, github)
            team.change(_BRANCH, epochs=3)
            pull = team.open(_BRANCH)
            training = _bare_repro(team, folder / "bare")
            around.append(_job(team, pull) - training)
            again.append(_job(team, pull))
    note = "the whole job less a bare `headway repro` of the same change; set-up finds a ready environment"
    return [
        alone("the loop around a training, whole job", around, goal=GOAL_S, note=note),
        alone("the loop on a head that is judged already", again, goal=GOAL_S),
    ]


def _job(team: Team, pull: int) -> float:
    """Return the seconds of one run of retrain.yml.

    Raises:
        SystemExit: it did not end well.
    """
    started = time.perf_counter()
    result = team.retrain(pull)
    seconds = time.perf_counter() - started
    if result.exit_code != 0:
        raise SystemExit(f"{result.text}\nerror: retrain.yml ended with exit code {result.exit_code}")
    return seconds


def _bare_repro(team: Team, root: Path) -> float:
    """Return the seconds of the pipeline alone, on the branch, with what the remote has."""
    clone = Clone(root)
    Clone(root.parent).run("git", "clone", "--quiet", "--branch", _BRANCH, str(team.bare), str(root))
    environment = {"TEST_TRAININGS": str(root.parent / "bare-trainings")}
    clone.run("python", "-m", "dvc", "pull", "--quiet", "--run-cache", "--remote", _remote(team, clone))
    return clone.seconds("headway", "repro", **environment)


def _remote(team: Team, clone: Clone) -> str:
    name = "bench"
    storage = team.act.variables["HEADWAY_DVC_REMOTE"]
    clone.run("python", "-m", "dvc", "remote", "add", "--quiet", "--local", "--default", name, storage)
    return name
