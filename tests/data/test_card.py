"""What the data set card says."""

from __future__ import annotations

import json
import re

from headway.contracts.dataset import Box
from headway.contracts.markdown import escape
from headway.contracts.problem import Problem
from headway.data.card import card_markdown, card_values, gather_facts
from headway.data.diff import Version
from tests.data.versions import CAN, image, version

HOSTILE = "a|b `c` <img src=x> *s*\n# h [l](u)"
LEAK = Problem("leak-duplicate", "b (test) has the bytes of a (train)")


def card(data: Version, **about: str) -> str:
    return card_markdown(gather_facts(data.dataset, data.problems, about))


def test_the_card_gives_splits_classes_boxes_problems_licence_and_origin() -> None:
    headings = re.findall("^## (.*)$", card(version(image("a", CAN))), flags=re.MULTILINE)

    assert ["Splits", "Classes", "Boxes and images", "Known problems", "Licence and origin"] == headings


def test_the_counts_of_every_split_are_in_a_table() -> None:
    text = card(version(image("a", CAN, CAN), image("b"), image("c", CAN, split="fresh")))

    assert "| train | 2 | 67% | 2 | 1.0 | 1 | fitting the weights |" in text
    assert "| fresh | 1 | 33% | 1 | 1.0 | 0 | images that came after test was frozen |" in text


def test_classes_come_most_frequent_first_with_their_ids() -> None:
    text = card(version(image("a", CAN, Box("jar", 0.0, 0.0, 99.0, 99.0), Box("jar", 0.0, 0.0, 97.0, 97.0))))

    assert "| jar | 2 | 2 | 2 | 1 | 0 | 0 | 2 | 98 px |\n| can | 0 | 1 | 1 | 1 | 1 | 0 | 0 | 20 px |" in text


def test_problems_are_counted_by_code() -> None:
    assert "| `leak-duplicate` | exact copies in different splits | 2 |" in card(version(problems=(LEAK, LEAK)))


def test_without_problems_that_is_said() -> None:
    assert "None: every check passed." in card(version(image("a")))


def test_licence_and_origin_are_told_and_missing_ones_asked_for() -> None:
    assert "- Licence: MIT\n- Origin: *nobody has written it down (`prepare.origin`)*" in card(version(), licence="MIT")


def test_the_digest_is_told() -> None:
    data = version(image("a"))

    assert f"`{data.dataset.digest}`" in card(data)


def test_an_empty_data_set_has_a_card_without_samples() -> None:
    assert "samples.jpg" not in card(version())


def test_text_from_the_data_is_no_markup() -> None:
    data = version(image(HOSTILE, Box(HOSTILE, 0.0, 0.0, 9.0, 9.0)), classes=(HOSTILE,))
    text = card(data, licence=HOSTILE, origin=HOSTILE, description=HOSTILE, version=HOSTILE, format=HOSTILE)

    assert 7 == text.count(escape(HOSTILE)), "description, licence twice, class, origin, version, format"
    assert [] == [raw for raw in ("<img", "[l]", " `c`", "a|b", " *s*", "\n# h") if raw in text]


def test_json_says_the_same_and_cuts_nothing() -> None:
    data = version(*(image(str(number), CAN) for number in range(50)), problems=(LEAK,))
    values = json.loads(json.dumps(card_values(gather_facts(data.dataset, data.problems, {"licence": "MIT"}))))

    assert data.dataset.digest == values["digest"]
    assert {"leak-duplicate": 1} == values["problems"]
    assert {"licence": "MIT"} == values["about"]
    assert [50, 0, 0] == [one["total"] for one in values["class_statistics"]]
    assert [[100, 80, 50]] == values["image_sizes"]
    assert 12 == len(values["samples"])
