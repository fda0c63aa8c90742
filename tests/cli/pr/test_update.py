"""`headway pr update`: the base is merged in, results never need a person."""

from __future__ import annotations

import pytest

from tests.cli.pr.conftest import Headway
from tests.cli.pr.workplace import PARAMS, Clone, Workplace

TWO, THREE = (PARAMS.replace("epochs: 1", f"epochs: {epochs}") for epochs in (2, 3))


def branch_off(workplace: Workplace, ours: dict[str, str], theirs: dict[str, str], *, train: bool = False) -> Clone:
    """Commit `ours` to a branch and `theirs` to main, both from the same commit, and check the branch out."""
    author = workplace.author
    for branch, files in (("main", theirs), ("change", ours)):
        author.run("git", "checkout", "--quiet", "-B", "work", "origin/main")
        author.write(files)
        if train:
            author.train()
        author.commit()
        sha = workplace.push(branch)
    return workplace.check_out(sha)


def update(workplace: Workplace, headway: Headway, clone: Clone) -> int:
    return headway(clone, workplace.event(workplace.open_pull("change")), "pr", "update")


def test_a_base_that_moved_is_merged_by_one_commit_of_the_bot(workplace: Workplace, headway: Headway) -> None:
    clone = branch_off(workplace, {"README.md": "Ours.\n"}, {"docs.md": "Theirs.\n"})

    assert 0 == update(workplace, headway, clone)

    assert ["github-actions[bot]", "Merge main for the pull request"] == clone.run(
        "git", "log", "-1", "--format=%an%n%s"
    ).splitlines()
    assert [workplace.tip("change"), workplace.tip("main")] == clone.run("git", "log", "-1", "--format=%P").split()
    assert ("Ours.\n", "Theirs.\n") == tuple((clone.root / name).read_text() for name in ("README.md", "docs.md"))


def test_a_branch_that_holds_the_base_stays_as_it_is(workplace: Workplace, headway: Headway) -> None:
    workplace.author.commit({"README.md": "Ours.\n"})
    clone = workplace.check_out(workplace.push("change"))

    assert 0 == update(workplace, headway, clone)

    assert workplace.tip("change") == clone.run("git", "rev-parse", "HEAD")


def test_two_retrained_branches_keep_only_what_both_made_alike(workplace: Workplace, headway: Headway) -> None:
    clone = branch_off(
        workplace, {"params.yaml": TWO}, {"params.yaml": PARAMS + "# more\n", "raw.txt": "more\n"}, train=True
    )

    assert 0 == update(workplace, headway, clone)

    lock = (clone.root / "dvc.lock").read_text()
    assert "  prepare:" in lock  # changed on main alone
    assert "\n  train:" not in lock  # both made it, each from other inputs


def test_results_that_both_made_anew_stay_the_branchs_own(workplace: Workplace, headway: Headway) -> None:
    clone = branch_off(workplace, {"reports/scorecard.json": "1\n"}, {"reports/scorecard.json": "2\n"})

    assert 0 == update(workplace, headway, clone)

    assert "1\n" == (clone.root / "reports/scorecard.json").read_text()


def test_results_that_only_the_base_made_anew_come_from_there(workplace: Workplace, headway: Headway) -> None:
    clone = branch_off(workplace, {"README.md": "Ours.\n"}, {"reports/scorecard.json": "2\n"})

    assert 0 == update(workplace, headway, clone)

    assert "2\n" == (clone.root / "reports/scorecard.json").read_text()


def test_a_conflict_names_the_files_and_leaves_the_branch_alone(
    workplace: Workplace, headway: Headway, capsys: pytest.CaptureFixture[str]
) -> None:
    clone = branch_off(workplace, {"params.yaml": TWO}, {"params.yaml": THREE})

    assert 1 == update(workplace, headway, clone)

    assert "conflicts with origin/main, to be merged by hand: 'params.yaml'\n" == capsys.readouterr().err
    assert {"conflict": "true"} == workplace.outputs()
    assert workplace.tip("change") == clone.run("git", "rev-parse", "HEAD")
    assert "" == clone.run("git", "status", "--porcelain")


def test_the_merge_names_the_base_in_a_trailer(workplace: Workplace, headway: Headway) -> None:
    clone = branch_off(workplace, {"README.md": "Ours.\n"}, {"docs.md": "Theirs.\n"})

    update(workplace, headway, clone)

    assert workplace.tip("main") == clone.run("git", "log", "-1", "--format=%(trailers:key=Headway-Base,valueonly)")


def test_a_failure_leaves_its_sentence_for_the_status(workplace: Workplace, headway: Headway) -> None:
    clone = workplace.check_out(workplace.push("change"))
    event = workplace.event(workplace.open_pull("change"))

    assert 2 == headway(clone, event, "pr", "update", "--base", "nowhere")

    assert {"reason": "'nowhere' names no commit"} == workplace.outputs()
