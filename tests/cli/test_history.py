"""`headway history` on real repositories: what is told, in which order, and when it is inconclusive."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import run_headway
from tests.registry.line import GIT, MODEL, START, Line, make_registered_line

_DAY = 86_400
_HOLD = {"reason": "worse at night", "against": "v1.1.0", "set_by": "grace"}


@pytest.fixture
def line(tmp_path: Path) -> Line:
    """A line with two versions; the clock of commits goes on ten seconds a step from 2023-11-14T22:13:20Z."""
    return make_registered_line(tmp_path, versions=2)


def run(line: Line, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run_headway("history", *arguments, folder=line.root, **GIT)


def told(line: Line, *arguments: str) -> list[dict[str, Any]]:
    done = run(line, *arguments, "--json")
    assert 0 == done.returncode, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)["declarations"]
    return found


def test_declarations_are_told_oldest_first_with_who_when_why_and_which_bytes(line: Line) -> None:
    commit = line.promote(f"{MODEL}#staging#1", "v1.0.0")
    line.promote(f"{MODEL}#production#1", "v1.0.0")
    line.push()

    first, second = told(line)

    assert ("staging", 1, f"{MODEL}#staging#1", commit) == (first["stage"], first["n"], first["tag"], first["commit"])
    assert ("v1.0.0", line.identity(f"{MODEL}@v1.0.0")) == (first["version"], first["identity"])
    assert ("ada", ["grace"], 1, "it is better") == tuple(
        first[key] for key in ("declared_by", "approved_by", "pull_request", "reason")
    )
    assert first["attested"] is True
    assert "production" == second["stage"]


def test_what_is_not_tagged_yet_is_told_from_its_file(line: Line) -> None:
    line.declare("staging", "v1.0.0")
    line.push()
    (only,) = told(line)
    assert (None, "v1.0.0", False) == (only["tag"], only["version"], only["attested"])
    assert "(not tagged)" in run(line).stdout


def test_a_file_of_nonsense_is_told_with_its_fault(line: Line) -> None:
    line.commit({f"models/registry/staging/{MODEL}.yaml": "version: ["})
    line.push()
    (only,) = told(line)
    assert f"staging/{MODEL}.yaml:1" in only["fault"]


@pytest.mark.parametrize("more", [0, 1])
def test_behind_a_faulty_file_it_shows_what_the_stage_kept(line: Line, more: int) -> None:
    line.promote(f"{MODEL}#staging#1", "v1.0.0")
    for n in range(more + 1):
        line.commit({f"models/registry/staging/{MODEL}.yaml": f"version: [{n}"})
    line.push()

    done = run(line, "--at", "2024-01-01", "--json")

    (candidate,) = json.loads(done.stdout)["declared"][0]["candidates"]
    assert (None, "v1.0.0") == (candidate["version"], candidate["kept"])
    assert "    the stage kept v1.0.0" in run(line, "--at", "2024-01-01").stdout.splitlines()
    assert [None, "v1.0.0"] == [one["kept"] for one in told(line)][:2]


def test_a_version_without_a_trusted_tag_is_marked_and_the_stage_kept_what_it_had(line: Line) -> None:
    line.promote(f"{MODEL}#staging#1", "v1.0.0")
    line.declare("staging", "v7.0.0", identity="a" * 64)
    line.declare("staging", "v1.1.0", identity="a" * 64)
    line.push()

    first, second, third = told(line)

    assert (None, None) == (first["doubt"], first["kept"])
    assert ("v7.0.0", "v1.0.0", True) == (
        second["version"], second["kept"], second["doubt"].startswith("v7.0.0 has no tag that is trusted"),
    )  # fmt: skip
    assert ("v1.0.0", True) == (third["kept"], "another identity" in third["doubt"])
    assert "nothing follows it: v7.0.0 has no tag that is trusted" in run(line).stdout


def test_what_was_never_followed_left_the_stage_empty(line: Line) -> None:
    line.commit({f"models/registry/staging/{MODEL}.yaml": "version: ["})
    line.push()
    assert "the stage kept nothing: it stayed empty" in run(line).stdout


@pytest.mark.parametrize("words", [(), ("--at", "2024-01-01")])
def test_a_stage_where_nothing_was_declared_yet_is_known(line: Line, words: tuple[str, ...]) -> None:
    line.promote(f"{MODEL}#staging#1", "v1.0.0")
    line.push()

    done = run(line, "--stage", "production", *words)

    assert (0, True) == (done.returncode, "nothing was declared yet" in done.stdout)


def test_a_stage_that_neither_rules_nor_declarations_know_is_refused(line: Line) -> None:
    done = run(line, "--stage", "produktion")
    assert (2, True) == (done.returncode, "known here: production, staging" in done.stderr)


def test_an_emptied_stage_is_told(line: Line) -> None:
    line.promote(f"{MODEL}#staging#1", "v1.0.0")
    line.promote(f"{MODEL}#staging!#2", None)
    line.push()
    assert ["v1.0.0", None] == [one["version"] for one in told(line)]
    assert "the stage is empty" in run(line).stdout


def test_a_rollback_shows_its_hold_and_the_step_back(line: Line) -> None:
    line.promote(f"{MODEL}#staging#1", "v1.1.0")
    line.echo(f"{MODEL}#staging#2", line.declare("staging", "v1.0.0", hold=_HOLD))
    line.push()
    shown = run(line).stdout
    assert "BACK from v1.1.0" in shown
    assert "HOLD against v1.1.0, set by grace: worse at night" in shown
    assert _HOLD == told(line)[1]["hold"]


def test_an_expedited_declaration_is_marked(line: Line) -> None:
    line.echo(f"{MODEL}#staging#1", line.declare("staging", "v1.0.0", expedited="the shop opens"))
    line.push()
    assert "EXPEDITED: the shop opens" in run(line).stdout


def test_one_model_and_one_stage_can_be_asked_for(line: Line) -> None:
    line.new_model("c", model="counter")
    line.register("counter@v1.0.0")
    for stage in ("staging", "production"):
        line.promote(f"{MODEL}#{stage}#1", "v1.0.0")
        line.promote(f"counter#{stage}#1", "v1.0.0")
    line.push()
    assert [("counter", "production")] == [
        (one["model"], one["stage"]) for one in told(line, "counter", "--stage", "production")
    ]


def test_an_unknown_model_is_refused_with_those_there_are(line: Line) -> None:
    line.promote(f"{MODEL}#staging#1", "v1.0.0")
    line.push()
    done = run(line, "detektor")
    assert 2 == done.returncode
    assert "known here: detector" in done.stderr


def test_what_was_declared_at_a_moment(line: Line) -> None:
    start = START + _DAY
    for days, version in ((0, "v1.0.0"), (1, "v1.1.0")):
        text = line.stage_file(MODEL, version)
        line.commit({f"models/registry/production/{MODEL}.yaml": text}, at=start + days * _DAY)
    line.push()

    def declared(date: str) -> str | None:
        done = run(line, "--at", date, "--json")
        assert 0 == done.returncode, done.stderr
        (slot,) = json.loads(done.stdout)["declared"]
        (candidate,) = slot["candidates"]
        return candidate and str(candidate["version"])

    assert declared("2023-11-14") is None
    assert declared("2023-11-15T22:00") is None
    assert "v1.0.0" == declared("2023-11-15")
    assert "v1.0.0" == declared("2023-11-16T22:13:19Z")
    assert "v1.1.0" == declared("2023-11-16T23:13:20+01:00")


def test_times_against_the_order_are_inconclusive_and_name_both(line: Line) -> None:
    for seconds, version in ((5 * _DAY, "v1.0.0"), (2 * _DAY, "v1.1.0")):
        text = line.stage_file(MODEL, version)
        line.commit({f"models/registry/production/{MODEL}.yaml": text}, at=START + seconds)
    line.push()
    done = run(line, "--at", "2023-12-24")
    assert 4 == done.returncode
    assert "times contradict the order" in done.stdout
    assert {True} == {version in done.stdout for version in ("v1.0.0", "v1.1.0")}


def test_a_tag_dated_2030_changes_nothing(line: Line) -> None:
    line.echo(f"{MODEL}#staging#1", line.declare("staging", "v1.0.0"), at=1_900_000_000)
    line.promote(f"{MODEL}#staging#2", "v1.1.0")
    line.push()
    done = run(line, "--at", "2024-01-01", "--json")
    assert ["v1.1.0"] == [one["version"] for one in json.loads(done.stdout)["declared"][0]["candidates"]]


@pytest.mark.parametrize("date", ["2999-01-01", "last tuesday", "2023-W47", "2023-W47-2", "2023W472T10:00"])
def test_a_date_that_is_none_or_lies_ahead_is_refused(line: Line, date: str) -> None:
    done = run(line, "--at", date)
    assert 2 == done.returncode
    assert "write 2026-11-17" in done.stderr


def test_a_shallow_clone_is_warned_about(line: Line) -> None:
    line.promote(f"{MODEL}#staging#1", "v1.0.0")
    line.promote(f"{MODEL}#staging#2", "v1.1.0")
    line.push()
    shallow = line.bare.parent / "shallow"
    line.git("clone", "--quiet", "--depth=1", f"file://{line.bare}", str(shallow))
    done = run_headway("history", folder=shallow, **GIT)
    assert 0 == done.returncode
    assert "shallow clone" in done.stderr


def test_it_says_declared_and_fits_80_columns(line: Line) -> None:
    line.declare("staging", "v1.0.0", reason="because " * 30, asked_by="somebody with a long name " * 4)
    line.push()
    shown = run(line).stdout
    assert "Declared" in shown
    assert [] == [text for text in shown.splitlines() if len(text) > 80]


def test_text_of_the_repository_cannot_move_the_cursor(line: Line) -> None:
    path = f"models/registry/staging/{MODEL}.yaml"
    line.commit({path: line.stage_file(MODEL, "v1.0.0").replace("it is better", r'"\e[2J up"')})
    line.push()
    shown = run(line).stdout
    assert "[2J up" in shown
    assert "\x1b" not in shown


def test_a_repository_without_declarations_says_so(line: Line) -> None:
    assert "nothing was declared yet" in run(line).stdout
