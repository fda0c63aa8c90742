"""Findings that people looked into stay in the report and fail nothing; entries that fit nothing are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from headway.contracts.github import MergedPullRequest
from headway.contracts.layout import ACKNOWLEDGED
from headway.contracts.registry.acknowledged import Acknowledgement
from headway.contracts.registry.ledger import FileChange
from headway.registry.audit.acknowledged import acknowledge as acknowledge_findings
from headway.registry.audit.declared import subject_of
from headway.registry.audit.findings import Finding, is_clean
from tests.registry.auditing import as_echoed, codes, find, in_last_commit, make_promoted_line, merged
from tests.registry.line import GIT, MODEL, Line, copy_line

FOREIGN = f"{MODEL}@v9.0.0"


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Line:
    line = make_promoted_line(tmp_path_factory.mktemp("line"))
    line.git("tag", FOREIGN)
    return line


@pytest.fixture
def line(made_once: Line, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Line:
    """A history with one finding: a tag that somebody pushed."""
    for name, value in GIT.items():
        monkeypatch.setenv(name, value)
    return copy_line(made_once, tmp_path)


def entry(code: str, subject: str) -> str:
    return f'  - code: {code}\n    subject: "{subject}"\n    reason: a slip of the hand\n'


def acknowledge(line: Line, *entries: str) -> str:
    return line.commit({ACKNOWLEDGED.as_posix(): f"schema_version: 1\nfindings:\n{''.join(entries)}"})


def test_an_acknowledged_finding_is_a_notice_with_its_reason(line: Line) -> None:
    acknowledge(line, entry("tag-lightweight", FOREIGN))
    (found,) = find(line)
    assert ("tag-lightweight", True, "a slip of the hand") == (found.code, found.notice, found.acknowledged)
    assert is_clean([found])


@pytest.mark.parametrize(("code", "subject"), [("tag-lightweight", f"{MODEL}@v8.0.0"), ("tag-message", FOREIGN)])
def test_an_entry_of_another_finding_acknowledges_nothing_and_is_told(line: Line, code: str, subject: str) -> None:
    acknowledge(line, entry(code, subject))
    assert [
        ("tag-lightweight", FOREIGN, False),
        ("acknowledged-unused", f"{code} {subject}", True),
    ] == [(one.code, one.subject, one.notice) for one in find(line)]


def test_entries_count_while_the_default_branch_has_them(line: Line) -> None:
    acknowledge(line, entry("tag-lightweight", FOREIGN))
    line.commit({ACKNOWLEDGED.as_posix(): None})
    (found,) = find(line)
    assert not found.notice


@pytest.mark.parametrize("text", ["findings: 3\n", "- x\n", "schema_version: 2\nfindings: []\n"])
def test_a_file_that_cannot_be_used_acknowledges_nothing_and_is_found(line: Line, text: str) -> None:
    line.commit({ACKNOWLEDGED.as_posix(): text})
    assert [
        ("tag-lightweight", FOREIGN),
        ("acknowledged-faulty", ACKNOWLEDGED.as_posix()),
    ] == codes(line)


@pytest.mark.parametrize("reviewed", [True, False])
def test_what_nobody_reviewed_of_the_file_only_a_reviewed_change_of_it_acknowledges(line: Line, reviewed: bool) -> None:
    path = ACKNOWLEDGED.as_posix()
    known: dict[str, MergedPullRequest | None] = {
        **as_echoed(line),
        acknowledge(line, entry("tag-lightweight", FOREIGN)): None,
    }
    first = in_last_commit(path, line)
    again = acknowledge(line, entry("tag-lightweight", FOREIGN), entry("no-pull-request", first))
    known[again] = merged() if reviewed else None
    failures = [(one.code, one.subject) for one in find(line, known) if not one.notice]
    assert ([] if reviewed else [("no-pull-request", in_last_commit(path, line))]) == failures


def test_the_newest_change_of_the_file_does_not_acknowledge_itself() -> None:
    newest = FileChange("a" * 40, 7, 0, ACKNOWLEDGED.as_posix(), "b" * 40)
    finding = Finding("approvals-missing", subject_of(newest), "too few")
    guessed = Acknowledgement(code=finding.code, subject=finding.subject, reason="a lucky hash")
    assert finding in list(acknowledge_findings([finding], [guessed], newest))
