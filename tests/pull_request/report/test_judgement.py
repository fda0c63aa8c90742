"""The top of the report: what was decided, why, and what the test set can show."""

from __future__ import annotations

from dataclasses import replace

import pytest

from headway.pull_request.report.facts import Facts, Run
from headway.pull_request.report.judgement import judgement
from tests.pull_request.report.rendered import Page, rendered
from tests.pull_request.report.reports import make_facts
from tests.verdicts import finding, verdict


def page_of(facts: Facts) -> Page:
    return rendered("\n".join(judgement(facts)))


@pytest.mark.parametrize(
    ("decision", "title", "advice"),
    [
        ("accept", "✅ Accept: detector", "No rule of the gate speaks against a merge."),
        ("reject", "❌ Reject: detector", "Do not merge it as it is"),
        ("inconclusive", "⚠️ Inconclusive: detector", "It counts as failed until it is decided"),
    ],
)
def test_the_decision_stands_first_with_its_reason_and_what_to_do(
    run: Run, decision: str, title: str, advice: str
) -> None:
    facts = make_facts(run, verdict=verdict(decision=decision, summary=f"{decision.capitalize()}: this is why."))
    first, second = page_of(facts).text.splitlines()[:2]

    assert title == first
    assert second.startswith(f"this is why. {advice}")


def test_a_summary_without_words_leaves_the_advice(run: Run) -> None:
    page = page_of(make_facts(run, verdict=verdict(summary="")))

    assert "\nDo not merge it as it is" in page.text
    assert "hr" not in page.tags


def test_what_the_test_set_can_show_stands_beside_it(facts: Facts) -> None:
    text = page_of(facts).text

    assert (
        "60 images, 812 boxes; smallest difference that this test set can show: 0.031 mAP50-95 (margin 0.020)" in text
    )
    assert "for that margin it needs about 140 images; 3 candidates were judged on it so far." in text


def test_a_test_set_that_is_large_enough_asks_for_no_more_images(run: Run) -> None:
    statistics = verdict().statistics.model_copy(update={"images_for_margin": 60})

    assert "it needs about" not in page_of(make_facts(run, verdict=verdict(statistics=statistics))).text


def test_without_production_the_floors_decide(run: Run) -> None:
    text = page_of(make_facts(run, verdict=verdict(champion=None))).text

    assert "There is no model in production: the floors alone decide, on 60 images, 812 boxes." in text


def test_a_changed_test_set_is_said(run: Run, facts: Facts) -> None:
    changed = facts.verdict.test_set.model_copy(update={"changed": True})

    assert "The test set is another one" not in page_of(facts).text
    assert "The test set is another one" in page_of(make_facts(run, verdict=verdict(test_set=changed))).text


def test_a_verdict_about_another_lock_is_said(run: Run, facts: Facts) -> None:
    assert "another dvc.lock" not in page_of(facts).text
    assert "another dvc.lock" in page_of(make_facts(replace(run, lock_sha256="4" * 64), verdict=facts.verdict)).text


def test_what_failed_stands_before_what_is_undecided_and_what_passed(facts: Facts) -> None:
    assert [
        ["rule", "about", "finding"],
        ["❌ non-inferiority", "mAP50-95", "mAP50-95 changes by -0.080 [-0.120, -0.040]: worse by more"],
        ["⚠️ speed", "median latency", "the two models could not be timed side by side here"],
        ["✅ floor", "mAP50", "mAP50 0.861 reaches the floor 0.5"],
    ] == page_of(facts).tables[0]


def test_many_rules_that_passed_are_folded_away(run: Run) -> None:
    passed = [finding("class", f"mAP50 of c{n}", "pass", "held") for n in range(20)]
    findings = (*passed, finding("floor", "recall", "fail", "recall 0.4 is below the floor 0.5"))
    page = page_of(make_facts(run, verdict=verdict(findings=findings)))

    assert [["❌ floor", "recall", "recall 0.4 is below the floor 0.5"]] == page.tables[0][1:]
    assert 1 == page.tags.count("details")
    assert "20 rules passed" in page.text
    assert 20 == len(page.tables[1][1:])


def test_a_policy_without_rules_is_said(run: Run) -> None:
    assert "The policy has no rule." in page_of(make_facts(run, verdict=verdict(findings=()))).text


def test_more_findings_than_fit_are_counted(run: Run) -> None:
    findings = tuple(finding("class", f"class {n}", "fail", "x" * 250) for n in range(900))
    text = page_of(make_facts(run, verdict=verdict(findings=findings))).text

    assert "first of 900." in text
    assert len("\n".join(judgement(make_facts(run, verdict=verdict(findings=findings)))).encode()) < 20_000


def test_notes_of_the_gate_are_shown(facts: Facts) -> None:
    assert "Note: origin/main has no params.yaml: the policy is the candidate's own." in page_of(facts).text
