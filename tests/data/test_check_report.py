"""What a check says in words, as Markdown and as JSON values."""

from __future__ import annotations

import json

from headway.contracts.problem import Problem, problem_from
from headway.contracts.problems import KINDS
from headway.data.check_report import Checked, check_markdown, check_text, check_values, codes_text, codes_values
from headway.data.findings import Findings

CHECKED = Checked("jars", "yolo", 3, 1234)
TINY = Problem("box-tiny", "cup box has only 9 square pixels", "b.txt", 2, image_id="b", box=1)
BAD = Problem("box-no-area", "cup box has no area", "a.txt", 7, image_id="a", box=0)


def text(*problems: Problem) -> list[str]:
    return list(check_text(CHECKED, Findings(problems=list(problems))))


def test_sound_data_in_words() -> None:
    assert ["jars (yolo): 3 images, 1,234 boxes", "No problem found"] == text()


def test_each_kind_has_its_count_its_policy_and_its_places() -> None:
    assert [
        "jars (yolo): 3 images, 1,234 boxes",
        "     1  box-no-area: box of zero or negative size [fail]",
        "        a.txt:7: cup box has no area",
        "     1  box-tiny: tiny box [keep]",
        "        b.txt:2: cup box has only 9 square pixels",
        "2 problems, 1 of a kind whose policy is to fail",
    ] == text(TINY, BAD)


def test_only_the_first_places_are_shown() -> None:
    lines = text(*[Problem("box-tiny", "tiny", "a.txt", line) for line in range(10, 0, -1)])
    assert ["        a.txt:1: tiny", "        a.txt:2: tiny", "        a.txt:3: tiny"] == lines[2:5]
    assert ["        ... and 7 more", "10 problems, none of a kind whose policy is to fail"] == lines[5:]


def test_what_keeping_does_is_told() -> None:
    assert (
        "     1  label-empty: label file without a box [keep: taken as background]"
        == text(Problem("label-empty", "no box", "a.txt"))[1]
    )


def test_suspects_keep_the_order_in_which_they_were_found() -> None:
    lines = text(Problem("suspect-class", "surest", "z.txt"), Problem("suspect-class", "less sure", "a.txt"))
    assert ["        z.txt: surest", "        a.txt: less sure"] == lines[2:4]


def test_values_hold_every_problem_and_can_be_read_back() -> None:
    values = json.loads(json.dumps(check_values(CHECKED, Findings({"box-tiny": "drop"}, [TINY, BAD]))))
    assert {"where": "jars", "format": "yolo", "images": 3, "boxes": 1234} == values["checked"]
    assert values["sound"] is False
    assert {"title": "tiny box", "count": 1, "policy": "drop"} == values["kinds"]["box-tiny"]
    assert [BAD, TINY] == [problem_from(one) for one in values["problems"]]


def test_problems_that_none_fails_by_are_sound() -> None:
    assert check_values(CHECKED, Findings(problems=[TINY]))["sound"] is True


def test_page_has_a_table_the_sheets_and_the_places() -> None:
    page = check_markdown(CHECKED, Findings(problems=[TINY, BAD]), {"box-tiny": "sheets/box-tiny.jpg"})
    assert "| <code>box-no-area</code> box of zero or negative size | 1 | fail |" in page
    assert "![tiny box](sheets/box-tiny.jpg)" in page
    assert "box-no-area.jpg" not in page
    assert "- <code>b.txt&#58;2</code> cup box has only 9 square pixels" in page


def test_page_shows_hostile_names_as_plain_text() -> None:
    page = check_markdown(CHECKED, Findings(problems=[Problem("box-tiny", "[x](y) <b>", "<i>|`.txt")]), {})
    assert "\\[x\\](y) &lt;b&gt;" in page
    assert "<i>" not in page


def test_codes_are_listed_with_their_policies() -> None:
    rows = {line.split()[0]: line for line in list(codes_text())[1:]}
    assert list(KINDS) == list(rows)
    assert ["box-outside", "fail", "fail", "drop", "keep"] == rows["box-outside"].split()[:5]
    assert list(KINDS) == [values["code"] for values in codes_values()]
