"""Audits a real history of the registry, with what a forge would say of its commits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from headway.cli.audit import audit_registry
from headway.cli.registry.opening import open_local
from headway.contracts.github import MergedPullRequest
from headway.registry.audit.findings import Finding, sort_findings
from tests.registry.line import MODEL, Line, make_registered_line

RULES = "schema_version: 1\nstages:\n  staging: {}\n  production:\n    after: staging\n"
PRODUCTION = f"models/registry/production/{MODEL}.yaml"
STAGING = f"models/registry/staging/{MODEL}.yaml"
NOON = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)


def make_promoted_line(folder: Path) -> Line:
    """Make two versions, each promoted to staging and then to production; there is nothing to find."""
    line = make_registered_line(folder, versions=2)
    for n in (1, 2):
        line.promote(f"{MODEL}#staging#{n}", f"v1.{n - 1}.0")
        line.promote(f"{MODEL}#production#{n}", f"v1.{n - 1}.0")
    return line


def find(line: Line, merged: Mapping[str, MergedPullRequest | None] | None = None) -> list[Finding]:
    """Return what is found offline, or with a forge that knows what `merged` says, but for what was not asked."""
    line.push()
    attest = None if merged is None else merged.__getitem__
    found = audit_registry(open_local(line.root), attest, offline=True)
    return [one for one in sort_findings(found) if (one.code, one.subject) != ("not-checked", "the remote")]


def codes(line: Line, merged: Mapping[str, MergedPullRequest | None] | None = None) -> list[tuple[str, str]]:
    return [(one.code, one.subject) for one in find(line, merged)]


def in_last_commit(path: str, line: Line) -> str:
    return f"{path} in {line.head()[:10]}"


def merged(number: int = 1, at: datetime = NOON, approved_by: tuple[str, ...] = ("grace",)) -> MergedPullRequest:
    """Return what a forge says of a merge."""
    return MergedPullRequest(number, at, "ada", "ada", approved_by, f"https://github.com/acme/yolo/pull/{number}")


def as_echoed(line: Line) -> dict[str, MergedPullRequest]:
    """Return what a forge says where every echo so far is true."""
    found: dict[str, MergedPullRequest] = {}
    for echoes in line.state().echoes.values():
        for record in (echo.record for echo in echoes):
            assert record.declared_at is not None and record.pull_request is not None
            found[record.declared_in] = merged(record.pull_request, record.declared_at, record.approved_by)
    return found
