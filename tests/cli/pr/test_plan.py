"""`headway pr plan` on a real repository with a real pipeline."""

from __future__ import annotations

import shutil

import pytest

from tests.cli.pr.conftest import Headway
from tests.cli.pr.workplace import NAME, PARAMS, PIPELINE, Workplace
from tests.github.state import ACTIONS, Status

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


def judged(workplace: Workplace, decision: str = "accept") -> str:
    """Commit a retrained candidate with its verdict, and return the commit."""
    workplace.author.write({"params.yaml": MORE})
    workplace.author.train()
    workplace.author.judge("origin/main", decision)
    return workplace.author.commit()


def post(workplace: Workplace, sha: str, decision: str = "accept", *, login: str = ACTIONS, **changes: str) -> None:
    """Set the status that a run sets for such a verdict."""
    found = {
        "state": "success" if decision == "accept" else "failure",
        "description": f"{decision.capitalize()}: it is so.",
        "context": "headway",
        **changes,
    }
    github = workplace.github
    status = Status(id=github.next_id(), sha=sha, target_url=None, creator=login, created_at=github.now(), **found)
    github.repositories[NAME].statuses.append(status)


RECALL = {"do": "recall", "train": "false", "judge": "false", "report": "true"}


@pytest.mark.parametrize("decision", ["accept", "reject"])
def test_a_verdict_that_a_run_posted_is_recalled(workplace: Workplace, headway: Headway, decision: str) -> None:
    sha = judged(workplace, decision)
    workplace.push("change")
    post(workplace, sha, decision)
    post(workplace, sha, state="pending", description="Looking at what changed.")
    workplace.author.commit({"README.md": "One more commit.\n"})

    assert RECALL == planned(workplace, headway)


def test_a_verdict_that_nobody_posted_is_judged_again(workplace: Workplace, headway: Headway) -> None:
    judged(workplace)

    assert "judge" == planned(workplace, headway)["do"]


@pytest.mark.parametrize(
    "changes",
    [
        {"login": "mallory"},
        {"state": "pending"},
        {"description": "Nothing to retrain: no stage of the pipeline is touched."},
        {"context": "check"},
        {"decision": "reject"},
    ],
)
def test_another_status_vouches_for_no_verdict(workplace: Workplace, headway: Headway, changes: dict[str, str]) -> None:
    sha = judged(workplace)
    workplace.push("change")
    post(workplace, sha, **changes)

    assert "judge" == planned(workplace, headway)["do"]


def test_a_verdict_that_was_edited_is_judged_again(workplace: Workplace, headway: Headway) -> None:
    sha = judged(workplace, "reject")
    workplace.push("change")
    post(workplace, sha, "reject")
    workplace.author.judge("origin/main", "accept")
    workplace.author.commit()

    assert "judge" == planned(workplace, headway)["do"]


@pytest.mark.parametrize("path", ["reports/verdict.json", "models/detector/manifest.json"])
def test_a_verdict_or_manifest_beside_the_bases_lock_is_judged(
    workplace: Workplace, headway: Headway, path: str
) -> None:
    workplace.author.commit({path: '{"decision": "accept"}\n'})

    assert "judge" == planned(workplace, headway)["do"]


def test_in_a_merge_queue_the_verdict_of_the_squashed_branch_counts(workplace: Workplace, headway: Headway) -> None:
    author = workplace.author
    base = author.run("git", "rev-parse", "HEAD")
    judged(workplace)
    post(workplace, workplace.push("change"))
    author.run("git", "reset", "--quiet", "--soft", base)
    group = author.commit(message="Squashed")
    workplace.push("gh-readonly-queue/main/pr-1")

    assert 0 == headway(workplace.check_out(group), workplace.queue_event(group, base), "pr", "plan")
    assert "recall" == workplace.outputs()["do"]


def test_by_hand_without_a_token_it_is_said_that_nobody_was_asked(
    workplace: Workplace, headway: Headway, capsys: pytest.CaptureFixture[str]
) -> None:
    judged(workplace)

    assert 0 == headway(workplace.author, {}, "pr", "plan", "--base", "HEAD~1")
    said = capsys.readouterr()
    assert "recall: the committed verdict still holds\n" == said.out
    assert "without a token for GitHub it is not known whether a run posted reports/verdict.json" in said.err


def test_in_a_run_without_a_token_nothing_is_believed(workplace: Workplace, headway: Headway) -> None:
    judged(workplace)
    workplace.push("change")
    event = workplace.event(workplace.open_pull("change"))

    assert 0 == headway(workplace.author, {**event, "GITHUB_TOKEN": ""}, "pr", "plan")
    assert "judge" == workplace.outputs()["do"]


@pytest.mark.parametrize(
    "files",
    [
        {".gitattributes": "raw.txt filter=other\n", "raw.txt": "other images\n"},
        {"dvc.yaml": PIPELINE.replace("    params: [train]\n", "    params: [train]\n    always_changed: true\n")},
    ],
)
def test_what_git_cannot_show_is_left_to_dvc(workplace: Workplace, headway: Headway, files: dict[str, str]) -> None:
    workplace.author.commit(files)

    assert "train" == planned(workplace, headway)["do"]


def test_a_dependency_that_became_a_link_is_left_to_dvc(workplace: Workplace, headway: Headway) -> None:
    (workplace.author.root / "raw.txt").unlink()
    (workplace.author.root / "raw.txt").symlink_to("README.md")
    workplace.author.commit()

    assert "train" == planned(workplace, headway)["do"]


def test_what_git_cannot_show_on_the_base_either_stops_nobody(workplace: Workplace, headway: Headway) -> None:
    workplace.author.commit({".gitattributes": "raw.txt filter=other\n"})
    workplace.push("main")
    workplace.author.commit({"README.md": "Other words.\n"})

    assert "nothing" == planned(workplace, headway)["do"]


def test_a_frozen_stage_that_would_have_to_run_ends_the_run(
    workplace: Workplace, headway: Headway, capsys: pytest.CaptureFixture[str]
) -> None:
    frozen = PIPELINE.replace("    params: [train]\n", "    params: [train]\n    frozen: true\n")
    workplace.author.commit({"params.yaml": MORE, "dvc.yaml": frozen})
    workplace.push("change")
    event = workplace.event(workplace.open_pull("change"))

    assert 2 == headway(workplace.author, event, "pr", "plan")
    assert "stage train is frozen and would have to run" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("files", "do"), [({"README.md": "Other words.\n"}, "nothing"), ({"params.yaml": MORE}, "train")]
)
def test_where_the_base_was_never_trained_only_what_touches_the_pipeline_trains(
    workplace: Workplace, headway: Headway, files: dict[str, str], do: str
) -> None:
    workplace.author.run("git", "rm", "--quiet", "dvc.lock")
    workplace.author.commit()
    workplace.push("main")
    workplace.author.commit(files)

    assert do == planned(workplace, headway)["do"]


def test_where_the_base_disagrees_a_change_of_the_docs_needs_nothing(workplace: Workplace, headway: Headway) -> None:
    workplace.author.commit({"params.yaml": MORE})
    workplace.push("main")
    workplace.author.commit({"README.md": "Other words.\n"})

    assert "nothing" == planned(workplace, headway)["do"]


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
    assert "nothing: results and verdict are the base's, and all agrees with them\n" == capsys.readouterr().out
