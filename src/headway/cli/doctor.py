"""`headway doctor`: what a repository still lacks for the pull request loop, and how to get it."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import click

from headway.adoption.doctor import diagnose, is_healthy
from headway.adoption.facts import DRIVER, TRACKED, Check, ForgeFacts, LocalFacts, Silence, Storage
from headway.adoption.owners import PLACES
from headway.adoption.plan import OPEN
from headway.adoption.rendering import REQUIREMENTS
from headway.adoption.requirement import find_requirement
from headway.cli.forge import open_forge
from headway.cli.init import make
from headway.contracts.layout import PARAMS, STAGES
from headway.contracts.params.document import read_document
from headway.contracts.params.whole import check_params
from headway.contracts.registry.stages import Stages, parse_stages
from headway.errors import NO, YES, HeadwayError, InputError


@click.command()
@click.option("--base", help="Branch that pull requests go to [default: origin's, else main].")
@click.option("--remote", is_flag=True, help="Ask the DVC remote, too, whether it can be reached.")
@click.option("--json", "as_json", is_flag=True, help="Report every check as JSON.")
def doctor(base: str | None, remote: bool, as_json: bool) -> int:
    """Check this repository, and its settings on GitHub where GITHUB_TOKEN or HEADWAY_TOKEN is set.

    Ends with 0 when nothing is missing that the loop needs, else with 1.
    """
    root = find_root(Path.cwd())
    checks = diagnose(read_local(root, ask_remote=remote), read_forge(root, base))
    if as_json:
        click.echo(json.dumps({"healthy": is_healthy(checks), "checks": [asdict(check) for check in checks]}))
    else:
        click.echo("\n".join(render(checks)))
    return YES if is_healthy(checks) else NO


def find_root(folder: Path) -> Path:
    """Return the root of the repository that holds `folder`.

    Raises:
        InputError: there is none.
    """
    from headway.integrations.git.repository import find_top

    root = find_top(folder)
    if root is None:
        raise InputError(f"{folder} lies in no Git repository", hint="headway init . makes one")
    return root


def read_local(root: Path, *, ask_remote: bool) -> LocalFacts:
    """Return what the clone at `root` shows."""
    from headway.integrations.git.origin import remote_url
    from headway.integrations.git.settings import find_tracked, git_version, read_attribute, read_setting

    return LocalFacts(
        git_version=git_version(root),
        origin=_without_credentials(remote_url(root)),
        committed=find_tracked(root, TRACKED),
        storage=_read_storage(root, ask=ask_remote),
        merge_attribute=read_attribute(root, "dvc.lock", "merge"),
        merge_driver=read_setting(root, f"merge.{DRIVER}.driver"),
        params_fault=_params_fault(root / PARAMS),
        gate=_has_gate(root / PARAMS),
        requirement=find_requirement(_lines(root / REQUIREMENTS)),
        stale=_find_stale(root),
        owners=next(("\n".join(_lines(root / place)) for place in PLACES if (root / place).is_file()), None),
        stages=_read_stages(root / STAGES),
        cml=shutil.which("cml") is not None,
    )


def read_forge(root: Path, base: str | None) -> ForgeFacts | Silence:
    """Return what GitHub shows, or why it shows nothing."""
    from headway.integrations.git.settings import default_branch

    branch = base or default_branch(root) or "main"
    try:
        forge = open_forge(root)
        return ForgeFacts(branch, forge.protection(branch), forge.variables(), forge.rulesets(), forge.environments())
    except HeadwayError as error:
        return Silence(error.message, error.hint)


def render(checks: Sequence[Check]) -> Iterator[str]:
    """Yield a line for each check, and its hint below where something is to be done."""
    width = max(len(check.name) for check in checks)
    said = ""
    for check in checks:
        outcome = f"{check.outcome} (optional)" if check.optional and check.outcome == "missing" else check.outcome
        yield f"{check.name:<{width}}  {outcome}: {check.detail}"
        if check.outcome != "ok" and check.hint not in {"", said}:
            yield f"{'':<{width}}    {check.hint}"
            said = check.hint


def _read_storage(root: Path, *, ask: bool) -> Storage | None:
    from headway.integrations.dvc.storage import read_storage

    try:
        found = read_storage(root, ask=ask)
    except InputError:  # no DVC repository: the check says how to get a remote
        return None
    return None if found is None else Storage(*found, asked=ask)


def _params_fault(path: Path) -> str | None:
    try:
        check_params(path)
    except InputError as error:
        return error.message.splitlines()[0]
    return None


def _read_stages(path: Path) -> Stages | str:
    try:
        return parse_stages(path.read_bytes(), STAGES.as_posix())
    except OSError:
        return f"there is no {STAGES.as_posix()}"
    except InputError as error:
        return error.message.splitlines()[0]


def _has_gate(path: Path) -> bool:
    try:
        return "gate" in read_document(path).values
    except InputError:
        return False


def _find_stale(root: Path) -> Mapping[str, str]:
    try:
        plan, _ = make(root, update=False, requirement=None)
    except InputError as error:  # a record that cannot be read, a folder below the root
        return {".github/": error.message}
    return {step.path: step.outcome for step in plan.steps if step.writes or step.outcome in {*OPEN, "left out"}}


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except (FileNotFoundError, UnicodeDecodeError):
        return []


def _without_credentials(url: str | None) -> str | None:
    return url and re.sub(r"^(\w+://)[^/@]*@", r"\1", url)
