"""`headway audit`: what in the registry no reviewed change explains, as a list with a way forward for each."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path

import click

from headway.cli.failure import outside
from headway.cli.progress import show_progress
from headway.cli.project import find_project
from headway.cli.reconcile import find_attest
from headway.cli.registry.evidence import (
    ask_forge,
    find_declared_versions,
    read_acknowledged,
    read_committed,
    read_complaints,
    read_declared,
    read_stored,
)
from headway.cli.registry.opening import Opened, fresh, open_local
from headway.cli.wrapping import fill
from headway.contracts.layout import ACKNOWLEDGED
from headway.contracts.registry.acknowledged import Acknowledgement
from headway.contracts.registry.records import one_line
from headway.errors import NO, YES, HeadwayError, InputError
from headway.integrations.git.lost import find_lost
from headway.registry.attestation import Attest
from headway.registry.audit.acknowledged import acknowledge
from headway.registry.audit.attested import audit_attestations
from headway.registry.audit.bytes import audit_bytes, audit_record
from headway.registry.audit.declarations import audit_declarations
from headway.registry.audit.declared import Declared, Merged
from headway.registry.audit.demands import audit_demands
from headway.registry.audit.findings import Finding, counted, is_clean, sort_findings
from headway.registry.audit.tags import (
    find_broken_chains,
    find_differences,
    find_foreign,
    find_unsigned,
)
from headway.registry.signing import list_demanded

_OFFLINE = Finding("not-checked", "the remote", "its tags, its bytes, the forge and MLflow were not asked: --offline")
_NO_FORGE = Finding(
    "not-checked",
    "the forge",
    "echoes are taken at their word: set GITHUB_TOKEN, and GITHUB_REPOSITORY=owner/name unless origin leads to GitHub",
)


@click.command()
@click.option("--offline", is_flag=True, help="Ask nobody: only what this clone holds.")
@click.option("--all-bytes", is_flag=True, help="Read the files of all versions through, not only of declared ones.")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def audit(offline: bool, all_bytes: bool, as_json: bool) -> int:
    """List what in the registry no reviewed change explains.

    Tags without a merged change, moved or deleted ones, tags that the forge contradicts, stage files against the rules,
    versions whose bytes the remote lacks or has otherwise. What models/registry/acknowledged.yaml names fails nothing.
    Exit code 0: nothing, or only notices; 1: something, each with a way forward.
    """
    if offline and all_bytes:
        raise click.UsageError("--all-bytes needs the remote, which --offline does not ask")
    root = find_project(Path.cwd())
    opened, attest = (open_local(root), None) if offline else (fresh(root), find_attest(root))
    if not opened.state.complete:
        raise InputError(
            "a shallow clone does not hold the history that an audit is about", hint="git fetch --unshallow"
        )
    found = sort_findings(audit_registry(opened, attest, offline=offline, all_bytes=all_bytes))
    click.echo(json.dumps(_values(opened, found), indent=2) if as_json else "\n".join(render(opened, found)))
    return YES if is_clean(found) else NO


def render(opened: Opened, findings: Sequence[Finding]) -> Iterator[str]:
    """Yield the lines of the answer for a terminal."""
    failures = sum(not one.notice for one in findings)
    state = opened.state
    versions = counted(sum(map(len, state.versions.values())), "version")
    echoes = counted(sum(map(len, state.echoes.values())), "echo", "echoes")
    yield fill(
        f"{opened.branch} at {state.head[:10]}: {versions}, {echoes}; "
        f"{counted(failures, 'finding') if failures else 'no findings'}, {len(findings) - failures} to notice"
    )
    for (kind, notice), group in groupby(findings, key=lambda one: (one.kind, one.notice)):
        yield ""
        mark = " (notice)" if kind.notice else " (acknowledged)" if notice else ""
        yield fill(f"{kind.code}{mark}: {kind.title}")
        for one in group:
            yield fill(f"  {one_line(one.subject)}: {one_line(one.sentence)}")
            if one.acknowledged is not None:
                yield fill(f"    acknowledged: {one_line(one.acknowledged)}")
        yield fill(f"  way forward: {kind.way}")


def audit_registry(
    opened: Opened, attest: Attest | None, *, offline: bool, all_bytes: bool = False
) -> Iterator[Finding]:
    """Yield everything that is found, those that people acknowledged as such.

    Args:
        opened: the registry.
        attest: how the forge is asked for merges; None where there is none at hand.
        offline: ask nobody: no remote for bytes, and no MLflow for aliases.
        all_bytes: read the bytes of all versions.

    Raises:
        OutsideError: the remote or the forge cannot be reached.
        InputError: the forge's token may not read it.
    """
    found = list(_audit(opened, attest, offline=offline, all_bytes=all_bytes))
    entries: Sequence[Acknowledgement] = ()
    try:
        entries = read_acknowledged(opened)
    except InputError as error:
        found.append(Finding("acknowledged-faulty", ACKNOWLEDGED.as_posix(), error.message))
    newest = next((one for one in reversed(opened.ledger.changes) if one.path == ACKNOWLEDGED.as_posix()), None)
    yield from acknowledge(found, entries, newest)


def _audit(opened: Opened, attest: Attest | None, *, offline: bool, all_bytes: bool) -> Iterator[Finding]:
    merged: Merged = {}
    if attest:
        merged, left_off = ask_forge(opened, attest)
        if left_off:
            yield Finding("not-checked", "the forge", f"it was not asked about {counted(left_off, 'older change')}")
    elif not offline and opened.state.declarations:
        yield _NO_FORGE
    declared = read_declared(opened, merged)
    yield from find_foreign(opened.state)
    yield from find_broken_chains(opened.ledger, opened.state)
    yield from find_differences(find_lost(opened.root, opened.ledger))
    demanded = list_demanded(opened.state, zip(declared.rules.positions, declared.rules.stages, strict=True))
    yield from find_unsigned(demanded, read_complaints(opened, demanded))
    yield from audit_declarations(declared)
    yield from audit_attestations(declared)
    yield from audit_demands(declared)
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
                "notice": one.notice,
                "acknowledged": one.acknowledged,
            }
            for one in findings
        ],
    }
