"""`headway lock`: merges dvc.lock stage by stage, as a merge driver of Git."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import click

from headway.cli.progress import say
from headway.contracts.atomic import write_bytes
from headway.errors import NO, YES, InputError
from headway.integrations.git.merging import find_top, install_driver, merge_lines
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
    try:
        merged = merge_locks(base.read_bytes(), ours.read_bytes(), theirs.read_bytes())
    except InputError as error:
        merge_lines(base, ours, theirs)
        say(f"{shlex.quote(name)}: {error.message}; the conflict is left to you")
        return NO
    # In place: Git reads the temporary file that it named, and nothing else sees it.
    ours.write_bytes(merged.content)
    if merged.dropped:
        stages = ", ".join(map(shlex.quote, merged.dropped))
        say(f"{shlex.quote(name)}: both sides changed {stages}; run them again: dvc repro")
    return YES


@lock.command()
def install() -> None:
    """Set up the merge driver in this clone, and name it in .gitattributes."""
    top = find_top(Path.cwd())
    install_driver(top, DRIVER, "dvc.lock, stage by stage", f"{_command()} lock merge %O %A %B %P")
    attributes = top / _ATTRIBUTES
    if add_line(attributes, LINE):
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
