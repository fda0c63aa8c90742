"""The diff as Markdown for pull requests, and as JSON."""

from __future__ import annotations

import json
import re
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from headway.contracts.dataset import Box
from headway.contracts.markdown import code
from headway.contracts.problem import Problem
from headway.data.diff import Version, diff_datasets
from headway.data.diff_report import LONGEST, diff_markdown, diff_values
from tests.data.versions import CAN, image, version, versions

LEAK = Problem("leak-duplicate", "b (test) has the bytes of a (train)", "images/b", image_id="b", others=("a",))
HOSTILE = "@everyone #1 | a\\|b `c` <img src=x> *s*\n- [l](u)"


def report(old: Version, new: Version) -> str:
    return diff_markdown(diff_datasets(old, new), "main")


def test_nothing_changed_is_said_in_one_sentence() -> None:
    digest = version(image("a")).dataset.digest
    expected = (
        f"## Data since <code>main</code>\n\nNothing changed.\n\nDigest of images and labels: `{digest}`, as before.\n"
    )

    assert expected == report(version(image("a")), version(image("a")))


def test_the_headline_counts_what_changed() -> None:
    old = version(image("a", CAN), image("b"))
    new = version(
        image("a", replace(CAN, class_name="jar")),
        image("b", split="test"),
        image("c"),
        image("d"),
        problems=(LEAK,),
    )

    headline = "**2 images added, 1 image moved to another split, 1 label changed on images that stayed, 1 new leak.**"
    assert headline in report(old, new).splitlines()


def test_the_tables_show_before_now_and_change() -> None:
    lines = report(version(image("a", CAN)), version(image("a", CAN), image("b", CAN, split="val"))).splitlines()

    assert "| <code>val</code> | 0 | 1 | +1 |" in lines
    assert "| all | 1 | 2 | +1 |" in lines
    assert "| <code>can</code> | 1 | 2 | +1 |" in lines
    assert "| <code>jar</code> | 0 | 0 | ±0 |" in lines


def test_a_changed_class_id_is_a_warning() -> None:
    text = report(version(classes=("can", "jar")), version(classes=("jar", "can")))

    assert "- Class ids **changed**: <code>jar</code> 1 → 0, <code>can</code> 0 → 1." in text


def test_a_relabelled_box_is_named_with_its_place() -> None:
    text = report(version(image("a", CAN)), version(image("a", replace(CAN, class_name="jar"))))

    assert "| <code>can</code> → <code>jar</code> | 1 |" in text
    assert "- <code>a</code>: <code>can</code> → <code>jar</code>, (10, 10, 30, 30)" in text


def test_leaks_have_a_table_of_their_own_and_new_ones_are_listed() -> None:
    text = report(version(), version(problems=(LEAK,)))

    assert "| `leak-duplicate`: exact copies in different splits | 0 | 1 | +1 |" in text
    assert "<details><summary>New: leaks between splits (1)</summary>" in text
    assert "### Other problems" not in text


def test_an_added_copy_of_an_image_of_another_split_is_a_warning() -> None:
    old = version(image("a", content="1", split="test"))
    text = report(old, version(*old.dataset.records, image("b", content="1")))

    assert "- Added images that copy an image of **another split**: 1." in text
    assert "- <code>b</code> (train) = <code>a</code> (test)" in text


def test_long_lists_are_cut_and_say_so() -> None:
    text = report(version(), version(*(image(f"{number:04}") for number in range(100))))

    assert "<summary>Images added (100)</summary>" in text
    assert "- and 70 more" in text
    assert "0030" not in text


def test_the_whole_fits_into_a_comment_whatever_the_names() -> None:
    names = tuple(f"{'@' * 200}{number}" for number in range(300))
    new = [image(f"{name}", replace(CAN, class_name=name)) for name in names]

    assert len(report(version(), version(*new, classes=names))) <= LONGEST


def test_names_from_the_data_break_nothing() -> None:
    box = Box(HOSTILE, 0.0, 0.0, 9.0, 9.0)
    old = version(image(f"{HOSTILE}1", box), image("2" + HOSTILE), classes=(HOSTILE, "can"))
    new = version(
        image(f"{HOSTILE}1", CAN, split="val"),
        image("3" + HOSTILE, content="2" + HOSTILE),
        image("4" + HOSTILE),
        classes=("can", HOSTILE + "x"),
        problems=(replace(LEAK, message=HOSTILE, file=HOSTILE),),
    )

    text = report(old, new)

    assert [] == [raw for raw in ("@", "<img", " #1", "[l]", " `c`", "*s*", "a\\|") if raw in text]
    assert {4} == {line.count("|") - 1 for line in text.splitlines() if re.match(r"\| .*\| [+±-]\d+ \|$", line)}


@given(st.text() | st.text("@#<>|`\\*_[]()!~&ab \n\t"))
def test_code_shows_a_name_and_means_nothing_else(name: str) -> None:
    marked = code(name, longest=10_000)
    inside = marked.removeprefix("<code>").removesuffix("</code>").replace("&#64;<!-- -->", "&#64;")

    assert not re.search(r"[@<>|`\\*_\[\]~!]|#(?!\d+;)|&(?!#\d+;)", inside)
    shown = "".join(one if one.isprintable() else "\ufffd" for one in " ".join(name.split()))
    assert shown == re.sub(r"&#(\d+);", lambda found: chr(int(found[1])), inside)


def test_code_cuts_a_long_name() -> None:
    assert "<code>aaaa…</code>" == code("a" * 9, longest=5)


@settings(max_examples=30)
@given(versions, versions)
def test_every_diff_can_be_said_both_ways(one: Version, other: Version) -> None:
    diff = diff_datasets(one, other)

    assert json.loads(json.dumps(diff_values(diff), allow_nan=False))["empty"] == diff.empty
    assert diff_markdown(diff, "main").count("<details>") == diff_markdown(diff, "main").count("</details>")


def test_json_cuts_nothing() -> None:
    values = diff_values(diff_datasets(version(), version(*(image(f"{number}") for number in range(100)))))

    assert 100 == len(values["added"])
    assert {"image_id": "0", "split": "train", "boxes": 0} == values["added"][0]
