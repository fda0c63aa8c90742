"""`headway pr push`: one commit of results alone, and no push over anybody's commit."""

from __future__ import annotations

import hashlib

import pytest

from tests.cli.pr.conftest import Headway
from tests.cli.pr.workplace import NAME, PARAMS, PIPELINE, Clone, Workplace

MORE = PARAMS.replace("epochs: 1", "epochs: 2")
RULE = """#!/bin/sh
echo "error: GH013: Repository rule violations found for $1." >&2
echo "- Commits must have verified signatures." >&2
exit 1
"""


@pytest.fixture
def retrained(workplace: Workplace) -> Clone:
    """The runner's clone of the pull request 1, after training."""
    workplace.author.commit({"params.yaml": MORE})
    clone = workplace.check_out(workplace.push("change"))
    workplace.open_pull("change")
    clone.train()
    return clone


def test_results_and_nothing_else_reach_the_branch(workplace: Workplace, headway: Headway, retrained: Clone) -> None:
    head = workplace.tip("change")
    retrained.write({"scratch.txt": "left over", "models/detector/manifest.json": "{}", "README.md": "Edited.\n"})

    assert 0 == headway(retrained, workplace.event(1), "pr", "push")

    now = workplace.tip("change")
    assert head == retrained.run("git", "rev-parse", f"{now}~1")
    assert {"dvc.lock", "reports/metrics.yaml", "models/detector/manifest.json"} == retrained.files_of(now)
    assert {"superseded": "false", "pushed": "true", "head": now} == workplace.outputs()


def test_the_commit_names_the_lock_and_the_bot(workplace: Workplace, headway: Headway, retrained: Clone) -> None:
    headway(retrained, workplace.event(1), "pr", "push")

    digest = hashlib.sha256((retrained.root / "dvc.lock").read_bytes()).hexdigest()
    said = retrained.run("git", "log", "-1", "--format=%an <%ae>%n%(trailers:key=Headway-Lock,valueonly)")
    bot = "github-actions[bot] <41898282+github-actions[bot]@users.noreply.github.com>"
    assert [bot, digest] == said.splitlines()


def test_a_second_push_has_nothing_to_do(workplace: Workplace, headway: Headway, retrained: Clone) -> None:
    headway(retrained, workplace.event(1), "pr", "push")
    now = workplace.tip("change")

    assert 0 == headway(retrained, workplace.event(1), "pr", "push")

    assert now == workplace.tip("change")
    assert ("false", now) == (workplace.outputs()["pushed"], workplace.outputs()["head"])


def test_a_commit_that_came_meanwhile_is_not_lost(workplace: Workplace, headway: Headway, retrained: Clone) -> None:
    event = workplace.event(1)
    workplace.author.commit({"README.md": "Meanwhile.\n"})
    theirs = workplace.push("change")

    assert 0 == headway(retrained, event, "pr", "push")

    assert theirs == workplace.tip("change")
    assert ("true", "false") == (workplace.outputs()["superseded"], workplace.outputs()["pushed"])


def test_a_commit_that_was_taken_back_meanwhile_does_not_return(
    workplace: Workplace, headway: Headway, retrained: Clone
) -> None:
    event, main = workplace.event(1), workplace.tip("main")
    workplace.author.run("git", "push", "--quiet", "--force", str(workplace.bare), f"{main}:refs/heads/change")

    assert 0 == headway(retrained, event, "pr", "push")

    assert main == workplace.tip("change")
    assert "true" == workplace.outputs()["superseded"]


def test_a_branch_that_is_gone_stays_gone(workplace: Workplace, headway: Headway, retrained: Clone) -> None:
    event = workplace.event(1)
    workplace.author.run("git", "push", "--quiet", str(workplace.bare), ":refs/heads/change")

    assert 0 == headway(retrained, event, "pr", "push")

    assert "true" == workplace.outputs()["superseded"]


def test_the_token_stands_in_no_file_and_no_message(
    workplace: Workplace, headway: Headway, retrained: Clone, capsys: pytest.CaptureFixture[str]
) -> None:
    headway(retrained, workplace.event(1), "pr", "push")

    said = "".join(capsys.readouterr())
    assert workplace.environment["GITHUB_TOKEN"] not in said + (retrained.root / ".git/config").read_text()


def test_without_the_right_to_push_the_permission_is_named(
    workplace: Workplace, headway: Headway, retrained: Clone, capsys: pytest.CaptureFixture[str]
) -> None:
    token = workplace.github.token(contents="read")

    assert 2 == headway(retrained, {**workplace.event(1), "GITHUB_TOKEN": token.value}, "pr", "push")
    assert "contents: write" in capsys.readouterr().err


