"""Figures of base, production and candidate; classes, slices, spoiled images, speed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from headway.contracts.scorecard import FreshScore
from headway.pull_request.report.facts import Facts, Run
from headway.pull_request.report.scores import classes, metrics, robustness, slices
from headway.pull_request.report.speed import speed
from tests.finished_run import scorecard
from tests.pull_request.report.rendered import rendered
from tests.pull_request.report.reports import make_facts
from tests.verdicts import CANDIDATE, CHAMPION, class_comparison, interval, verdict


def with_base_scorecard(facts: Facts, **changes: object) -> Facts:
    assert facts.base is not None
    return replace(facts, base=replace(facts.base, run=replace(facts.base.run, scorecard=scorecard(**changes))))


def test_base_production_and_candidate_stand_side_by_side(facts: Facts) -> None:
    page = rendered("\n".join(metrics(facts)))

    assert ["on the test split", "base", "production", "candidate", "difference"] == page.tables[0][0]
    assert [
        "mAP50-95",
        "0.512",
        "0.592 (0.552 to 0.632)",
        "0.512 (0.472 to 0.552)",
        "-0.080 (-0.120 to -0.040) ▼",
    ] == page.tables[0][1]
    assert ["precision", "0.857", "0.860 (0.820 to 0.900)"] == page.tables[0][3][:3]
    assert ["calibration error", "0.043", "0.031", "0.043", "+0.012"] == page.tables[0][5]
    assert "In brackets 90% intervals, from 2,000 draws of images." in page.text


def test_one_model_is_not_shown_twice(facts: Facts) -> None:
    same = rendered("\n".join(metrics(with_base_scorecard(facts, model_sha256=CHAMPION))))
    own = rendered("\n".join(metrics(with_base_scorecard(facts, model_sha256=CANDIDATE))))

    assert ["on the test split", "production", "candidate", "difference"] == same.tables[0][0] == own.tables[0][0]
    assert "The model in production is the base's." in same.text
    assert "The base's model and the candidate are the same file." in own.text


def test_a_base_that_was_scored_on_other_data_is_said(facts: Facts) -> None:
    other = with_base_scorecard(facts, model_sha256="8" * 64, dataset_digest="0" * 64)

    assert "They may be of other test images" in rendered("\n".join(metrics(other))).text
    assert "They may be of other test images" not in rendered("\n".join(metrics(facts))).text


def test_a_base_without_a_readable_scorecard_is_said(facts: Facts) -> None:
    assert facts.base is not None
    old = replace(facts.base.run, scorecard=None, missing={Path("reports/scorecard.json"): "cannot be read"})
    page = rendered("\n".join(metrics(replace(facts, base=replace(facts.base, run=old)))))

    assert "No figures of the base: reports/scorecard.json cannot be read at the merge base." in page.text


def test_without_production_only_known_columns_are_shown(run: Run) -> None:
    measured = [one.model_copy(update={"champion": None, "difference": None}) for one in verdict().measured]
    alone = verdict(champion=None, measured=tuple(measured), calibration_error=(0.04, None), speed=None)
    facts = make_facts(run, verdict=alone, base=None, no_base="there is no base")

    assert ["on the test split", "candidate"] == rendered("\n".join(metrics(facts))).tables[0][0]
    assert ["candidate", "12.1 ms", "13.2 ms", "15.2 ms", "9.50 MiB"] == rendered("\n".join(speed(facts))).tables[0][1]


def test_fresh_images_are_a_score_beside(run: Run) -> None:
    card = scorecard(fresh=FreshScore(images=4, boxes=9, map50_95=0.4, map50=0.7))
    text = rendered("\n".join(metrics(make_facts(replace(run, scorecard=card))))).text

    assert "On 4 fresh images" in text
    assert "mAP50-95 0.400 and mAP50 0.700" in text


def test_classes_come_by_their_loss_and_new_ones_last(facts: Facts) -> None:
    table = rendered("\n".join(classes(facts))).tables[0]

    assert ["box/large", "can", "jar (new)"] == [row[0] for row in table[1:]]
    assert "-0.200 (-0.240 to -0.160) ▼" == table[1][4]


def test_a_gain_that_is_shown_has_an_arrow(run: Run) -> None:
    gain = class_comparison("can", 0.0).model_copy(update={"difference": interval(0.2)})
    table = rendered("\n".join(classes(make_facts(run, verdict=verdict(classes=(gain,)))))).tables[0]

    assert "+0.200 (+0.160 to +0.240) ▲" == table[1][4]


def test_many_classes_are_folded_and_cut(run: Run) -> None:
    many = tuple(class_comparison(f"class {n}", -n / 10_000) for n in range(1203))
    page = rendered("\n".join(classes(make_facts(run, verdict=verdict(classes=many)))))

    assert "details" in page.tags
    assert "class 1202" == page.tables[0][1][0]
    assert "The 60 largest losses of 1,203." in page.text


def test_without_slices_there_is_no_section(run: Run, facts: Facts) -> None:
    assert [] == list(slices(make_facts(run, verdict=verdict(slices=()))))
    assert ["night", "21", "0.500", "0.400", "-0.100 (-0.140 to -0.060) ▼"] == rendered(
        "\n".join(slices(facts))
    ).tables[0][1]


def test_robustness_is_shown_beside_the_base(facts: Facts) -> None:
    assert ["dark", "2", "0.250", "49%", "49%"] == rendered("\n".join(robustness(facts))).tables[0][2]


def test_a_scorecard_of_another_model_is_not_used(run: Run) -> None:
    missing = {Path("reports/scorecard.json"): "is about another model than the verdict"}
    facts = make_facts(replace(run, scorecard=None, missing=missing))

    assert "Not known: reports/scorecard.json is about another model" in rendered("\n".join(robustness(facts))).text


def test_both_models_are_timed_on_named_hardware(facts: Facts) -> None:
    page = rendered("\n".join(speed(facts)))

    assert ["production", "11.0 ms", "12.2 ms", "14.2 ms", "9.50 MiB"] == page.tables[0][2]
    assert "1.10 times production's median, on AMD EPYC 7763 64-Core Processor, 2 of 128 cores" in page.text


def test_what_was_not_timed_is_said(run: Run) -> None:
    untimed = replace(run, latency=None, missing={Path("reports/latency.json"): "does not exist"})
    text = rendered("\n".join(speed(make_facts(untimed, verdict=verdict(speed=None))))).text

    assert "Not timed: reports/latency.json does not exist." in text
