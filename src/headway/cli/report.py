"""`headway report`: the Markdown that reviewers read on a pull request."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from pathlib import Path

import click

from headway.cli.actions import add_summary
from headway.cli.gate.policy import default_base
from headway.cli.progress import say
from headway.contracts.atomic import write_text
from headway.contracts.canonical import readable_json
from headway.contracts.layout import VERDICT
from headway.contracts.verdict import Verdict, read_verdict
from headway.errors import InputError
from headway.integrations.git.history import changes_since, merge_base
from headway.integrations.git.reading import file_at, read_revision
from headway.integrations.git.revisions import commit_of
from headway.pull_request.report.budget import Report
from headway.pull_request.report.facts import Base, Facts
from headway.pull_request.report.gathering import read_run
from headway.pull_request.report.images import check_image_url
from headway.pull_request.report.render import render

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.option("--verdict", "file", type=_FILE, default=VERDICT, show_default=True, help="The gate's answer.")
@click.option("--base", metavar="REV", help="Branch that the merge goes to.  [default: the pull request's, else main]")
@click.option("--out", type=_FILE, help="File to write instead of stdout.")
@click.option(
    "--image-url", metavar="URL", envvar="HEADWAY_IMAGE_URL", help="Your own host of test images: {image_id}."
)
@click.option("--json", "as_json", is_flag=True, help="Print what was decided, what was left out, and the Markdown.")
def report(file: Path, base: str | None, out: Path | None, image_url: str | None, as_json: bool) -> None:
    """Write the report of a verdict: what was decided and why, what changed, and every figure behind it.

    It ends with 0 whatever the verdict is. In GitHub Actions the text also goes to the job summary.
    """
    verdict = read_verdict(file)
    written = render(gather(Path.cwd(), verdict, base, check_image_url(image_url) if image_url else None))
    if out is not None:
        write_text(out, written.text)
        say(f"written to {out}")
    add_summary(written.text)
    if as_json:
        click.echo(_json(verdict, written), nl=False)
    elif out is None:
        click.echo(written.text, nl=False)


def gather(root: Path, verdict: Verdict, base: str | None = None, image_url: str | None = None) -> Facts:
    """Collect what a report about `verdict` is made of from the repository in `root`.

    Args:
        root: the project's folder.
        verdict: the gate's answer.
        base: branch that the merge goes to; None takes the usual one, if there is any.
        image_url: see `check_image_url`.

    Raises:
        InputError: `base` names no commit.
    """
    revision = read_revision(root)
    found, no_base = _find_base(root, base)
    return Facts(
        verdict=verdict,
        run=read_run(partial(_read, root), model_sha256=verdict.candidate.model_sha256),
        commit=revision.commit,
        dirty=revision.dirty,
        base=found,
        no_base=no_base,
        image_url=image_url,
    )


def _find_base(root: Path, named: str | None) -> tuple[Base | None, str]:
    """Return the base, or None and the reason. Only a base that somebody named has to exist."""
    try:
        name = named or default_base(root)
        commit = commit_of(root, name)
    except InputError as error:
        if named is not None:
            raise
        return None, error.message
    if commit is None:
        if named is not None:
            raise InputError(f"{named!r} names no commit", hint="fetch it, or name another: --base REV")
        return None, f"this clone does not know {name}"
    fork = merge_base(root, commit)
    if fork is None:
        return None, f"this clone knows no commit that HEAD and {name} have in common (is it a shallow one?)"
    return Base(name, fork, read_run(partial(file_at, root, fork)), changes_since(root, fork)), ""


def _read(root: Path, path: Path) -> bytes | None:
    try:
        return (root / path).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None


def _json(verdict: Verdict, written: Report) -> str:
    content = readable_json({"decision": verdict.decision, "summary": verdict.summary, **asdict(written)})
    return content.replace("##[", "#\\u0023[")  # a command to the runner, anywhere in a line of its log
