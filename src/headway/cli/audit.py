"""`headway audit`: what in the registry no reviewed change explains, as a list with a way forward for each."""

from __future__ import annotations

import json
import os
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path

import click

from headway.cli.failure import outside
from headway.cli.progress import show_progress
from headway.cli.project import find_project
from headway.cli.registry.evidence import (
    find_declared_versions,
    read_committed,
    read_complaints,
    read_declared,
    read_stored,
)
from headway.cli.registry.opening import Opened, find_branch, open_local, open_remote
from headway.contracts.registry.records import one_line
from headway.errors import NO, YES, HeadwayError, InputError
from headway.registry.audit.bytes import audit_bytes, audit_record
from headway.registry.audit.declarations import Declared, audit_declarations
from headway.registry.audit.findings import Finding, is_clean, sort_findings
from headway.registry.audit.tags import (
    find_broken_chains,
    find_differences,
    find_foreign,
    find_unsigned,
    list_signed,
)
from headway.registry.reading import read_state

_WIDTH = 80
_OFFLINE = Finding("not-checked", "the remote", "its tags, its bytes and MLflow were not asked: --offline")


@click.command()
@click.option("--offline", is_flag=True, help="Ask nobody: only what this clone holds.")
@click.option("--all-bytes", is_flag=True, help="Read the files of all versions through, not only of declared ones.")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def audit(offline: bool, all_bytes: bool, as_json: bool) -> int:
    """List what in the registry no reviewed change explains.

    Tags without a merged change, moved or deleted ones, stage files against the rules, versions whose bytes the remote
    lacks or has otherwise. Exit code 0: nothing, or only notices; 1: something, each with a way forward.
    """
    if offline and all_bytes:
        raise click.UsageError("--all-bytes needs the remote, which --offline does not ask")
    root = find_project(Path.cwd())
    opened, changed = (open_local(root), ()) if offline else _follow(root)
    if not opened.state.complete:
        raise InputError(
            "a shallow clone does not hold the history that an audit is about", hint="git fetch --unshallow"
        )
    found = sort_findings((*changed, *audit_registry(opened, offline=offline, all_bytes=all_bytes)))
    click.echo(json.dumps(_values(opened, found), indent=2) if as_json else "\n".join(render(opened, found)))
    return YES if is_clean(found) else NO


def render(opened: Opened, findings: Sequence[Finding]) -> Iterator[str]:
    """Yield the lines of the answer for a terminal."""
    failures = sum(not one.kind.notice for one in findings)
    state = opened.state
    versions, echoes = (sum(map(len, held.values())) for held in (state.versions, state.echoes))
    yield _fill(
        f"{opened.branch} at {state.head[:10]}: {versions} versions, {echoes} echoes; "
        f"{failures or 'no'} finding{'' if failures == 1 else 's'}, {len(findings) - failures} to notice"
    )
    for kind, group in groupby(findings, key=lambda one: one.kind):
        yield ""
        yield _fill(f"{kind.code}{' (notice)' if kind.notice else ''}: {kind.title}")
        for one in group:
            yield _fill(f"  {one_line(one.subject)}: {one_line(one.sentence)}")
        yield _fill(f"  way forward: {kind.way}")


def _follow(root: Path) -> tuple[Opened, Sequence[Finding]]:
    """Return the registry as the remote has it now, and what this clone had otherwise before."""
    branch = find_branch(root)
    registry = open_remote(root, branch=branch)
    changed = tuple(find_differences(registry.differences()))
    ledger = registry.refresh()
    return Opened(root, branch, ledger, read_state(ledger)), changed


def audit_registry(opened: Opened, *, offline: bool, all_bytes: bool = False) -> Iterator[Finding]:
    """Yield everything that is found; the remote is asked for bytes, and MLflow for aliases, unless `offline`.

    Raises:
        OutsideError: the remote cannot be reached.
    """
    declared = read_declared(opened)
    yield from find_foreign(opened.state)
    yield from find_broken_chains(opened.ledger, opened.state)
    if declared.rules.now and declared.rules.now.signed_tags:
        yield from find_unsigned(opened.state, read_complaints(opened, list_signed(opened.state)))
    yield from audit_declarations(declared)
    yield from _audit_versions(opened, declared, offline=offline, all_bytes=all_bytes)
    if offline:
        yield _OFFLINE
    else:
        yield from _audit_aliases(opened)


def _audit_versions(opened: Opened, declared: Declared, *, offline: bool, all_bytes: bool) -> Iterator[Finding]:
    versions = [one for found in opened.state.versions.values() for one in found]
    committed = {one.tag.name: read_committed(opened, one) for one in versions}
    for one in show_progress(versions, label="versions"):
        yield from audit_record(one, committed[one.tag.name])
    if offline or not versions:
        return
    through = committed.keys() if all_bytes else find_declared_versions(declared)
    stored = read_stored(opened, versions, through)
    for one in versions:
        yield from audit_bytes(one, committed[one.tag.name], stored[one.tag.name])


def _audit_aliases(opened: Opened, environment: Mapping[str, str] = os.environ) -> Iterator[Finding]:
    """Yield the aliases of MLflow, where a server is set, that Git does not declare; Git does not wait for a server."""
    if not environment.get("MLFLOW_TRACKING_URI"):
        return
    from headway.cli.registry.mirror import alias_differences

    try:
        for sentence in alias_differences(opened):
            yield Finding("alias-differs", "MLflow", sentence)
    except HeadwayError as error:
        yield Finding("not-checked", "MLflow", error.message)
    except OSError as error:
        yield Finding("not-checked", "MLflow", outside(error).message)


def _values(opened: Opened, findings: Sequence[Finding]) -> Mapping[str, object]:
    return {
        "branch": opened.branch,
        "commit": opened.state.head,
        "clean": is_clean(findings),
        "findings": [
            {
                "code": one.code,
                "subject": one.subject,
                "sentence": one.sentence,
                "way": one.kind.way,
                "notice": one.kind.notice,
            }
            for one in findings
        ],
    }


def _fill(line: str) -> str:
    return textwrap.fill(line, _WIDTH, subsequent_indent="    ", break_on_hyphens=False)
