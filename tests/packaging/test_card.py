"""What the model card says, and that it says nothing that the numbers do not."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.contracts.dataset import dataset_facts, read_dataset
from headway.contracts.layout import LATENCY, PREPARED, SCORECARD
from headway.contracts.manifest import CARD, read_manifest
from headway.contracts.markdown import escape
from headway.contracts.params.package import PackageParams
from headway.contracts.scorecard import ClassScore, FreshScore, read_latency, read_scorecard
from headway.packaging.card import CardFacts, card_markdown, find_limits
from tests.finished_run import at_threshold, quality, scorecard
from tests.scored_project import MODEL as FILES


@pytest.fixture
def facts(packaged_once: Path) -> CardFacts:
    return CardFacts(
        manifest=read_manifest(packaged_once / FILES.bundle),
        scorecard=read_scorecard(packaged_once / SCORECARD),
        latency=read_latency(packaged_once / LATENCY),
        data=dataset_facts(read_dataset(packaged_once / PREPARED)),
        params=PackageParams(description="Finds coloured blobs.", licence="MIT"),
        architecture="yolo11n.yaml",
        plots={},
    )


def data(**boxes: int) -> dict[str, Any]:
    return {"splits": {"test": {"boxes_per_class": boxes}}}


def test_the_card_gives_use_numbers_data_limits_licence_and_how_to_check(facts: CardFacts) -> None:
    card = card_markdown(facts)
    headings = [line.removeprefix("## ") for line in card.splitlines() if line.startswith("## ")]

    assert [
        "Intended use",
        "How good it is",
        "Each class",
        "When to trust it",
        "How fast it is",
        "Data",
        "Limits",
        "Running it",
        "Licence and identity",
    ] == headings
    assert "Finds coloured blobs." in card
    assert "Licence: MIT" in card
    assert facts.manifest.identity in card


def test_tables_have_as_many_cells_as_their_head(packaged_once: Path) -> None:
    lines = (packaged_once / FILES.bundle / CARD).read_text().splitlines()
    widths: dict[int, set[int]] = {}
    table = 0
    for before, line in zip(["", *lines], lines, strict=False):
        table += line.startswith("|") and not before.startswith("|")
        if line.startswith("|"):
            widths.setdefault(table, set()).add(line.count("|"))

    assert 6 == len(widths)
    assert all(len(found) == 1 for found in widths.values())


def test_a_class_name_cannot_break_its_table(facts: CardFacts) -> None:
    score = ClassScore(name="a|b", boxes=3, map50_95=0.5, map50=0.5, at_threshold=at_threshold(2, 0, 1))
    card = card_markdown(replace(facts, scorecard=facts.scorecard.model_copy(update={"per_class": (score,)})))

    assert "| a\\|b | 3 |" in card


HOSTILE = """<b>"q'/x\\ [l](u) `c` a|b *s* _u_ $m$ ![i](p) &lt;\n# h"""
PUNCTUATION = r"[!-/:-@\[-`{-~]"


@given(name=st.text() | st.text("<>&[]()`|*_\\\n!#-+.1 ab"))
def test_no_name_gets_through_as_markup(name: str) -> None:
    escaped = escape(name)

    assert "" == re.sub(rf"\\{PUNCTUATION}|[^<>\[`|*_\n\r]", "", escaped), "what is left stands there unescaped"
    assert not re.match(r"([-+]|\d+[.)])(\s|$)", escaped), "it would begin a list"


@given(name=st.text() | st.text("<>&[]()`|*_\\\n!#-+.1 ab"))
def test_a_name_renders_to_itself_on_one_line(name: str) -> None:
    rendered = re.sub(rf"\\({PUNCTUATION})|(&\w+;)", lambda found: found[1] or html.unescape(found[2]), escape(name))

    assert " ".join(name.split()) == rendered


@pytest.mark.parametrize("name", ["can", "traffic light", "t-shirt", "Coca-Cola 0.5 l", "café", "person's"])
def test_plain_names_stay_readable(name: str) -> None:
    assert name == escape(name)


def test_names_from_outside_are_escaped_everywhere(facts: CardFacts) -> None:
    score = ClassScore(name=HOSTILE, boxes=3, map50_95=0.1, map50=0.2, at_threshold=at_threshold(1, 0, 9))
    rare = {**facts.data, "splits": {**facts.data["splits"]}}
    rare["splits"]["test"] = {**rare["splits"]["test"], "boxes_per_class": {HOSTILE: 3}}
    hostile = replace(
        facts,
        manifest=facts.manifest.model_copy(update={"classes": (HOSTILE,)}),
        scorecard=facts.scorecard.model_copy(update={"per_class": (score,)}),
        data=rare,
        params=PackageParams(description=HOSTILE, licence=HOSTILE),
        architecture=HOSTILE,
    )

    card = card_markdown(hostile)

    assert 7 == card.count(escape(HOSTILE)), "purpose, classes, start, table, two limits, licence"
    assert [] == [raw for raw in ("<b>", "[l]", " `c`", "a|b", " *s*", " _u_", "&lt;b>", "\n# h") if raw in card]


def test_a_missing_purpose_is_said(facts: CardFacts) -> None:
    assert "Nobody has written down what this model is for" in card_markdown(replace(facts, params=PackageParams()))


def test_a_model_without_robustness_slices_has_a_card(facts: CardFacts) -> None:
    card = card_markdown(replace(facts, scorecard=facts.scorecard.model_copy(update={"slices": ()})))

    assert "spoiled on purpose" not in card


def test_fresh_images_are_on_the_card_and_only_where_there_are_any(facts: CardFacts) -> None:
    fresh = FreshScore(images=3, boxes=8, map50_95=0.48, map50=None)
    counts = {"images": 3, "boxes": 8, "background_images": 1}
    grown = replace(
        facts,
        scorecard=facts.scorecard.model_copy(update={"fresh": fresh}),
        data={**facts.data, "splits": {**facts.data["splits"], "fresh": counts}},
    )
    card = card_markdown(grown)

    assert (
        "On 3 fresh images with 8 objects, which came after the test set was frozen: mAP50-95 0.480, mAP50 -." in card
    )
    assert "| fresh | 3 | 8 | 1 | a score beside those of test |" in card
    assert "fresh" not in card_markdown(facts)


def test_limits_follow_from_the_numbers() -> None:
    limits = "\n".join(find_limits(scorecard(), data(can=30, jar=3)))

    assert "tested on 12 images only" in limits
    assert "stand behind the numbers of: jar." in limits
    assert "No test object was small" in limits
    assert "left under: dark 2 (49%)." in limits
    assert "misses more than half" not in limits
    assert "no probabilities" not in limits


def test_a_class_that_is_mostly_missed_is_named() -> None:
    weak = ClassScore(name="jar", boxes=30, map50_95=0.1, map50=0.2, at_threshold=at_threshold(9, 0, 21))

    assert "It misses more than half of: jar." in find_limits(scorecard(per_class=(weak,)), data(jar=30))


def test_a_good_model_has_one_limit() -> None:
    numbers = quality(0.9, 0.99).model_copy(update={"images": 500, "map_small": 0.8})
    good = scorecard(quality=numbers, per_class=(), slices=())

    assert 1 == len(find_limits(good, data(can=100)))