def test_new_workflow_files_are_named_as_the_reason(
    workplace: Workplace, headway: Headway, retrained: Clone, capsys: pytest.CaptureFixture[str]
) -> None:
    event = workplace.event(1)
    retrained.commit({".github/workflows/new.yml": "name: new\n"})

    assert 2 == headway(retrained, event, "pr", "push")
    assert "workflow files" in capsys.readouterr().err
    assert "it brings workflow files that no branch of the repository has yet" in workplace.outputs()["reason"]


def test_a_rule_that_refuses_is_quoted(
    workplace: Workplace, headway: Headway, retrained: Clone, capsys: pytest.CaptureFixture[str]
) -> None:
    event = workplace.event(1)
    hook = workplace.bare / "hooks/pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(RULE)
    hook.chmod(0o755)

    assert 2 == headway(retrained, event, "pr", "push")
    assert "Commits must have verified signatures." in capsys.readouterr().err


def test_a_branch_name_is_never_a_command(workplace: Workplace, headway: Headway) -> None:
    branch = "x$(touch${IFS}owned);`id`"
    workplace.author.commit({"params.yaml": MORE})
    clone = workplace.check_out(workplace.push(branch))
    number = workplace.open_pull(branch)
    clone.train()

    assert 0 == headway(clone, workplace.event(number), "pr", "push")

    assert workplace.outputs()["head"] == workplace.tip(f"refs/heads/{branch}")
    assert not (clone.root / "owned").exists()


def test_a_run_that_was_started_again_pushes_from_where_it_began(
    workplace: Workplace, headway: Headway, retrained: Clone
) -> None:
    event = workplace.event(1)
    headway(retrained, event, "pr", "push")
    began = workplace.tip("change")
    retrained.write({"reports/verdict.json": "{}"})

    assert 0 == headway(retrained, {**event, "HEADWAY_HEAD": began}, "pr", "push")

    assert began == retrained.run("git", "rev-parse", f"{workplace.tip('change')}~1")


def test_what_still_disagrees_is_not_pushed(
    workplace: Workplace, headway: Headway, capsys: pytest.CaptureFixture[str]
) -> None:
    frozen = PIPELINE.replace("  train:\n", "  train:\n    frozen: true\n")
    workplace.author.commit({"params.yaml": MORE, "dvc.yaml": frozen})
    head = workplace.push("change")
    event = workplace.event(workplace.open_pull("change"))
    clone = workplace.check_out(head)
    clone.write({"reports/scorecard.json": "{}"})

    assert 1 == headway(clone, event, "pr", "push")

    sentence = "dvc.lock still does not agree after the run, so nothing is pushed: train"
    assert (head, f"{sentence}\n", sentence) == (
        workplace.tip("change"), capsys.readouterr().err, workplace.outputs()["reason"]
    )  # fmt: skip


def test_checks_are_started_on_the_branch(workplace: Workplace, headway: Headway, retrained: Clone) -> None:
    assert 2 == headway(retrained, workplace.event(1), "pr", "dispatch")  # there is no such workflow yet

    workplace.author.commit({".github/workflows/check.yml": "name: check\n"})
    workplace.push("main")
    assert 0 == headway(retrained, workplace.event(1), "pr", "dispatch")

    [started] = workplace.github.dispatches(NAME)
    assert ("check.yml", "change", workplace.environment["GITHUB_TOKEN"][:3]) == (started.workflow, started.ref, "ghs")


@pytest.mark.parametrize(
    ("trailer", "status", "started"),
    [
        ("Headway-Lock: 0123", None, 1),
        ("Headway-Base: 0123", None, 1),
        ("Headway-Lock: 0123", "check", 0),
        ("", None, 0),
    ],
    ids=["results", "merge", "checked", "person"],
)
def test_missing_checks_are_those_of_the_bots_commits(
    workplace: Workplace, headway: Headway, trailer: str, status: str | None, started: int
) -> None:
    workplace.author.commit({".github/workflows/check.yml": "name: check\n"})
    workplace.push("main")
    workplace.author.commit({"README.md": "Words.\n"}, f"A commit\n\n{trailer}")
    sha = workplace.push("change")
    event = workplace.event(workplace.open_pull("change"))
    clone = workplace.check_out(sha)
    if status:
        headway(clone, {**event, "HEADWAY_OUTCOME": "success"}, "pr", "status", "--post")

    assert 0 == headway(clone, event, "pr", "dispatch", "--if-missing")

    assert started == len(workplace.github.dispatches(NAME))
