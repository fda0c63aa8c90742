"""Findings that people have looked into: they stay in the report, and fail nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from headway.contracts.layout import ACKNOWLEDGED
from headway.contracts.registry.acknowledged import Acknowledgement
from headway.contracts.registry.ledger import FileChange
from headway.registry.audit.declared import subject_of
from headway.registry.audit.findings import Finding

_FILE = ACKNOWLEDGED.as_posix()


def acknowledge(
    findings: Sequence[Finding], entries: Sequence[Acknowledgement], newest: FileChange | None
) -> Iterator[Finding]:
    """Yield the findings, those with an entry as acknowledged, and a notice for each entry that none fits.

    What is found about the `newest` change of the entries' file no entry acknowledges: another reviewed change must.
    """
    reasons = {(one.code, one.subject): one.reason for one in entries}
    itself = subject_of(newest) if newest else None
    used: set[tuple[str, str]] = set()
    for finding in findings:
        place = finding.code, finding.subject
        if finding.kind.notice or place not in reasons or finding.subject == itself:
            yield finding
        else:
            used.add(place)
            yield replace(finding, acknowledged=reasons[place])
    for code, subject in reasons.keys() - used:
        yield Finding("acknowledged-unused", f"{code} {subject}", f"{_FILE} names it, and no such failure is found")
