"""Reconcilers that race on one remote, and are killed at any moment: nothing is lost, nothing is there twice."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from headway.contracts.layout import STAGES
from tests.registry.racing import VERSIONS, Arena, declare_and_settle, make_arena, settle, slot


@pytest.fixture(autouse=True)
def own_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)


def race_for_each(arena: Arena, *, reconcilers: int, declarations: int) -> None:
    """Declare one after another; all race for each, and a third of them is killed."""
    commits = []
    for number in range(declarations):
        commits.append(arena.declare("production", None if number % 7 == 6 else VERSIONS[number % 2]))
        arena.race([settle] * reconcilers, share_killed=1 / 3)
        arena.check({slot("production"): commits})


def race_for_different_ones(arena: Arena, *, rounds: int) -> None:
    """Merge eight declarations at once, each by somebody who reconciles then; some are killed."""
    stages = "".join(f"  stage-{one}: {{}}\n" for one in range(8))
    arena.line.commit({STAGES.as_posix(): f"schema_version: 1\nstages:\n{stages}"}, "rules")
    arena.line.push()
    for number in range(rounds):
        version = VERSIONS[number % 2]
        arena.race([declare_and_settle(f"stage-{one}", version) for one in range(8)], share_killed=1 / 4)
        arena.check(arena.declared())


def report(arena: Arena) -> None:
    """Say how hard it was; a race in which nobody was killed or came second was none."""
    tally = arena.tally
    sys.stderr.write(f"{tally}\n")
    assert 0 < tally.killed
    assert tally.runs - tally.killed < tally.attempts


def test_reconcilers_race_for_each_declaration(tmp_path: Path) -> None:
    race_for_each(make_arena(tmp_path, seed=1), reconcilers=6, declarations=8)


def test_reconcilers_race_for_different_declarations(tmp_path: Path) -> None:
    race_for_different_ones(make_arena(tmp_path, seed=2), rounds=2)


@pytest.mark.slow
@pytest.mark.torture
def test_50_reconcilers_race_for_each_of_200_declarations(tmp_path: Path) -> None:
    arena = make_arena(tmp_path, seed=3)

    race_for_each(arena, reconcilers=50, declarations=200)

    report(arena)


@pytest.mark.slow
@pytest.mark.torture
def test_8_reconcilers_race_for_different_declarations_25_times(tmp_path: Path) -> None:
    arena = make_arena(tmp_path, seed=4)

    race_for_different_ones(arena, rounds=25)

    report(arena)
