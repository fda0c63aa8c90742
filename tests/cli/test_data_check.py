"""Every kind of problem is found in real files, at its place, and its policy decides the exit code."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from headway.cli.main import cli
from headway.contracts.problems import KINDS
from headway.errors import NO, YES, InputError
from tests.cli.command import run_headway
from tests.data.flaws import FLAWS, GOOD, ULTRALYTICS, Flaw, set_params, write_sound
from tests.deeppcb import convert_deeppcb

ALLOWED_TO_FAIL = [code for code, kind in KINDS.items() if "fail" in kind.allowed]


def run(folder: Path, *arguments: str) -> tuple[int, str]:
    """Run `headway data ARGUMENTS` in `folder`, in this process; return exit code and output."""
    output = io.StringIO()
    with contextlib.chdir(folder), contextlib.redirect_stdout(output):
        code = cli.main(["data", *arguments], prog_name="headway", standalone_mode=False)
    return code or YES, output.getvalue()


def check(folder: Path, arguments: Sequence[str]) -> tuple[int, dict[str, Any]]:
    code, output = run(folder, "check", *arguments, "--json")
    return code, json.loads(output)


def found(folder: Path, flaw: Flaw, code: str) -> list[dict[str, Any]]:
    _, values = check(folder, flaw.make(folder))
    problems = [problem for problem in values["problems"] if problem["code"] == code]
    assert len(problems) == values["kinds"].get(code, {"count": 0})["count"]
    return problems


def place(problem: dict[str, Any]) -> str:
    return f"{problem['file']}:{problem['line']}" if "line" in problem else problem["file"]


def test_every_kind_of_problem_has_a_flaw() -> None:
    assert list(KINDS) == list(FLAWS)


def test_sound_set_has_no_problem_but_rare_classes(tmp_path: Path) -> None:
    write_sound(tmp_path)
    code, values = check(tmp_path, ["set"])
    assert (YES, ["class-rare"]) == (code, list(values["kinds"]))
    assert {"where": "set", "format": "yolo", "images": 4, "boxes": 8} == values["checked"]


@pytest.mark.parametrize("code", KINDS)
def test_problem_is_found_at_its_place(code: str, tmp_path: Path) -> None:
    problems = found(tmp_path, FLAWS[code], code)
    assert FLAWS[code].place in [place(problem) for problem in problems]


@pytest.mark.parametrize(("code", "flaw"), ULTRALYTICS.values(), ids=ULTRALYTICS)
def test_what_ultralytics_lets_pass_is_found(code: str, flaw: Flaw, tmp_path: Path) -> None:
    assert [] != found(tmp_path, flaw, code)


@pytest.mark.parametrize("code", ALLOWED_TO_FAIL)
def test_policy_to_fail_exits_1(code: str, tmp_path: Path) -> None:
    arguments = FLAWS[code].make(tmp_path)
    lenient = {name: "keep" for name, kind in KINDS.items() if "keep" in kind.allowed}
    set_params(tmp_path, policy={**lenient, code: "fail"})
    exit_code, values = check(tmp_path, arguments)
    assert (NO, "fail") == (exit_code, values["kinds"][code]["policy"])


def test_policy_to_keep_exits_0(tmp_path: Path) -> None:
    arguments = FLAWS["box-outside"].make(tmp_path)
    assert NO == check(tmp_path, arguments)[0]
    set_params(tmp_path, policy={"box-outside": "keep"})
    assert YES == check(tmp_path, arguments)[0]


def test_what_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    with pytest.raises(InputError, match="no data set that Headway knows"):
        check(tmp_path, ["set"])


def test_command_prints_and_exits(tmp_path: Path) -> None:
    FLAWS["box-no-area"].make(tmp_path)
    done = run_headway("data", "check", "set", folder=tmp_path)
    assert NO == done.returncode
    assert "box-no-area: box of zero or negative size [fail]" in done.stdout
    assert "labels/train/a.txt:3: cup box" in done.stdout


def test_command_exits_2_where_nothing_can_be_read(tmp_path: Path) -> None:
    done = run_headway("data", "check", "gone", folder=tmp_path)
    assert (2, "") == (done.returncode, done.stdout)
    assert "gone does not exist" in done.stderr


def test_codes_lists_every_kind(tmp_path: Path) -> None:
    assert list(KINDS) == [kind["code"] for kind in json.loads(run(tmp_path, "codes", "--json")[1])]
    assert len(KINDS) + 1 == len(run(tmp_path, "codes")[1].splitlines())


def test_nothing_in_the_data_set_is_touched(tmp_path: Path) -> None:
    FLAWS["image-trailing-bytes"].make(tmp_path)
    before = contents(tmp_path / "set")
    check(tmp_path, ["set", "--out", "report"])
    assert before == contents(tmp_path / "set")


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_report_has_a_page_every_problem_and_a_sheet_a_kind(tmp_path: Path) -> None:
    FLAWS["box-no-area"].make(tmp_path)
    (tmp_path / "set/images/train/a.png").replace(tmp_path / "set/images/train/b.png")
    _, values = check(tmp_path, ["set", "--out", "report"])
    lines = (tmp_path / "report/problems.jsonl").read_text().splitlines()
    assert values["problems"] == [json.loads(line) for line in lines]
    page = (tmp_path / "report/report.md").read_text()
    for sheet in (tmp_path / "report/sheets").iterdir():
        assert f"(sheets/{sheet.name})" in page
        assert sheet.read_bytes().startswith(b"\xff\xd8\xff")


def test_sheets_show_boxes_copies_and_unreadable_images(tmp_path: Path) -> None:
    for code in ("box-no-area", "leak-duplicate", "image-unreadable"):
        folder = tmp_path / code
        folder.mkdir()
        FLAWS[code].make(folder)
        check(folder, ["set", "--out", "report"])
        assert (folder / f"report/sheets/{code}.jpg").stat().st_size > 1000


def test_report_does_not_replace_another_folder(tmp_path: Path) -> None:
    write_sound(tmp_path)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/thesis.txt").write_text("all of it")
    with pytest.raises(InputError, match="mine is not a report of an earlier check"):
        check(tmp_path, ["set", "--out", "mine"])


def test_report_replaces_that_of_an_earlier_check(tmp_path: Path) -> None:
    write_sound(tmp_path)
    check(tmp_path, ["set", "--out", "report"])
    first = contents(tmp_path / "report")
    check(tmp_path, ["set", "--out", "report"])
    assert first == contents(tmp_path / "report")


def mendable(folder: Path) -> Path:
    bad = ["0 0.5 0.5 0 0.2", "0 0.95 0.5 0.2 0.2", "0 0.25 0.25 0.3 0.3", "1,0.5,0.5,0.2,0.2", "0 0.4 0.4 0.2 0.2 0.9"]
    return write_sound(folder, {"train/a": GOOD + "".join(f"{row}\n" for row in bad)})


def test_fix_writes_records_in_which_nothing_is_wrong(tmp_path: Path) -> None:
    before = contents(mendable(tmp_path))
    code, values = check(tmp_path, ["set", "--fix"])
    assert (YES, "data/set-mended.jsonl") == (code, values["mended"]["file"])
    assert [
        ("label-extra-columns", 7, "extra columns ignored"),
        ("label-separator", 6, "read as it was meant"),
        ("box-no-area", 3, "left out"),
        ("box-outside", 4, "cut at the border"),
        ("box-duplicate", 5, "left out"),
    ] == [(mend["code"], mend["line"], mend["mend"]) for mend in values["mended"]["mends"]]
    assert before == contents(tmp_path / "set")
    code, values = check(tmp_path, ["data/set-mended.jsonl"])
    assert (YES, ["class-rare", "settled-at-import"], 11) == (code, list(values["kinds"]), values["checked"]["boxes"])


def test_fix_twice_gives_equal_bytes(tmp_path: Path) -> None:
    mendable(tmp_path)
    check(tmp_path, ["set", "--fix"])
    first = (tmp_path / "data/set-mended.jsonl").read_bytes()
    check(tmp_path, ["set", "--fix"])
    assert first == (tmp_path / "data/set-mended.jsonl").read_bytes()


def test_fix_says_what_it_did(tmp_path: Path) -> None:
    mendable(tmp_path)
    lines = run(tmp_path, "check", "set", "--fix")[1].splitlines()
    assert "wrote data/set-mended.jsonl, 5 mended; go on with: headway data import data/set-mended.jsonl" == lines[-1]
    assert "mended labels/train/a.txt:6: " in lines[-5]


def test_fix_writes_nothing_where_something_would_be_lost(tmp_path: Path) -> None:
    write_sound(tmp_path, {"train/a": f"{GOOD}0 half 0.5 0.2 0.2\n0 0.5 0.5 0 0.2\n"})
    code, output = run(tmp_path, "check", "set", "--fix")
    assert NO == code
    assert "labels/train/a.txt:3: " in output.partition("nothing was written: 1 without an obvious way")[2]
    assert not (tmp_path / "data").exists()


def test_fix_leaves_out_what_params_drop(tmp_path: Path) -> None:
    write_sound(tmp_path, {"train/a": f"{GOOD}0 half 0.5 0.2 0.2\n"})
    set_params(tmp_path, policy={"label-number": "drop"})
    code, values = check(tmp_path, ["set", "--fix"])
    assert (YES, ["label-number"]) == (code, [mend["code"] for mend in values["mended"]["mends"]])


def test_fix_of_a_sound_set_writes_nothing(tmp_path: Path) -> None:
    write_sound(tmp_path)
    assert "nothing to mend, so nothing was written" in run(tmp_path, "check", "set", "--fix")[1]
    assert not (tmp_path / "data").exists()


def test_suspects_are_listed_the_surest_first_and_never_fail(tmp_path: Path) -> None:
    code, values = check(tmp_path, FLAWS["suspect-missing"].make(tmp_path))
    assert YES == code
    assert 1 == values["kinds"]["suspect-missing"]["count"]


def test_score_of_suspects_can_be_raised(tmp_path: Path) -> None:
    arguments = [*FLAWS["suspect-missing"].make(tmp_path), "--min-score", "0.85"]
    assert "suspect-missing" not in check(tmp_path, arguments)[1]["kinds"]


def test_predictions_of_another_set_are_refused(tmp_path: Path) -> None:
    arguments = FLAWS["suspect-class"].make(tmp_path)
    for label in (tmp_path / "set").rglob("train/*"):
        label.rename(label.with_name(f"other-{label.name}"))
    with pytest.raises(InputError, match="the predictions are of none of these images"):
        check(tmp_path, arguments)


def test_bccd_is_as_its_readme_counts(shared_folder: Path, tmp_path: Path) -> None:
    code, values = check(tmp_path, [str(shared_folder / "datasets/bccd/BCCD")])
    assert (NO, 364, 4888) == (code, values["checked"]["images"], values["checked"]["boxes"])
    assert {"box-no-area": 2, "image-similar": 1} == counts(values, "box", "image-similar", "image-duplicate", "label")
    assert [
        ("Annotations/BloodImage_00338.xml", "RBC box (504, 337, 504, 337) has no area"),
        ("Annotations/BloodImage_00343.xml", "RBC box (181, 329, 181, 329) has no area"),
    ] == [(one["file"], one["message"]) for one in values["problems"] if one["code"] == "box-no-area"]


def test_grocery_shelf_is_as_its_readme_counts(shared_folder: Path, tmp_path: Path) -> None:
    code, values = check(tmp_path, [str(shared_folder / "datasets/grocery_shelf")])
    assert (NO, 279, 3470) == (code, values["checked"]["images"], values["checked"]["boxes"])
    (failing,) = [one for one in values["problems"] if values["kinds"][one["code"]]["policy"] == "fail"]
    assert "class 'Egg' has no box in train, but 20 in test" == failing["message"]
    assert {"label-empty": 34, "box-tiny": 4, "image-augmented": 80} == counts(
        values, "label", "box", "image-augmented", "image-duplicate", "image-similar"
    )
    augmented = [one for one in values["problems"] if one["code"] == "image-augmented"]
    assert {2} == {len(one["others"]) for one in augmented}


def test_deeppcb_is_as_its_readme_counts(shared_folder: Path, tmp_path: Path) -> None:
    convert_deeppcb(shared_folder / "datasets/deeppcb/PCBData", tmp_path / "set")
    code, values = check(tmp_path, ["set"])
    assert (YES, 251, 1673) == (code, values["checked"]["images"], values["checked"]["boxes"])
    assert {"image-similar": 2, "image-colour-mode": 5} == counts(
        values, "label", "box", "image-duplicate", "image-similar", "image-colour-mode"
    )


def counts(values: dict[str, Any], *prefixes: str) -> dict[str, int]:
    return {code: kind["count"] for code, kind in values["kinds"].items() if code.startswith(prefixes)}
