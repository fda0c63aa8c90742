"""Finding files, keeping inside the data set, and reading numbers."""

from __future__ import annotations

import math
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.data.findings import Findings
from headway.data.readers.files import (
    Enclosure,
    escapes,
    exact,
    field_problem,
    find_files,
    parse_number,
    place,
    printable,
    quoted,
)
from tests.data.sources import write_text


def test_files_are_found_by_suffix_in_any_case_and_sorted(tmp_path: Path) -> None:
    for name in ("b/z.PNG", "b/a.png", "a.png", "a.txt", "b/.hidden.png", ".trash/c.png"):
        write_text(tmp_path / name, "")
    assert ["a.png", "b/a.png", "b/z.PNG"] == [place(path, tmp_path) for path in find_files(tmp_path, {".png"})]


def test_links_to_folders_are_not_followed(tmp_path: Path) -> None:
    write_text(tmp_path / "outside/a.png", "")
    (tmp_path / "set").mkdir()
    (tmp_path / "set/link").symlink_to(tmp_path / "outside")
    assert [] == find_files(tmp_path / "set", {".png"})


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("set", False),
        ("set/a", False),
        ("set/../set/a", False),
        ("set/inner", False),
        ("settle", True),
        ("set/..", True),
        ("set/up", True),
        ("set/up/settle", True),
    ],
)
def test_what_leads_out_of_a_folder_escapes(tmp_path: Path, path: str, expected: bool) -> None:
    (tmp_path / "set").mkdir()
    (tmp_path / "set/up").symlink_to("..")
    (tmp_path / "set/inner").symlink_to("a")
    assert expected == escapes(tmp_path / path, tmp_path / "set")


def test_states_of_paths(tmp_path: Path) -> None:
    write_text(tmp_path / "secret", "")
    write_text(tmp_path / "set/file", "")
    for link, target in (("out", "../secret"), ("in", "file"), ("loose", "gone"), ("up", "..")):
        (tmp_path / "set" / link).symlink_to(target)
    names = ("file", "in", "out", "up/secret", "loose", ".", "gone", "file/x", "a\0b")
    expected = ["file", "file", "outside", "outside", "odd", "odd", "missing", "missing", "missing"]
    enclosure = Enclosure(tmp_path / "set")
    assert expected == [enclosure.state(f"{tmp_path}/set/{name}") for name in names]


def test_the_folder_itself_may_be_reached_by_a_link(tmp_path: Path) -> None:
    write_text(tmp_path / "real/a", "")
    (tmp_path / "link").symlink_to("real")
    assert "file" == Enclosure(tmp_path / "link").state(f"{tmp_path}/link/a")


def test_images_that_may_not_be_read_are_problems(tmp_path: Path) -> None:
    write_text(tmp_path / "secret.png", "")
    write_text(tmp_path / "set/a.png", "")
    (tmp_path / "set/out.png").symlink_to("../secret.png")
    (tmp_path / "set/loose.png").symlink_to("gone.png")
    (tmp_path / "set/folder").symlink_to("..")
    findings = Findings()
    found = Enclosure(tmp_path / "set").find_images(f"{tmp_path}/set", findings)
    assert [f"{tmp_path}/set/a.png"] == found
    expected = [("image-unreadable", "loose.png"), ("path-escapes", "folder"), ("path-escapes", "out.png")]
    assert expected == sorted((problem.code, problem.file) for problem in findings.problems)


def test_a_file_name_that_is_not_utf8_is_a_problem(tmp_path: Path) -> None:
    try:
        Path(f"{tmp_path}/caf\udce9.png").touch()
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    findings = Findings()
    assert [] == Enclosure(tmp_path).find_images(str(tmp_path), findings)
    assert [("image-unreadable", "caf\\udce9.png")] == [(one.code, one.file) for one in findings.problems]


@given(number=st.floats(allow_nan=False, allow_infinity=False))
def test_every_float_is_read_back(number: float) -> None:
    assert number == parse_number(repr(number)) == float(exact(repr(number)))


@given(text=st.text() | st.text(alphabet="0123456789.eE+-nainf_"))
def test_any_text_is_a_finite_number_or_has_a_code(text: str) -> None:
    try:
        number = parse_number(text)
    except ValueError as error:
        code, sentence = field_problem(text)
        assert code in {"label-number", "label-not-finite"}
        assert sentence == str(error)
    else:
        assert math.isfinite(number)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("wide", "label-number"),
        ("", "label-number"),
        ("1_0", "label-number"),
        ("\u0663", "label-number"),  # ARABIC-INDIC DIGIT THREE
        ("nan", "label-not-finite"),
        ("-Infinity", "label-not-finite"),
        ("1e999", "label-not-finite"),
    ],
)
def test_bad_fields_are_told_apart(text: str, code: str) -> None:
    assert code == field_problem(text)[0]
    with pytest.raises(ValueError, match="is not"):
        parse_number(text)


def test_digits_are_kept_as_they_are_written() -> None:
    assert Decimal("0.1") == exact("0.1")
    assert Decimal("0.12345678901234567890123456789") == exact("0.12345678901234567890123456789")


def test_an_absurd_exponent_is_a_number_all_the_same() -> None:
    assert 0.0 == float(exact("1e-99999999999999999999"))


def test_a_megabyte_of_digits_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="is not a number"):
        parse_number("1" * 1_000_000 + "x")


@given(text=st.text(alphabet=st.characters(categories=["L", "Cs"])))
def test_what_is_printable_can_be_written(text: str) -> None:
    assert len(text) <= len(printable(text).encode("utf-8"))


def test_long_text_is_quoted_in_part() -> None:
    assert f"'{'x' * 40}...'" == quoted("x" * 41)
