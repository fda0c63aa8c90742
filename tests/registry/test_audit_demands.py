"""Declarations that skipped what the rules before them demanded: gate, order, soak, holds, rollbacks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from headway.contracts.layout import LOCK, STAGES, VERDICT
from headway.contracts.verdict import write_verdict
from tests.registry.auditing import (
    NOON,
    PRODUCTION,
    RULES,
    STAGING,
    as_echoed,
    codes,
    find,
    in_last_commit,
    make_promoted_line,
    merged,
)
from tests.registry.line import GIT, MODEL, Line, copy_line, make_manifest
from tests.verdicts import contender, verdict

SOAK = f"{RULES}    soak_hours: 24\n"
HOLD = {"reason": "worse at night", "against": "v1.1.0", "set_by": "grace"}


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Line:
    line = make_promoted_line(tmp_path_factory.mktemp("line"))
    line.new_model(2)
    line.register(f"{MODEL}@v1.2.0")
    return line


@pytest.fixture
def line(made_once: Line, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Line:
    """Two versions that were promoted, a third that was only registered, and nothing to find."""
    for name, value in GIT.items():
        monkeypatch.setenv(name, value)
    return copy_line(made_once, tmp_path)


def declare(line: Line, stage: str, n: int, version: str, *, at: datetime = NOON, **values: Any) -> str:
    """Declare a version and echo it as the forge attests it, and return the commit."""
    declared_in = line.declare(stage, version, **values)
    line.echo(f"{MODEL}#{stage}#{n}", declared_in, declared_at=at)
    return declared_in


def roll_back(line: Line) -> None:
    """Take production back to v1.0.0, which sets a hold."""
    declare(line, "production", 3, "v1.0.0", hold=HOLD, reason="rollback")


def failures(line: Line) -> list[tuple[str, str]]:
    return [(one.code, one.subject) for one in find(line) if not one.notice]


def test_rules_that_a_commit_brings_itself_do_not_count_for_it(line: Line) -> None:
    loose = "schema_version: 1\nstages:\n  staging: {}\n  production: {}\n"
    line.commit({STAGES.as_posix(): loose, PRODUCTION: line.stage_file(MODEL, "v1.2.0")})
    line.echo(f"{MODEL}#production#3")
    assert [("order-broken", in_last_commit(PRODUCTION, line))] == codes(line)


def test_rules_that_were_taken_away_still_count(line: Line) -> None:
    line.commit({STAGES.as_posix(): None})
    line.promote(f"{MODEL}#production#3", "v1.2.0")
    assert ("order-broken", in_last_commit(PRODUCTION, line)) in codes(line)


def test_an_old_word_about_being_expedited_excuses_nothing(line: Line) -> None:
    declare(line, "production", 3, "v1.1.0", expedited="the shop opens")
    declare(line, "production", 4, "v1.2.0", expedited="the shop opens")
    assert [("order-broken", in_last_commit(PRODUCTION, line))] == failures(line)


def test_a_rollback_to_what_was_never_here_is_none(line: Line) -> None:
    declare(line, "production", 3, "v1.2.0", hold=HOLD)
    assert [("rollback-broken", in_last_commit(PRODUCTION, line))] == failures(line)


def test_a_rollback_to_what_a_hold_was_set_against_is_none(line: Line) -> None:
    declare(line, "staging", 3, "v1.2.0")
    roll_back(line)
    declare(line, "production", 4, "v1.0.0", reason="the lamp was at fault", at=NOON + timedelta(hours=1))
    declare(line, "production", 5, "v1.2.0", at=NOON + timedelta(hours=2))
    assert [] == failures(line)
    declare(line, "production", 6, "v1.1.0", hold={**HOLD, "against": "v1.2.0"}, at=NOON + timedelta(hours=3))
    assert [("rollback-broken", in_last_commit(PRODUCTION, line))] == failures(line)


def test_a_rollback_to_what_the_stage_before_took_back_is_none(line: Line) -> None:
    declare(line, "staging", 3, "v1.0.0")
    declare(line, "staging", 4, "v1.1.0", hold={**HOLD, "against": "v1.0.0"}, at=NOON + timedelta(hours=1))
    roll_back(line)
    (found,) = (one for one in find(line) if not one.notice)
    assert ("rollback-broken", in_last_commit(PRODUCTION, line)) == (found.code, found.subject)
    assert "was rolled back in staging" in found.sentence


def refuse_at_registration(line: Line) -> None:
    line.new_model("worse")
    line.register(f"{MODEL}@v1.3.0", decision="reject")


def refuse_before_the_merge(line: Line) -> None:
    """Register a commit that brings a verdict against its own model."""
    line.new_model("worse")
    lock = (line.root / LOCK).read_bytes()
    said = verdict(lock_sha256=sha256(lock).hexdigest(), candidate=contender(identity=make_manifest("worse").identity))
    write_verdict(line.root / VERDICT, said)
    line.git("add", VERDICT.as_posix())
    line.git("commit", "--quiet", "--amend", "--no-edit")
    line.register(f"{MODEL}@v1.3.0")


@pytest.mark.parametrize("refuse", [refuse_at_registration, refuse_before_the_merge])
def test_a_version_that_the_gate_refused_is_found_where_a_stage_declares_it(
    line: Line, refuse: Callable[[Line], None]
) -> None:
    refuse(line)
    assert [] == failures(line)
    declare(line, "staging", 3, "v1.3.0")
    assert [("gate-broken", in_last_commit(STAGING, line))] == failures(line)


@pytest.mark.parametrize(("refuse", "excused"), [(refuse_at_registration, True), (refuse_before_the_merge, False)])
def test_being_expedited_excuses_the_gate_but_no_verdict_against_the_very_model(
    line: Line, refuse: Callable[[Line], None], excused: bool
) -> None:
    refuse(line)
    declare(line, "staging", 3, "v1.3.0", expedited="the shop opens")
    assert ([] if excused else [("gate-broken", in_last_commit(STAGING, line))]) == failures(line)


@pytest.mark.parametrize(("reason", "code"), [("it is better", ["reason-missing"]), ("it soaked elsewhere", [])])
def test_a_soak_is_shortened_with_a_reason_of_its_own(line: Line, reason: str, code: list[str]) -> None:
    declare(line, "staging", 3, "v1.2.0", soak_hours=100.0)
    declare(line, "staging", 4, "v1.2.0", soak_hours=0.0, reason=reason)
    assert [(one, in_last_commit(STAGING, line)) for one in code] == failures(line)


def test_another_version_while_a_hold_stands_breaks_it(line: Line) -> None:
    roll_back(line)
    declare(line, "production", 4, "v1.1.0")
    assert [("hold-broken", in_last_commit(PRODUCTION, line))] == failures(line)


def test_a_hold_against_what_is_here_does_not_bring_back_what_was_held(line: Line) -> None:
    roll_back(line)
    declare(line, "production", 4, "v1.1.0", hold={**HOLD, "against": "v1.0.0"})
    assert [("rollback-broken", in_last_commit(PRODUCTION, line))] == failures(line)


def test_a_hold_that_is_lifted_with_a_reason_first_is_not_broken(line: Line) -> None:
    roll_back(line)
    declare(line, "production", 4, "v1.0.0", reason="the lamp was at fault")
    declare(line, "production", 5, "v1.1.0")
    assert [] == failures(line)


def test_a_hold_that_is_lifted_without_a_word_is_broken(line: Line) -> None:
    roll_back(line)
    declare(line, "production", 4, "v1.0.0", reason="rollback")
    assert [("hold-broken", in_last_commit(PRODUCTION, line))] == failures(line)


def test_a_new_word_about_being_expedited_passes_a_hold(line: Line) -> None:
    roll_back(line)
    declare(line, "production", 4, "v1.1.0", expedited="it was the lamp")
    assert [] == failures(line)


@pytest.mark.parametrize(("hours", "code"), [(23, ["soak-broken"]), (24, [])])
def test_a_soak_is_measured_by_the_times_of_the_forge(line: Line, hours: int, code: list[str]) -> None:
    line.commit({STAGES.as_posix(): SOAK})
    declare(line, "staging", 3, "v1.2.0")
    declare(line, "production", 3, "v1.2.0", at=NOON + timedelta(hours=hours))
    assert [(one, in_last_commit(PRODUCTION, line)) for one in code] == codes(line)


def test_a_soak_that_no_forge_attests_is_only_marked(line: Line) -> None:
    line.commit({STAGES.as_posix(): SOAK})
    nobody: dict[str, Any] = {"declared_at": None, "attested": "unasked", "pull_request": None}
    line.echo(f"{MODEL}#staging#3", line.declare("staging", "v1.2.0"), **nobody)
    declare(line, "production", 3, "v1.2.0")
    assert [
        ("unattested", f"{MODEL}#staging"),
        ("unattested", in_last_commit(PRODUCTION, line)),
    ] == codes(line)


def test_a_soak_by_a_forged_time_is_measured_by_the_forges(line: Line) -> None:
    line.commit({STAGES.as_posix(): SOAK})
    rules = line.head()
    staged = declare(line, "staging", 3, "v1.2.0", at=NOON - timedelta(hours=48))
    declare(line, "production", 3, "v1.2.0")
    known = {**as_echoed(line), rules: merged(), staged: merged()}
    assert [
        ("echo-forged", f"{MODEL}#staging#3"),
        ("soak-broken", in_last_commit(PRODUCTION, line)),
    ] == codes(line, known)


def test_a_soak_ends_with_a_rollback(line: Line) -> None:
    line.commit({STAGES.as_posix(): SOAK})
    declare(line, "staging", 3, "v1.2.0")
    declare(line, "staging", 4, "v1.1.0", at=NOON + timedelta(hours=30), hold={**HOLD, "against": "v1.2.0"})
    declare(line, "production", 3, "v1.2.0", at=NOON + timedelta(hours=40))
    (found,) = (one for one in find(line) if not one.notice)
    assert ("order-broken", in_last_commit(PRODUCTION, line)) == (found.code, found.subject)
    assert "was rolled back in staging" in found.sentence


def test_an_expedited_version_needs_no_soak(line: Line) -> None:
    line.commit({STAGES.as_posix(): SOAK})
    declare(line, "staging", 3, "v1.2.0")
    declare(line, "production", 3, "v1.2.0", expedited="the shop opens")
    assert [] == failures(line)
