"""`headway lock`: merges dvc.lock stage by stage, as a merge driver of Git."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path

import click

from headway.cli.progress import say
from headway.contracts.atomic import write_bytes
from headway.errors import NO, YES, InputError
from headway.integrations.git.merging import install_driver, merge_texts
from headway.integrations.git.repository import find_top
from headway.pull_request.lock_merge import merge_locks

DRIVER = "headway-lock"
LINE = f"dvc.lock merge={DRIVER}"
_ATTRIBUTES = ".gitattributes"


@click.group()
def lock() -> None:
    """Merge dvc.lock stage by stage."""


@lock.command()
@click.argument("base", type=click.Path(path_type=Path))
@click.argument("ours", type=click.Path(path_type=Path))
@click.argument("theirs", type=click.Path(path_type=Path))
@click.argument("name")
def merge(base: Path, ours: Path, theirs: Path, name: str) -> int:
    """Merge as Git's merge driver: %O %A %B %P.

    The result is written to OURS. Entries that both sides changed differently are dropped, so that just those stages
    run again. Exit code 1, with Git's own merge of the lines, where a side is no dvc.lock.
    """
    sides = base.read_bytes(), ours.read_bytes(), theirs.read_bytes()
    try:
        merged = merge_locks(*sides)
    except InputError as error:
        lines, _conflicts = merge_texts(*sides, labels=("ours", "base", "theirs"))
        ours.write_bytes(lines)
        say(f"{shlex.quote(name)}: {error.message}; the conflict is left to you")
        return NO
    # In place: Git reads the temporary file that it named, and nothing else sees it.
    ours.write_bytes(merged.content)
    if merged.dropped:
        stages = ", ".join(map(shlex.quote, merged.dropped))
        say(f"{shlex.quote(name)}: both sides changed {stages}; run them again: dvc repro")
    return YES


@lock.command()
@click.option("--json", "as_json", is_flag=True, help="Print what was done as JSON.")
def install(as_json: bool) -> None:
    """Set up the merge driver in this clone, and name it in .gitattributes."""
    top = find_top(Path.cwd())
    if top is None:
        raise InputError("this folder lies in no Git repository", hint="run this in one")
    install_driver(top, DRIVER, "dvc.lock, stage by stage", f"{_command()} lock merge %O %A %B %P")
    added = add_line(top / _ATTRIBUTES, LINE)
    if as_json:
        click.echo(json.dumps({"driver": DRIVER, "line": LINE, "added": added}))
        return
    if added:
        click.echo(f"added to {_ATTRIBUTES}: {LINE} (commit it, so that all clones know)")
    else:
        click.echo(f"{_ATTRIBUTES} has the line {LINE}")
    click.echo(f"merge.{DRIVER} is set up in this clone; each clone needs: headway lock install")


def add_line(path: Path, line: str) -> bool:
    """Add a line to a file that lacks it, or return False."""
    content = path.read_bytes() if path.exists() else b""
    if line.encode() in (one.strip() for one in content.splitlines()):
        return False
    ended = content if not content or content.endswith(b"\n") else content + b"\n"
    write_bytes(path, ended + line.encode() + b"\n")
    return True


def _command() -> str:
    """Return the command of this installation: whoever merges may not have its environment active."""
    here = Path(sys.executable).parent / "headway"
    return shlex.quote(str(here)) if here.exists() else "headway"
