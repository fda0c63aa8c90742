"""What the pages say exists: links, commands, files, params."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import jsonschema
import pytest
import yaml

from headway.cli.main import cli
from headway.contracts.layout import VERDICT
from headway.contracts.registry.acknowledged import parse_acknowledged
from headway.contracts.registry.desired import parse_desired
from headway.contracts.registry.stages import parse_stages
from tests.conftest import ROOT

PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
FENCE = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")
FILE = re.compile(r"`((?:src|pipelines|tests|tools|docs|bench|reports|models/<model>|data/prepared)(?:/[\w.\-/]+)?)`")
PASSED_ON = {"repro"}
"""Verbs whose further words are another program's."""

pages = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())


def blocks(page: Path, language: str) -> list[str]:
    """Return the content of each fenced block of `language`."""
    return [content for found, content in FENCE.findall(page.read_text(encoding="utf-8")) if found == language]


def commands(page: Path, program: str) -> Iterator[list[str]]:
    """Yield the words behind `program`: of each line in a fenced sh block, and of code spans that name a verb."""
    for line in "\n".join(blocks(page, "sh")).splitlines():
        words = shlex.split(line, comments=True)
        if words[:1] == [program]:
            yield words[1:]
    prose = FENCE.sub("", page.read_text(encoding="utf-8"))
    for span in re.findall(rf"`{program} ([a-z][^`]*)`", prose):
        yield shlex.split(span)


def unknown_words(words: list[str]) -> list[str]:
    """Return the verb or the options in a headway command line that the command does not have."""
    command: click.Command = cli
    context = click.Context(command)
    while words and isinstance(command, click.Group):
        found = command.get_command(context, words[0])
        if found is None:
            return words[:1]
        command, words = found, words[1:]
    if command.name in PASSED_ON:
        return []
    known = {"--help", *(option for parameter in command.params for option in parameter.opts)}
    return [word for word in words if word.startswith("-") and word.partition("=")[0] not in known]


@pages
def test_relative_links_lead_somewhere(page: Path) -> None:
    links = [link for link in LINK.findall(FENCE.sub("", page.read_text(encoding="utf-8"))) if "://" not in link]

    assert [] == [link for link in links if not (page.parent / link).exists()]


@pages
def test_commands_and_their_options_exist(page: Path) -> None:
    assert [] == [words for words in commands(page, "headway") if unknown_words(words)]


@pages
def test_make_targets_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))

    assert [] == [words for words in commands(page, "make") if not set(words) <= targets]


@pages
def test_files_that_are_named_exist_or_are_declared(page: Path) -> None:
    outputs = declared_outputs()
    named = FILE.findall(page.read_text(encoding="utf-8"))

    assert [] == [name for name in named if not (ROOT / name).exists() and outputs.isdisjoint([name, *parents(name)])]


def declared_outputs() -> set[str]:
    """Return what the stages write, as dvc.yaml declares it, and what the gate writes, which is no stage."""
    stages = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"].values()
    entries = [entry for stage in stages for kind in ("outs", "metrics", "plots") for entry in stage.get(kind, [])]
    paths = [path for entry in entries for path in ([entry] if isinstance(entry, str) else entry)]
    return {VERDICT.as_posix(), *(path.replace("${model}", "<model>") for path in paths)}


def parents(name: str) -> list[str]:
    return [parent.as_posix() for parent in Path(name).parents]


@pages
def test_params_and_files_of_the_registry_that_are_shown_can_be_used(page: Path) -> None:
    schema = json.loads((ROOT / "docs/params.schema.json").read_text(encoding="utf-8"))

    for block in blocks(page, "yaml"):
        values = yaml.safe_load(block)
        if "schema_version" not in values:
            jsonschema.validate(values, schema)
        elif "stages" in values:
            parse_stages(block.encode(), page.name)
        elif "findings" in values:
            parse_acknowledged(block.encode(), page.name)
        else:
            parse_desired(block.encode(), page.name)


def test_a_command_that_does_not_exist_is_noticed() -> None:
    assert ["--deep"] == unknown_words(["bundle", "verify", "--deep", "models"])
    assert ["deploy"] == unknown_words(["deploy"])
