"""`headway verify`: whether code, params, data pointers, dvc.lock and remote agree at one commit."""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from headway.cli.progress import say
from headway.cli.project import find_project
from headway.contracts.layout import LOCK
from headway.contracts.verification import StageAnswer, Verification
from headway.errors import NO, YES
from headway.integrations.dvc.pipeline import CommittedPipeline
from headway.integrations.dvc.store import Cache, Remote, default_remote
from headway.integrations.git.objects import Commit
from headway.pull_request.proof import Proofs
from headway.pull_request.verify import Evidence, verify_stages

if TYPE_CHECKING:
    from headway.ports import ObjectStore


@click.command()
@click.argument("revision", metavar="[REV]", default="HEAD")
@click.option("--remote", metavar="NAME", help="Remote to ask instead of the default one.")
@click.option("--no-remote", is_flag=True, help="Ask no remote: Git alone.")
@click.option("--base", metavar="REV", help="Branch that REV is to go into: only its commits and runs prove anything.")
@click.option("--json", "as_json", is_flag=True, help="Print the whole answer as JSON.")
def verify(revision: str, remote: str | None, no_remote: bool, base: str | None, as_json: bool) -> int:
    """Say whether code, params, data, dvc.lock and remote agree at REV (default: HEAD).

    Only Git's objects are read, and the remote is only asked what it has: nothing is pulled. Exit code 0: all agree,
    1: something does not, and the stage to run again is named.
    """
    if remote and no_remote:
        raise click.UsageError("--remote and --no-remote contradict each other")
    root = find_project(Path.cwd())
    with Commit(root, revision) as commit:
        if commit.is_dirty:
            say("warning: tracked files have changes that are not committed; they are not looked at")
        answer = _verify(root, commit, False if no_remote else remote, base)
    click.echo(answer.model_dump_json(indent=2) if as_json else "\n".join(render(answer)))
    return YES if answer.agrees else NO


def verify_revision(
    root: Path, revision: str = "HEAD", *, remote: str | Literal[False] | None = None, base: str | None = None
) -> Verification:
    """Verify one commit of the project at `root`, the folder that holds `.dvc`.

    Args:
        root: the project.
        revision: anything that names a commit to Git.
        remote: the remote to ask; None for the default one, if there is one; False for none.
        base: the branch that it is to go into; None where it is on it. With a base no commit of the proposal proves an
            entry of dvc.lock, only the base's commits do, and records of runs.

    Raises:
        InputError: no project, commit or remote of that name, or a dvc.yaml that DVC refuses.
        OutsideError: the remote cannot be reached.
    """
    with Commit(root, revision) as commit:
        return _verify(root, commit, remote, base)


def _verify(root: Path, commit: Commit, wanted: str | Literal[False] | None, base: str | None) -> Verification:
    pipeline = CommittedPipeline(root, commit.commit, commit.kinds(""))
    default = default_remote(pipeline.repo)
    name = (wanted or default) if wanted is not False else None
    remote = Remote(pipeline.repo, name) if name else None
    cache = Cache(pipeline.repo)
    locks = sorted({stage.lock for stage in pipeline.stages})
    # What only this machine ran is all on this machine; what a remote should have is only known to be lacking there.
    complete = remote.records_runs if remote else default is None and cache.records_runs
    stores: list[ObjectStore] = [cache, *([remote] if remote else [])]
    accepted = commit.history(locks, base) if base is not None else None
    proofs = Proofs(commit.commit, commit.history(locks), stores, complete, accepted)
    lock = commit.read(LOCK.as_posix())
    return Verification(
        commit=commit.commit,
        lock_sha256=None if lock is None else hashlib.sha256(lock).hexdigest(),
        remote=name,
        stages=verify_stages(Evidence(commit, pipeline, cache, remote, proofs)),
    )


def render(answer: Verification) -> Iterator[str]:
    """Yield the lines of the answer for a terminal."""
    asked = f"remote {answer.remote}" if answer.remote else "no remote asked"
    yield f"{answer.commit[:10]}: {'all agree' if answer.agrees else 'NOT all agree'} ({asked})"
    new = [one.name for one in answer.stages if _kinds(one) == {"not-run"}] if answer.lock_sha256 is None else []
    if new:
        yield ""
        yield f"there is no {LOCK}: never run were {', '.join(map(_line, new))}"
        yield f"  {_FIRST_RUN}"
    for stage in answer.stages:
        if stage.name in new or not (stage.disagreements or stage.unverifiable):
            continue
        yield ""
        yield _line(stage.name) + (f"   {how_to_mend(stage)}" if stage.disagreements else "")
        for one in stage.disagreements:
            values = f"   lock {_value(one.expected)}, found {_value(one.found)}"
            yield f"  {one.kind:<17} {_line(one.subject)}" + (values if one.kind not in _WITHOUT_VALUES else "")
        for sentence in stage.unverifiable:
            yield f"  unverifiable      {_line(sentence)}"


_WITHOUT_VALUES = {"not-run", "orphan", "missing-on-remote", "unproven"}
_LONGEST = 60
_FIRST_RUN = f"headway repro && dvc push --run-cache; commit {LOCK} reports models; or let a pull request do it all"


def _kinds(stage: StageAnswer) -> set[str]:
    return {one.kind for one in stage.disagreements}


def how_to_mend(stage: StageAnswer) -> str:
    """Return what makes a stage agree again, as a command where there is one."""
    kinds = _kinds(stage)
    name = shlex.quote(stage.name)
    if kinds == {"orphan"}:
        return "delete this entry: no stage has its name"
    if kinds == {"missing-on-remote"}:
        return "dvc push, where it was made"
    if stage.frozen:
        return f"it is frozen: dvc unfreeze {name}, then dvc repro {name}"
    if kinds <= {"unproven", "missing-on-remote"}:
        return f"dvc repro --force --single-item {name}, or dvc push --run-cache where it was run"
    return f"dvc repro --force --single-item {name}" if stage.is_to_drop else f"dvc repro {name}"


def _value(value: str | None) -> str:
    return "nothing" if value is None else _line(value if len(value) <= _LONGEST else f"{value[:_LONGEST]}…")


def _line(text: str) -> str:
    """Return text from the repository so that it cannot move a terminal's cursor."""
    return "".join(character if character.isprintable() else "\ufffd" for character in " ".join(text.split()))
