"""`headway rollback` on a real remote and the fake GitHub: where it goes back to, and the hold that it sets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import yaml

from headway.errors import INPUT, NO, YES
from tests.cli.promoting import NAME, PRODUCTION, V0, V1, Desk
from tests.registry.line import MODEL
from tests.registry.stored import SIGNED_RULES

V2 = f"{MODEL}@v1.2.0"
HOLD = {"reason": "worse at night", "against": "v1.1.0", "set_by": "grace"}


@pytest.fixture
def forward(desk: Desk) -> Desk:
    """Production has gone on to v1.1.0."""
    desk.line.hold(f"{MODEL}#production#2", "v1.1.0", soak_hours=3.0)
    return desk


def test_the_stage_goes_back_to_what_it_held_and_is_put_on_hold(forward: Desk) -> None:
    done = forward.told("rollback", "production", "--reason", "worse at night")

    branch = f"rollback/production-{MODEL}-v1.0.0"
    assert (YES, "proposed", branch) == (done.code, done.values["done"], done.values["branch"])
    assert f"Roll back {MODEL} in production to v1.0.0" == forward.github.pull(NAME, 1).title
    declared = yaml.safe_load(forward.declared(branch, PRODUCTION))
    assert ("v1.0.0", forward.line.identity(V0), "worse at night", 3.0) == tuple(
        declared[key] for key in ("version", "identity", "reason", "soak_hours")
    )
    assert {"reason": "worse at night", "against": "v1.1.0", "set_by": "Ada"} == declared["hold"]


def test_the_hold_keeps_the_version_out_afterwards(forward: Desk) -> None:
    forward.run("rollback", "production")
    forward.github.merge(NAME, 1)

    done = forward.told("promote", V1, "production")

    assert (NO, ["hold"]) == (done.code, done.codes)
    assert f"set `hold: null` in {PRODUCTION}" in done.values["refusals"][0]["way"]


def test_asked_twice_it_is_found(forward: Desk) -> None:
    forward.run("rollback", "production")
    assert "found" == forward.told("rollback", "production").values["done"]


def test_neither_soak_nor_the_stage_before_is_asked_for(forward: Desk) -> None:
    forward.line.hold(f"{MODEL}#staging#3", "v1.0.0", hold=HOLD)
    assert YES == forward.run("rollback", "production").code


@pytest.mark.parametrize("words", [(), ("--to", "v1.0.0")])
def test_what_was_there_before_tags_had_to_be_signed_can_be_gone_back_to(forward: Desk, words: tuple[str, ...]) -> None:
    forward.line.rules(SIGNED_RULES)
    assert YES == forward.run("rollback", "production", *words).code


def test_what_a_hold_was_ever_against_is_passed_over(forward: Desk) -> None:
    forward.line.hold(f"{MODEL}#production#3", "v1.0.0", hold=HOLD)
    forward.line.register_next(V2)
    forward.line.hold(f"{MODEL}#production#4", "v1.1.0")
    forward.line.hold(f"{MODEL}#production#5", "v1.2.0")

    assert "v1.0.0" in forward.told("rollback", "production").values["title"]


def test_a_version_that_a_hold_was_against_is_refused_with_the_other_way(forward: Desk) -> None:
    forward.line.hold(f"{MODEL}#production#3", "v1.0.0", hold=HOLD)

    done = forward.told("rollback", "production", "--to", "v1.1.0")

    assert (NO, ["shunned"]) == (done.code, done.codes)
    assert f"headway promote {V1} production --expedite REASON" == done.values["refusals"][0]["way"]


def test_a_version_that_the_stage_before_took_back_is_refused_and_passed_over(forward: Desk) -> None:
    forward.line.hold(f"{MODEL}#staging#3", "v1.0.0", hold=HOLD)
    forward.line.register_next(V2)
    forward.line.hold(f"{MODEL}#production#3", "v1.2.0")

    assert ["shunned"] == forward.told("rollback", "production", "--to", "v1.1.0").codes
    assert "v1.0.0" in forward.told("rollback", "production").values["title"]


def test_what_the_stage_had_for_no_time_it_never_held(forward: Desk) -> None:
    forward.line.register_next(V2)
    at = datetime.now(UTC) - timedelta(days=1)
    forward.line.hold(f"{MODEL}#production#3", "v1.2.0", since=at)
    forward.line.hold(f"{MODEL}#production#4", "v1.1.0", since=at)

    assert ["never-held"] == forward.told("rollback", "production", "--to", "v1.2.0").codes


def test_what_its_own_commits_verdict_is_against_is_refused(forward: Desk) -> None:
    forward.line.register_unaccepted(V2)
    forward.line.hold(f"{MODEL}#production#3", "v1.2.0")
    forward.line.hold(f"{MODEL}#production#4", "v1.1.0")

    assert ["unaccepted"] == forward.told("rollback", "production", "--to", "v1.2.0").codes


def test_what_is_there_already_is_nothing_to_do(forward: Desk) -> None:
    done = forward.told("rollback", "production", "--to", "v1.1.0")
    assert (YES, "nothing") == (done.code, done.values["done"])


def test_a_declaration_without_a_tag_yet_can_be_taken_back(forward: Desk) -> None:
    forward.line.register_next(V2)
    forward.line.declare("production", "v1.2.0")
    forward.line.push()

    done = forward.told("rollback", "production")

    declared = yaml.safe_load(forward.declared(done.values["branch"], PRODUCTION))
    assert ("v1.1.0", "v1.2.0") == (declared["version"], declared["hold"]["against"])


def test_a_version_that_the_stage_never_held_is_refused_with_the_other_way(forward: Desk) -> None:
    forward.line.register_next(V2)

    done = forward.told("rollback", "production", "--to", "v1.2.0")

    assert (NO, ["never-held"]) == (done.code, done.codes)
    assert f"headway promote {V2} production --expedite REASON" == done.values["refusals"][0]["way"]


def test_a_version_whose_tag_is_gone_is_refused(forward: Desk) -> None:
    forward.line.git("push", "--quiet", "--delete", "origin", f"refs/tags/{V0}")
    assert ["unregistered"] == forward.told("rollback", "production", "--to", "v1.0.0").codes


def test_a_version_whose_bytes_are_gone_is_refused(forward: Desk) -> None:
    for path in forward.line.objects():
        path.unlink()
    assert ["bytes"] == forward.told("rollback", "production").codes


def test_nothing_before_is_input_with_the_other_way(desk: Desk) -> None:
    done = desk.run("rollback", "production")
    said = "production held no other version before v1.0.0"
    assert (INPUT, True, True) == (done.code, said in done.err, "--expedite" in done.err)


def test_where_all_before_was_taken_back_that_is_said(forward: Desk) -> None:
    forward.line.hold(f"{MODEL}#production#3", "v1.0.0", hold=HOLD)

    done = forward.run("rollback", "production")

    assert (INPUT, True) == (done.code, "all that production held before v1.0.0 was taken back: v1.1.0" in done.err)


def test_an_empty_stage_has_nothing_to_take_back(desk: Desk) -> None:
    desk.line.hold(f"{MODEL}#production!#2", None)
    assert INPUT == desk.run("rollback", "production").code
    assert INPUT == desk.run("rollback", "production", "--model", MODEL).code


def test_of_several_models_one_must_be_named(forward: Desk) -> None:
    forward.line.register_next("reader@v1.0.0")
    forward.line.hold("reader#production#1", "v1.0.0")

    done = forward.run("rollback", "production")

    assert (INPUT, True) == (done.code, f"{MODEL}, reader" in done.err)
    assert YES == forward.run("rollback", "production", "--model", MODEL).code


@pytest.mark.parametrize("words", [("produktion",), ("production", "--to", "1.0.0")])
def test_what_makes_no_sense_is_input(forward: Desk, words: tuple[str, ...]) -> None:
    assert INPUT == forward.run("rollback", *words).code


def test_a_dry_run_shows_the_hold_and_pushes_nothing(forward: Desk) -> None:
    done = forward.run("rollback", "production", "--dry-run", GITHUB_TOKEN="")

    assert (YES, {"main"}) == (done.code, forward.branches())
    assert "+  against: v1.1.0" in done.out.splitlines()
