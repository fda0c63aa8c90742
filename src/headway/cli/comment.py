"""`headway comment`: puts the report on the pull request, and sees that it is the only one."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import click

from headway.cli.actions import read_event
from headway.cli.forge import find_account
from headway.cli.progress import say
from headway.contracts.layout import PARAMS
from headway.contracts.params.document import read_document
from headway.contracts.params.model import read_model
from headway.errors import InputError, OutsideError
from headway.integrations.cml import Cml, find_program, reaches
from headway.integrations.git.revisions import commit_of
from headway.integrations.github import Account, GitHub
from headway.pull_request.comment import Report, choice_of_cml
from headway.pull_request.posting import Posting, Situation, wait_for_head

_FULL_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


@click.command()
@click.argument("report", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--pr", "number", type=click.IntRange(min=1), help="Pull request; the event's otherwise.")
@click.option("--title", help="Name of this pipeline's report on the pull request; headway-<model> otherwise.")
@click.option("--sha", "revision", default="HEAD", show_default=True, help="Commit that the report judges.")
@click.option("--only-existing", is_flag=True, help="Update an earlier report; make none where there is none.")
@click.option("--wait", is_flag=True, help="Wait some seconds until GitHub shows a commit that was just pushed.")
@click.option("--cml-timeout", "cml_timeout_s", type=click.FloatRange(min=1), default=60, show_default=True,
              help="Seconds after which cml is stopped.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print what was done as JSON.")
def comment(
    report: Path,
    number: int | None,
    title: str | None,
    revision: str,
    only_existing: bool,
    wait: bool,
    cml_timeout_s: float,
    as_json: bool,
) -> None:
    """Keep exactly one current report on a pull request: the text of REPORT.

    An earlier one is edited, duplicates are removed, and comments of others are never touched.
    """
    number = number or find_number(os.environ)
    account = find_account(Path.cwd())
    content = Report(read_markdown(report), title or default_title(), find_commit(Path.cwd(), revision))
    forge = GitHub(account)
    if wait:
        wait_for_head(forge, number, content.sha, time.sleep)
    posting = Posting(forge, number, content, only_existing=only_existing)
    by_cml = post_with_cml(posting.look(), content, number, account, cml_timeout_s, os.environ)
    outcome = posting.settle(posted_by_cml=by_cml)
    if as_json:
        click.echo(json.dumps(asdict(outcome)))
    else:
        click.echo(outcome.url or f"pull request {number} has no report, and none was made")


def post_with_cml(
    found: Situation, report: Report, number: int, account: Account, timeout_s: float, environment: Mapping[str, str]
) -> bool:
    """Let CML write where it can, and say on stderr why it does not; return whether it wrote."""
    if not found.plan.write:
        return False
    program = find_program(environment)
    if program is None:
        say("cml is not installed: Headway writes the report itself")
        return False
    if not reaches(account.repository_url, account.api_url):
        say(f"cml cannot be told to call {account.api_url}: Headway writes the report itself")
        return False
    if choice_of_cml(found.comments, report.title) != found.plan.keep:
        say("cml does not find the report among others' comments: Headway writes it itself")
        return False
    cml = Cml(program, account.repository_url, account.token, timeout_s, environment)
    report.body(found.head)  # refuses what is too long
    try:
        cml.post_report(report.text(found.head), pull_request=number, title=report.title, sha=report.sha)
    except OutsideError as error:
        say(f"warning: {error.message}: Headway sees to the report itself")
    return True


def find_number(environment: Mapping[str, str]) -> int:
    """Return the pull request of the workflow's event.

    Raises:
        InputError: this is no workflow, or its event is about no pull request.
    """
    event = read_event(environment)
    if event is None or event.pull_request is None:
        raise InputError("it is not known which pull request is meant", hint="name it: --pr NUMBER")
    return event.pull_request


def find_commit(root: Path, revision: str) -> str:
    """Return the full hash of the judged commit; one that is given in full need not be in this clone.

    Raises:
        InputError: `revision` names no commit.
    """
    if _FULL_SHA.fullmatch(revision):
        return revision
    commit = commit_of(root, revision)
    if commit is None:
        raise InputError(f"--sha: {revision!r} names no commit", hint="git log shows the commits")
    return commit


def default_title() -> str:
    return f"headway-{read_model(read_document(PARAMS))}"


def read_markdown(path: Path) -> str:
    """Return the report's text.

    Raises:
        InputError: the file is no text, or empty.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is no UTF-8 text", hint="name a file that headway report wrote") from error
    if not text.strip():
        raise InputError(f"{path} is empty", hint="name a file that headway report wrote")
    return text
