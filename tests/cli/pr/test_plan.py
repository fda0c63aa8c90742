"""`headway pr plan` on a real repository with a real pipeline."""

from __future__ import annotations

import shutil

import pytest

from tests.cli.pr.conftest import Headway
from tests.cli.pr.workplace import PARAMS, Workplace

MORE = PARAMS.replace("epochs: 1", "epochs: 2")


def planned(workplace: Workplace, headway: Headway, *options: str) -> dict[str, str]:
    """Push what the author has to a pull request, plan there, and return the outputs."""
    sha = workplace.push("change")
    number = workplace.open_pull("change")
    assert 0 == headway(workplace.check_out(sha), workplace.event(number), "pr", "plan", *options)
    return workplace.outputs()


def test_a_change_of_the_docs_needs_nothing(workplace: Workplace, headway: Headway) -> None:
    workplace.author.commit({"README.md": "Other words.\n"})

    assert {"do": "nothing", "train": "false", "judge": "false", "report": "false"} == planned(workplace, headway)


def test_changed_params_need_training(workplace: Workplace, headway: Headway) -> None:
    workplace.author.commit({"params.yaml": MORE})

    assert {"do": "train", "train": "true", "judge": "true", "report": "true"} == planned(workplace, headway)


def test_results_without_a_verdict_need_a_judge(workplace: Workplace, headway: Headway) -> None:
    workplace.author.write({"params.yaml": MORE})
    workplace.author.train()
    workplace.author.commit()

    assert {"do": "judge", "train": "false", "judge": "true", "report": "true"} == planned(workplace, headway)


def test_a_verdict_that_holds_is_recalled(workplace: Workplace, headway: Headway) -> None:
    workplace.author.write({"params.yaml": MORE})
    workplace.author.train()
    workplace.author.judge("origin/main")
    workplace.author.commit()

    assert {"do": "recall", "train": "false", "judge": "false", "report": "true"} == planned(workplace, headway)


def test_results_that_never_reached_the_remote_need_training(workplace: Workplace, headway: Headway) -> None:
    workplace.author.write({"params.yaml": MORE})
    workplace.author.run("dvc", "repro", "--quiet")
    workplace.author.commit()

    assert "train" == planned(workplace, headway)["do"]


def test_without_a_remote_what_lies_there_is_not_asked(workplace: Workplace, headway: Headway) -> None:
    workplace.author.commit({"README.md": "Other words.\n"})
    shutil.rmtree(workplace.folder / "storage")

    assert "nothing" == planned(workplace, headway, "--no-remote")["do"]


def test_an_entry_that_no_run_made_is_dropped_and_runs_again(workplace: Workplace, headway: Headway) -> None:
    author = workplace.author
    lock = author.root / "dvc.lock"
    lock.write_text(lock.read_text().replace("\n  train:", "\n  ghost:\n    cmd: 'true'\n  train:"))
    author.commit()
    sha = workplace.push("change")
    number = workplace.open_pull("change")
    clone = workplace.check_out(sha)

    headway(clone, workplace.event(number), "pr", "plan", "--drop")

    assert "train" == workplace.outputs()["do"]
    assert "ghost" not in (clone.root / "dvc.lock").read_text()
    assert "prepare:" in (clone.root / "dvc.lock").read_text()


def test_by_hand_the_base_is_an_option(
    workplace: Workplace, headway: Headway, capsys: pytest.CaptureFixture[str]
) -> None:
    workplace.author.commit({"README.md": "Other words.\n"})

    assert 0 == headway(workplace.author, {}, "pr", "plan", "--base", "HEAD~1")
    assert "nothing: dvc.lock is the base's, and all agrees with it\n" == capsys.readouterr().out
