"""Findings that people looked into stay in the report and fail nothing; entries that fit nothing are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from headway.contracts.layout import ACKNOWLEDGED
from headway.registry.audit.findings import is_clean
from tests.registry.auditing import as_echoed, codes, find, in_last_commit, make_promoted_line
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


def test_the_file_cannot_acknowledge_that_nobody_reviewed_it(line: Line) -> None:
    path = ACKNOWLEDGED.as_posix()
    pushed = acknowledge(line, entry("tag-lightweight", FOREIGN))
    known = {**as_echoed(line), pushed: None}
    subject = in_last_commit(path, line)
    known[acknowledge(line, entry("no-pull-request", subject))] = known[next(iter(known))]
    assert ("no-pull-request", subject, False) in [(one.code, one.subject, one.notice) for one in find(line, known)]
