"""What is left out when a report grows too long."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.pull_request.report.budget import LONGEST_BYTES, Rank, Section, assemble
from headway.pull_request.report.facts import Facts, Run
from headway.pull_request.report.render import render
from tests.pull_request.report.rendered import rendered
from tests.pull_request.report.reports import data, make_facts
from tests.verdicts import class_comparison, finding, verdict, worse_image

LONG = "@名😀<|>" * 40


def section(rank: Rank, length: int) -> Section:
    return Section(rank.name, rank, ("x" * length,))


def test_what_fits_is_kept_in_order() -> None:
    report = assemble([section(Rank.VERDICT, 2), Section("empty", Rank.SLICES, ()), section(Rank.CURVES, 3)])

    assert ("xx\n\nxxx\n", ()) == (report.text, report.dropped)


def test_the_least_important_goes_first_and_is_named() -> None:
    sections = [section(rank, 400) for rank in (Rank.VERDICT, Rank.CURVES, Rank.METRICS, Rank.ROBUSTNESS)]
    report = assemble(sections, 1000)

    assert ("CURVES", "ROBUSTNESS") == report.dropped
    assert "Left out, because GitHub takes no longer text: CURVES, ROBUSTNESS." in report.text
    assert 800 == report.text.count("x" * 400) * 400


@given(st.lists(st.integers(0, 3000), min_size=len(Rank), max_size=len(Rank)), st.integers(500, 5000))
def test_no_more_is_left_out_than_has_to_be(lengths: list[int], longest: int) -> None:
    sections = [section(rank, length) for rank, length in zip(Rank, lengths, strict=True)]
    report = assemble(sections, longest)
    ranks = [Rank[name] for name in report.dropped]

    assert sorted(ranks) == ranks == list(Rank)[: len(ranks)]
    assert Rank.VERDICT not in ranks
    assert len(report.text) <= longest or len(ranks) == len(Rank) - 1
    if ranks:
        last = lengths[len(ranks) - 1]
        assert len(report.text) + last + 2 > longest - len(", ROBUSTNESS")


def test_the_whole_stays_below_githubs_limit_whatever_there_is(run: Run) -> None:
    facts = make_facts(
        replace(
            run,
            params={f"{LONG}{n}": LONG for n in range(1000)},
            data=data(lambda name: LONG + name, digest="0" * 64),
            stages={f"{LONG}{n}": {"deps": [{"path": "src", "md5": "1"}]} for n in range(500)},
        ),
        verdict=verdict(
            summary=LONG * 9,
            findings=tuple(finding("class", LONG, "fail" if n % 2 else "pass", LONG * 9) for n in range(2000)),
            classes=tuple(class_comparison(f"{LONG}{n}", -0.1) for n in range(1203)),
            worse_images=tuple(worse_image(f"{LONG}{n}") for n in range(20)),
            notes=(LONG * 9,) * 20,
        ),
    )
    report = render(facts)

    assert len(report.text.encode()) <= LONGEST_BYTES
    assert "training curves" in report.dropped
    assert report.text.startswith("## ❌ Reject")
    shapes = rendered(report.text).shapes
    assert all(len(set(rows)) == 1 for rows in shapes)


def test_a_usual_report_leaves_nothing_out(facts: Facts) -> None:
    assert () == render(facts).dropped


def test_equal_facts_give_equal_bytes(run: Run) -> None:
    assert render(make_facts(run)).text == render(make_facts(run)).text


def test_a_run_of_which_nothing_is_known_has_a_report() -> None:
    text = render(make_facts(Run(), base=None, no_base="there is no repository")).text

    assert "there is no repository" in text


@pytest.mark.parametrize("length", [0, 100])
def test_a_verdict_that_is_too_long_alone_stays(length: int) -> None:
    assert ("CURVES",) == assemble([section(Rank.VERDICT, 200), section(Rank.CURVES, length + 1)], 100).dropped
