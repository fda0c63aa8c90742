"""The registry of class ids only grows."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.contracts.problems import KINDS
from headway.data.classes import check_append_only, check_registry, extend_registry, parse_registry, read_registry
from headway.data.findings import Findings
from headway.errors import InputError

NAMES = st.lists(st.text(min_size=1, max_size=200).filter(str.strip), unique=True, max_size=8)
"""Any text: "no", "1", "~", quotes, colons, other scripts. Lone surrogates are no text that a file can hold."""


def findings_of(registry: tuple[str, ...], declared: tuple[str, ...], found: set[str]) -> list[tuple[str, str]]:
    findings = Findings()
    check_registry(registry, declared, found, findings)
    return [(problem.code, problem.message) for problem in findings.problems]


@given(first=NAMES, second=NAMES)
def test_extending_gives_the_next_ids_and_moves_none(
    tmp_path_factory: pytest.TempPathFactory, first: list[str], second: list[str]
) -> None:
    path = tmp_path_factory.mktemp("registry") / "classes.yaml"
    assert tuple(first) == extend_registry(path, first)
    now = extend_registry(path, second)
    assert now == read_registry(path)
    assert (*first, *(name for name in second if name not in first)) == now
    assert [] == check_append_only(tuple(first), now)


def test_a_registry_grows_by_lines_at_its_end(tmp_path: Path) -> None:
    path = tmp_path / "classes.yaml"
    extend_registry(path, ["pear", "apple"])
    before = path.read_text()
    extend_registry(path, ["fig"])
    assert f"{before}  fig: 2\n" == path.read_text()
    assert "schema_version: 1\nclasses:\n  pear: 0\n  apple: 1\n  fig: 2\n" in path.read_text()


def test_nothing_new_writes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "classes.yaml"
    path.write_text("schema_version: 1\nclasses: {cup: 0}  # by hand\n")
    assert ("cup",) == extend_registry(path, ["cup"])
    assert "by hand" in path.read_text()


@pytest.mark.parametrize(
    ("classes", "message"),
    [
        ("  cup: 0\n  jar: 2\n", "classes.yaml:4: class 'jar' has id 2, not 1"),
        ("  cup: 0\n  jar: 0\n", "classes.yaml:4: class 'jar' has id 0, not 1"),
        ("  cup: 1\n  jar: 0\n", "classes.yaml:3: class 'cup' has id 1, not 0"),
        ("  cup: false\n", "classes.yaml:3: class 'cup' has id False, not 0"),
        ("  cup: '0'\n", "classes.yaml:3: class 'cup' has id '0', not 0"),
        ("  cup: 0.0\n", "classes.yaml:3: class 'cup' has id 0.0, not 0"),
        ("  cup: 0\n  cup: 1\n", "classes.yaml:4: classes.cup: given twice"),
        ("  cup: 0\n  no: 1\n", "classes.yaml:4 names a class False, which YAML does not read as text"),
        ("  cup: 0\n  7: 1\n", "classes.yaml:4 names a class 7"),
        ("  ' ': 0\n", "classes.yaml:3 names a class ' '"),
        ("  - cup\n", "classes.yaml:2 holds no classes by name"),
        ("  cup: [\n", "classes.yaml:4"),
    ],
)
def test_what_is_no_registry_is_refused_with_its_line(classes: str, message: str) -> None:
    with pytest.raises(InputError, match=message.replace("[", r"\[")):
        parse_registry(f"schema_version: 1\nclasses:\n{classes}", "classes.yaml")


def test_another_schema_version_is_refused() -> None:
    with pytest.raises(InputError, match="schema version 2, not 1"):
        parse_registry("schema_version: 2\nclasses: {}\n", "classes.yaml")


def test_a_missing_registry_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist") as caught:
        read_registry(tmp_path / "classes.yaml")
    assert "run: headway data import" == caught.value.hint


def test_a_source_that_agrees_has_no_problem() -> None:
    assert [] == findings_of(("cup", "jar"), ("cup", "jar"), {"cup", "jar"})


def test_a_new_class_is_proposed_with_its_id() -> None:
    code, message = findings_of(("cup",), ("cup", "jar"), {"cup", "jar"})[0]
    assert "class-new" == code
    assert "'jar'" in message and "id 1" in message
    assert "fail" == KINDS["class-new"].default


def test_a_new_class_that_only_labels_name_is_found_once() -> None:
    assert ["class-new"] == [code for code, _ in findings_of(("cup",), (), {"cup", "jar"})]


def test_another_order_of_ids_is_told_for_each_class() -> None:
    expected = [
        ("class-order-changed", "class 'jar' has id 0 here and 1 in the registry"),
        ("class-order-changed", "class 'cup' has id 1 here and 0 in the registry"),
    ]
    assert expected == findings_of(("cup", "jar"), ("jar", "cup"), {"cup", "jar"})


def test_a_source_that_does_not_number_classes_has_no_order() -> None:
    assert [] == findings_of(("jar", "cup"), (), {"cup", "jar"})


def test_a_class_without_a_box_is_told() -> None:
    assert [("class-unseen", "class 'jar' has no box")] == findings_of(("cup", "jar"), ("cup", "jar"), {"cup"})


@pytest.mark.parametrize(
    ("now", "faults"),
    [
        (("cup", "jar", "fig"), []),
        (("jar", "cup"), ["class 'cup' was renumbered from 0 to 1", "class 'jar' was renumbered from 1 to 0"]),
        (("cup",), ["class 'jar' (id 1) was removed or renamed"]),
        (("cup", "jars"), ["class 'jar' (id 1) was removed or renamed"]),
        ((), ["class 'cup' (id 0) was removed or renamed", "class 'jar' (id 1) was removed or renamed"]),
    ],
)
def test_a_registry_that_did_not_only_grow_is_named_class_by_class(now: tuple[str, ...], faults: list[str]) -> None:
    assert faults == check_append_only(("cup", "jar"), now)
