"""Whose tags `headway reconcile` makes: by hand the person's, in a workflow the bot's."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.cli.command import run_headway
from tests.registry.line import GIT, MODEL, make_registered_line

BOT = "github-actions[bot]"
NOBODY = {"GIT_AUTHOR_NAME": "", "GIT_AUTHOR_EMAIL": "", "EMAIL": ""}


@pytest.mark.parametrize(
    ("variables", "tagger"),
    [
        ({"GITHUB_ACTIONS": ""}, "Ada"),
        ({"GITHUB_ACTIONS": "true"}, BOT),
        ({"GITHUB_ACTIONS": "", **NOBODY}, BOT),
    ],
)
def test_the_tagger_is_who_reconciles(tmp_path: Path, variables: Mapping[str, str], tagger: str) -> None:
    line = make_registered_line(tmp_path)
    line.declare("staging", "v1.0.0")
    line.push()

    done = run_headway("reconcile", folder=line.root, **{**GIT, "GITHUB_TOKEN": "", **variables})

    assert 0 == done.returncode, done.stderr
    assert tagger == line.git("for-each-ref", "--format=%(taggername)", f"refs/tags/{MODEL}#staging#1")
