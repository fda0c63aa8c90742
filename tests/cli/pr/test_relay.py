"""`headway pr claim` and `headway pr relay`: a stranger's figures are shown, and decide nothing."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from headway.contracts.claim import LIMIT_BYTES, Claim, ClaimedClass, claim_json
from headway.contracts.scorecard import read_scorecard
from tests.cli.pr.conftest import Headway
from tests.cli.pr.workplace import NAME, PARAMS, Clone, Workplace
from tests.finished_run import scorecard

FORK = "mallory/yolo"
HOSTILE = "x](https://evil.test) <img src=x> @everyone `|` #1"


class Fork:
    """A fork of the project with an open pull request, and the runner that relays for it."""

    def __init__(self, workplace: Workplace, files: dict[str, str], branch: str = "change", base: str = "main") -> None:
        self.workplace = workplace
        bare = workplace.folder / "fork.git"
        shutil.copytree(workplace.bare, bare)
        workplace.github.add_repository(FORK, bare, fork_of=NAME)
        workplace.author.commit(files)
        workplace.author.run("git", "push", "--quiet", str(bare), f"HEAD:refs/heads/{branch}")
        self.head = workplace.author.run("git", "rev-parse", "HEAD")
        self.branch = branch
        self.number = workplace.github.open_pull(NAME, branch, base_ref=base, fork=FORK, author="mallory")

    def runner(self) -> Clone:
        """Return a clone of the default branch: nothing of the fork's is checked out."""
        return self.workplace.check_out(self.workplace.tip("main"))

    def event(self, **changes: Any) -> dict[str, str]:
        run = {
            "event": "pull_request",
            "head_sha": self.head,
            "head_branch": self.branch,
            "head_repository": {"full_name": FORK},
            **changes,
        }
        return self.workplace.variables("workflow_run", {"workflow_run": run}, "")

    def comments(self) -> list[str]:
        return [comment.body for comment in self.workplace.github.comments(NAME, self.number)]

    def status(self, context: str = "headway") -> tuple[str, str | None]:
        found = self.workplace.github.statuses(NAME, self.head)[context]
        return found.state, found.description


@pytest.fixture
def fork(workplace: Workplace) -> Fork:
    return Fork(workplace, {"params.yaml": PARAMS.replace("epochs: 1", "epochs: 2")})


def write_claim(folder: Path, **changes: Any) -> Path:
    path = folder / "claim.json"
    values: dict[str, Any] = {
        "head_sha": "0" * 40, "model": "detector", "images": 10, "boxes": 50, "map50_95": 0.5, "map50": 0.75,
        "decision": "accept", "summary": HOSTILE,
        "classes": (ClaimedClass(name=HOSTILE[:60], boxes=5, map50_95=0.25, precision=None, recall=1.0),),
    }  # fmt: skip
    path.write_text(claim_json(Claim(**{**values, **changes})))
    return path


def test_figures_are_shown_as_claims_and_the_status_names_the_way_in(
    fork: Fork, headway: Headway, tmp_path: Path
) -> None:
    claim = write_claim(tmp_path, head_sha=fork.head)

    assert 0 == headway(fork.runner(), fork.event(), "pr", "relay", str(claim))

    [comment] = fork.comments()
    assert "Claimed by the fork, not verified" in comment
    assert "| mAP50-95 | 0.500 |" in comment
    assert ("failure", f"To be retrained here before it can be merged: headway adopt {fork.number}") == fork.status()


def test_a_strangers_words_are_only_words(fork: Fork, headway: Headway, tmp_path: Path) -> None:
    claim = write_claim(tmp_path, head_sha=fork.head)

    headway(fork.runner(), fork.event(), "pr", "relay", str(claim))

    [comment] = fork.comments()
    for markup in ("](https://evil", "<img", "@everyone", " #1", "`|`"):
        assert markup not in comment


def test_a_second_run_leaves_one_comment(fork: Fork, headway: Headway, tmp_path: Path) -> None:
    runner = fork.runner()
    headway(runner, fork.event(), "pr", "relay", str(write_claim(tmp_path, head_sha=fork.head)))
    headway(runner, fork.event(), "pr", "relay", str(write_claim(tmp_path, head_sha=fork.head, map50_95=0.25)))

    [comment] = fork.comments()
    assert "| mAP50-95 | 0.250 |" in comment


def test_nothing_touched_is_decided_here_whatever_the_claim_says(
    workplace: Workplace, headway: Headway, tmp_path: Path
) -> None:
    fork = Fork(workplace, {"README.md": "Other words.\n"})
    claim = write_claim(tmp_path, head_sha=fork.head)

    assert 0 == headway(fork.runner(), fork.event(), "pr", "relay", str(claim))

    assert "success" == fork.status()[0]
    assert [] == fork.comments()


def test_a_lock_that_fits_its_own_params_is_still_to_be_retrained(
    workplace: Workplace, headway: Headway, tmp_path: Path
) -> None:
    workplace.author.write({"params.yaml": PARAMS.replace("epochs: 1", "epochs: 2")})
    workplace.author.run("dvc", "repro", "--quiet")
    fork = Fork(workplace, {})

    headway(fork.runner(), fork.event(), "pr", "relay", str(write_claim(tmp_path, head_sha=fork.head)))

    assert "failure" == fork.status()[0]


