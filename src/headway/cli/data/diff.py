"""`headway data diff`: what changed in the prepared data since a Git revision."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click

from headway.cli.progress import say
from headway.contracts.atomic import write_text
from headway.contracts.canonical import readable_json
from headway.contracts.dataset import FACTS, RECORDS, read_dataset, read_problems
from headway.contracts.layout import PREPARED
from headway.data.diff import Version, diff_datasets
from headway.data.diff_report import diff_markdown, diff_values
from headway.errors import InputError
from headway.integrations.dvc.tracked import read_tracked

_SHORT = 10


@click.command()
@click.argument("revision", metavar="REV")
@click.option("--json", "as_json", is_flag=True, help="Report everything as JSON instead of Markdown.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="File to write instead of stdout.")
def diff(revision: str, as_json: bool, out: Path | None) -> None:
    """Compare data/prepared with what it was at REV, without checking anything out.

    The report is Markdown for a pull request: images, boxes per class, changed labels, leaks, problems, digests.
    """
    now = Version(read_dataset(PREPARED), read_problems(PREPARED))
    commit, before = read_version(Path.cwd(), revision)
    changes = diff_datasets(before, now)
    if as_json:
        report = readable_json({"revision": revision, "commit": commit, **diff_values(changes)})
    else:
        report = diff_markdown(changes, f"{revision} ({commit[:_SHORT]})")
    if out is None:
        click.echo(report, nl=False)
    else:
        write_text(out, report)
        say(f"written to {out}")


def read_version(root: Path, revision: str) -> tuple[str, Version]:
    """Return the full hash of `revision` and the data as DVC tracked it there.

    Raises:
        InputError: there is no such revision, or no prepared data at it that this version of Headway can read.
    """
    commit, contents = read_tracked(root, revision, PREPARED, (RECORDS, FACTS))
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for name, content in contents.items():
            (folder / name).write_bytes(content)
        try:
            return commit, Version(read_dataset(folder), read_problems(folder))
        except InputError as error:
            reason = error.message.replace(str(folder), str(PREPARED))
            raise InputError(
                f"at revision {revision}: {reason}",
                hint=f"it was made by another version of Headway; name a commit since {PREPARED} was made by this one",
            ) from error
