"""`headway init`: makes or extends a team's own repository, and brings it to a newer Headway."""

from __future__ import annotations

import importlib.metadata
import json
import re
from collections import Counter
from functools import partial
from pathlib import Path

import click

from headway import __version__
from headway.adoption.diff import plan_diff, plan_lines, step_diff
from headway.adoption.plan import Identity, Plan, Updating, make_plan
from headway.adoption.record import Record
from headway.adoption.rendering import REQUIREMENTS, render
from headway.adoption.requirement import choose_requirement, find_requirement, installed_from, kept_requirement
from headway.adoption.template_files import read_template
from headway.adoption.working_tree import carry_out, find_record, read_present
from headway.cli.progress import say
from headway.errors import NO, YES, InputError


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.option("--dry-run", is_flag=True, help="Show what would be done, as a diff, and write nothing.")
@click.option("--update", is_flag=True, help="Bring the files to this version of Headway; needs a clean working tree.")
@click.option(
    "--requirement", help='How pip finds Headway, e.g. "headway[train] @ git+https://HOST/REPOSITORY@v0.1.0".'
)
@click.option("--json", "as_json", is_flag=True, help="Report every file as JSON.")
def init(folder: Path, dry_run: bool, update: bool, requirement: str | None, as_json: bool) -> int:
    """Make DIR a repository that trains and judges models with Headway, or add to one what it lacks.

    A file that is there and differs is never overwritten: it is named, --dry-run shows the difference, and the exit
    code is 1. --update merges what this version of Headway renders otherwise with what the team has edited.
    """
    plan, new = make(folder, update=update, requirement=requirement)
    if not dry_run:
        if new:
            _start(folder)
        carry_out(plan, folder)
    click.echo(_json(plan, dry_run=dry_run) if as_json else _text(plan, dry_run=dry_run), nl=False)
    return YES if plan.in_place else NO


def make(folder: Path, *, update: bool, requirement: str | None) -> tuple[Plan, bool]:
    """Return the plan for `folder`, and whether it lies in no repository yet; nothing is written.

    Raises:
        InputError: the folder is not a repository's root, or cannot be updated as it is.
    """
    # Imported here: it refuses to be imported where no Git program is.
    from headway.integrations.git.merging import merge_texts
    from headway.integrations.git.repository import find_top, read_blob

    top = find_top(folder)
    if top and top != folder.resolve():
        raise InputError(
            f"{folder} lies inside the repository {top}", hint=f"GitHub reads workflows of a root: headway init {top}"
        )
    record = find_record(folder)
    if update:
        check_updatable(folder, record)
    identity = Identity(__version__, _requirement(folder, requirement, record, update=update))
    renderings = render(read_template(), identity.requirement)
    present = read_present(folder, {*renderings, *(record.files if record else ())})
    labels = ("yours", f"Headway {record.headway}" if record else "", f"Headway {__version__}")
    updating = Updating(partial(read_blob, folder), partial(merge_texts, labels=labels)) if update else None
    return make_plan(renderings, present, record, identity, updating), top is None


def check_updatable(folder: Path, record: Record | None) -> None:
    """Refuse an update whose result nobody could review, or that would go back.

    Raises:
        InputError: there is no record, it is a later version's, or tracked files differ from the last commit.
    """
    from headway.integrations.git.reading import read_revision

    if record is None:
        raise InputError(f"{folder} has no .headway.yaml: nothing to update", hint=f"run: headway init {folder}")
    if _numbers(record.headway) > _numbers(__version__):
        raise InputError(
            f"{folder} was rendered by Headway {record.headway}, this is {__version__}",
            hint="pip install --requirement requirements.txt",
        )
    revision = read_revision(folder)
    if revision.commit is None or revision.dirty:
        raise InputError(
            f"{folder} has changes that are not committed", hint="commit them, so that git diff shows the update alone"
        )


def _requirement(folder: Path, asked: str | None, record: Record | None, *, update: bool) -> str:
    direct_url = importlib.metadata.distribution("headway").read_text("direct_url.json")
    installed = installed_from(direct_url)
    present = read_present(folder, [REQUIREMENTS]).get(REQUIREMENTS, b"")
    written = find_requirement(present.decode(errors="replace").splitlines())
    recorded = record.requirement if record else None
    kept = kept_requirement(recorded, written, update=update, movable=installed is not None)
    if direct_url and not (asked or kept or installed):
        say("this Headway comes from a folder: unless a package index has it, name its place with --requirement")
    return choose_requirement(asked, kept, installed, __version__)


def _start(folder: Path) -> None:
    from headway.integrations.git.repository import start_repository

    folder.mkdir(parents=True, exist_ok=True)
    start_repository(folder)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version))


def _text(plan: Plan, *, dry_run: bool) -> str:
    counts = Counter(step.outcome for step in plan.steps)
    summary = ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
    diff = [*plan_diff(plan), ""] if dry_run else []
    return "\n".join([*diff, *plan_lines(plan), summary]) + "\n"


def _json(plan: Plan, *, dry_run: bool) -> str:
    files = [
        {"path": step.path, "outcome": step.outcome, "reason": step.reason, "diff": "\n".join(step_diff(step))}
        for step in plan.steps
    ]
    content = {"headway": __version__, "in_place": plan.in_place, "dry_run": dry_run, "files": files}
    return json.dumps(content) + "\n"