@pytest.mark.parametrize("content", [
    None,
    b"",
    b"[" * 5000,
    b"x" * (LIMIT_BYTES + 1),
    b'{"schema_version": 1, "model": "@everyone"}',
    "other commit",
    "unknown key",
], ids=["missing", "empty", "deep", "large", "incomplete", "other commit", "unknown key"])  # fmt: skip
def test_what_is_no_claim_gets_a_fixed_text(
    fork: Fork, headway: Headway, tmp_path: Path, content: bytes | str | None
) -> None:
    path = write_claim(tmp_path, head_sha=fork.head)
    if content == "other commit":
        write_claim(tmp_path, head_sha="0" * 40)
    elif content == "unknown key":
        path.write_text(json.dumps({**json.loads(path.read_text()), "pull_request": 1}))
    elif content is None:
        path.unlink()
    elif isinstance(content, bytes):
        path.write_bytes(content)

    assert 0 == headway(fork.runner(), fork.event(), "pr", "relay", str(path))

    [comment] = fork.comments()
    assert "left no result that can be read" in comment
    assert "everyone" not in comment
    assert "failure" == fork.status()[0]


def test_a_link_in_place_of_the_claim_is_not_followed(fork: Fork, headway: Headway, tmp_path: Path) -> None:
    (tmp_path / "link.json").symlink_to(write_claim(tmp_path, head_sha=fork.head))

    headway(fork.runner(), fork.event(), "pr", "relay", str(tmp_path / "link.json"))

    [comment] = fork.comments()
    assert "left no result that can be read" in comment


def test_a_head_that_moved_on_gets_nothing(fork: Fork, headway: Headway, tmp_path: Path) -> None:
    old = fork.event()
    fork.workplace.author.commit({"README.md": "Newer.\n"})
    fork.workplace.author.run("git", "push", "--quiet", str(fork.workplace.folder / "fork.git"), "HEAD:change")

    assert 0 == headway(fork.runner(), old, "pr", "relay", str(write_claim(tmp_path, head_sha=fork.head)))

    assert [] == fork.comments()
    assert {} == fork.workplace.github.statuses(NAME, fork.head)


def test_a_fork_that_is_gone_gets_nothing(fork: Fork, headway: Headway, tmp_path: Path) -> None:
    event = fork.event(head_repository=None)

    assert 0 == headway(fork.runner(), event, "pr", "relay", str(write_claim(tmp_path, head_sha=fork.head)))
    assert [] == fork.comments()


def test_nothing_of_the_fork_is_checked_out(fork: Fork, headway: Headway, tmp_path: Path) -> None:
    runner = fork.runner()

    headway(runner, fork.event(), "pr", "relay", str(write_claim(tmp_path, head_sha=fork.head)))

    assert fork.workplace.tip("main") == runner.run("git", "rev-parse", "HEAD")
    assert "" == runner.run("git", "status", "--porcelain")


def test_a_claim_says_what_the_scorecard_says(workplace: Workplace, headway: Headway) -> None:
    clone = workplace.check_out(workplace.push("change"))
    clone.write({"reports/scorecard.json": scorecard().model_dump_json()})
    event = workplace.event(workplace.open_pull("change"))

    assert 0 == headway(clone, event, "pr", "claim", "--out", "claim.json")

    card = read_scorecard(clone.root / "reports/scorecard.json")
    claim = json.loads((clone.root / "claim.json").read_text())
    assert (workplace.tip("change"), "detector") == (claim["head_sha"], claim["model"])
    assert (card.quality.map50_95, len(card.per_class)) == (claim["map50_95"], len(claim["classes"]))


def test_a_fork_cannot_set_the_status_that_is_asked_for_by_aiming_at_another_branch(
    workplace: Workplace, headway: Headway, tmp_path: Path
) -> None:
    workplace.push("release")
    fork = Fork(workplace, {"README.md": "Words.\n"}, base="release")

    assert 0 == headway(fork.runner(), fork.event(), "pr", "relay", str(tmp_path / "none.json"))

    assert ["headway (release)"] == list(workplace.github.statuses(NAME, fork.head))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("README.md", ("success", "Nothing to promote.")),
        ("models/registry/production/cells.yaml", ("failure", "To be judged here: headway adopt 1")),
    ],
)
def test_a_fork_promotes_nothing(
    workplace: Workplace, headway: Headway, tmp_path: Path, path: str, expected: tuple[str, str]
) -> None:
    fork = Fork(workplace, {path: "words"})

    headway(fork.runner(), fork.event(), "pr", "relay", str(tmp_path / "none.json"))

    assert expected == fork.status("promotion")


def test_what_goes_to_another_branch_promotes_nothing_and_needs_no_answer(
    workplace: Workplace, headway: Headway, tmp_path: Path
) -> None:
    workplace.author.run("git", "push", "--quiet", "origin", "HEAD:refs/heads/release")
    fork = Fork(workplace, {"README.md": "words"}, base="release")

    headway(fork.runner(), fork.event(), "pr", "relay", str(tmp_path / "none.json"))

    assert ["headway (release)"] == list(workplace.github.statuses(NAME, fork.head))
