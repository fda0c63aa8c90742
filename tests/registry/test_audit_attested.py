"""Echoes that the forge, or the order of the line, contradicts; and what no pull request brought."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from headway.cli.registry import evidence
from headway.contracts.layout import ACKNOWLEDGED, STAGES
from tests.registry.auditing import (
    NOON,
    RULES,
    STAGING,
    as_echoed,
    codes,
    find,
    in_last_commit,
    make_promoted_line,
    merged,
)
from tests.registry.line import GIT, MODEL, Line, copy_line

UNASKED = {"declared_at": None, "attested": "unasked", "pull_request": None, "approved_by": ()}


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Line:
    return make_promoted_line(tmp_path_factory.mktemp("line"))


@pytest.fixture
def line(made_once: Line, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Line:
    """Two versions, each promoted to staging and then to production, and nothing to find."""
    for name, value in GIT.items():
        monkeypatch.setenv(name, value)
    return copy_line(made_once, tmp_path)


def echo(line: Line, **values: Any) -> str:
    """Declare and echo once more, and return the commit."""
    declared_in = line.declare("staging", "v1.0.0", reason="again")
    line.echo(f"{MODEL}#staging#3", declared_in, **{"declared_at": NOON, **values})
    return declared_in


def test_nothing_is_found_where_the_forge_says_the_same(line: Line) -> None:
    assert [] == codes(line, as_echoed(line))


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"declared_at": NOON + timedelta(hours=-48)}, "it says 2026-11-01 12:00 UTC, the forge says 2026-11-03 12:00"),
        ({"pull_request": 7}, "it says pull request 7, the forge says 1"),
        ({"approved_by": ("grace", "eve")}, "the forge knows no approval by eve"),
    ],
)
def test_an_echo_that_says_other_than_the_forge_is_found(line: Line, value: dict[str, Any], said: str) -> None:
    known = as_echoed(line)
    known[echo(line, **value)] = merged()
    (found,) = find(line, known)
    assert ("echo-forged", f"{MODEL}#staging#3") == (found.code, found.subject)
    assert said in found.sentence


def test_logins_are_compared_without_case_and_times_to_the_second(line: Line) -> None:
    known = as_echoed(line)
    commit = echo(line, approved_by=("Grace",))
    known[commit] = merged(at=NOON.replace(microsecond=5), approved_by=("grace", "linus"))
    assert [] == codes(line, known)


def test_an_echo_of_a_direct_push_that_claims_a_merge_is_found_twice(line: Line) -> None:
    known = {**as_echoed(line), echo(line): None}
    assert [
        ("echo-forged", f"{MODEL}#staging#3"),
        ("no-pull-request", in_last_commit(STAGING, line)),
    ] == codes(line, known)


def test_an_echo_that_was_made_without_a_forge_claims_nothing(line: Line) -> None:
    known = as_echoed(line)
    known[echo(line, **UNASKED)] = merged()
    assert [("unattested", f"{MODEL}#staging")] == codes(line, known)


def test_a_direct_push_is_found_by_its_echo_alone(line: Line) -> None:
    echo(line, **{**UNASKED, "attested": "no-pull-request"})
    assert [("no-pull-request", in_last_commit(STAGING, line))] == codes(line)


def test_a_direct_push_that_has_no_echo_yet_is_found(line: Line) -> None:
    known = {**as_echoed(line), line.declare("staging", "v1.0.0"): None}
    assert [
        ("declaration-untagged", in_last_commit(STAGING, line)),
        ("no-pull-request", in_last_commit(STAGING, line)),
    ] == codes(line, known)


@pytest.mark.parametrize(("path", "text"), [(STAGES, RULES), (ACKNOWLEDGED, "schema_version: 1\nfindings: []\n")])
def test_rules_and_acknowledgements_that_were_pushed_are_found(line: Line, path: Path, text: str) -> None:
    known = {**as_echoed(line), line.commit({path.as_posix(): f"{text}# anew\n"}): None}
    assert [("no-pull-request", in_last_commit(path.as_posix(), line))] == codes(line, known)


TWO = f"{RULES}    approvals: 2\n"
LOOSE = "schema_version: 1\nstages:\n  staging: {}\n  production: {}\n"
BY_TWO = merged(approved_by=("grace", "linus"))
BY_ONE = merged(approved_by=("grace",))


def commit_reviewed(line: Line, path: Path, text: str) -> tuple[str, str]:
    """Commit a file that no tag follows, and return the commit and what a finding calls it."""
    commit = line.commit({path.as_posix(): text})
    return commit, in_last_commit(path.as_posix(), line)


@pytest.mark.parametrize(("path", "text"), [(STAGES, LOOSE), (ACKNOWLEDGED, "schema_version: 1\nfindings: []\n")])
@pytest.mark.parametrize("enough", [False, True])
def test_rules_and_acknowledgements_need_the_most_approvals_of_the_rules_before(
    line: Line, path: Path, text: str, enough: bool
) -> None:
    rules, _ = commit_reviewed(line, STAGES, TWO)
    changed, subject = commit_reviewed(line, path, text)
    known = {**as_echoed(line), rules: BY_ONE, changed: BY_TWO if enough else BY_ONE}
    assert ([] if enough else [("approvals-missing", subject)]) == codes(line, known)


def test_rules_that_nobody_approved_excuse_no_later_change(line: Line) -> None:
    rules, _ = commit_reviewed(line, STAGES, TWO)
    loosened, first = commit_reviewed(line, STAGES, LOOSE)
    entry = f"{{code: approvals-missing, subject: {first}, reason: a slip}}"
    acknowledged, second = commit_reviewed(line, ACKNOWLEDGED, f"schema_version: 1\nfindings: [{entry}]\n")
    known = {**as_echoed(line), rules: BY_TWO, loosened: BY_ONE, acknowledged: BY_ONE}
    assert [("approvals-missing", second)] == [(one.code, one.subject) for one in find(line, known) if not one.notice]


def test_an_approved_acknowledgement_covers_rules_that_nobody_approved(line: Line) -> None:
    rules, _ = commit_reviewed(line, STAGES, TWO)
    loosened, subject = commit_reviewed(line, STAGES, LOOSE)
    entry = f"{{code: approvals-missing, subject: {subject}, reason: a slip}}"
    acknowledged, _ = commit_reviewed(line, ACKNOWLEDGED, f"schema_version: 1\nfindings: [{entry}]\n")
    known = {**as_echoed(line), rules: BY_TWO, loosened: BY_ONE, acknowledged: BY_TWO}
    assert [("approvals-missing", subject, True)] == [(one.code, one.subject, one.notice) for one in find(line, known)]


def test_what_no_forge_says_of_approvals_is_only_a_notice(line: Line) -> None:
    line.commit({STAGES.as_posix(): RULES.replace("staging: {}", "staging:\n    approvals: 1")})
    echo(line, **UNASKED)
    found = [one for one in find(line) if one.subject == f"{MODEL}#staging#3"]
    assert [("unattested", True)] == [(one.code, one.notice) for one in found]
    assert "no forge says who approved it" in found[0].sentence


def test_approvals_are_the_forges_where_it_was_asked(line: Line) -> None:
    line.commit({STAGES.as_posix(): RULES.replace("staging: {}", "staging:\n    approvals: 1")})
    rules = line.head()
    known = {**as_echoed(line), rules: merged(), echo(line): merged(approved_by=())}
    assert [
        ("echo-forged", f"{MODEL}#staging#3"),
        ("approvals-missing", f"{MODEL}#staging#3"),
    ] == codes(line, known)


def test_a_time_before_that_of_an_older_declaration_is_found_without_a_forge(line: Line) -> None:
    newest = line.state().echoes
    latest = max(echo.record.declared_at for found in newest.values() for echo in found if echo.record.declared_at)
    echo(line, declared_at=latest - timedelta(days=30))
    (found,) = find(line)
    assert ("times-contradict", f"{MODEL}#staging#3") == (found.code, found.subject)


def test_the_forge_is_asked_about_the_newest_and_a_notice_says_so(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence, "_ASKED", 3)
    known = as_echoed(line)
    oldest = line.state().declarations
    first = min((one.change for found in oldest.values() for one in found), key=lambda change: change.position)
    del known[first.commit]
    (found,) = find(line, known)
    assert ("not-checked", "the forge", True) == (found.code, found.subject, found.notice)
    assert "about 1 older change" in found.sentence


def test_a_merge_that_the_forge_dates_otherwise_changes_only_its_own_echo(line: Line) -> None:
    known = as_echoed(line)
    commit = next(iter(known))
    known[commit] = replace(known[commit], merged_at=known[commit].merged_at - timedelta(hours=1))
    assert ["echo-forged"] == [code for code, _ in codes(line, known)]
