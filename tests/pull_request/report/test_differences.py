"""What changed against the merge base: params, data, code, stages."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from headway.pull_request.report.changes import (
    FileChange,
    ParamChange,
    StageChange,
    changed_code,
    changed_params,
    changed_stages,
)
from headway.pull_request.report.differences import differences
from headway.pull_request.report.facts import Base, Facts, Run
from tests.pull_request.report.rendered import rendered
from tests.pull_request.report.reports import data, make_facts

ENTRY: dict[str, Any] = {
    "cmd": "python x.py",
    "deps": [{"path": "src/x.py", "md5": "1"}, {"path": "data", "md5": "2.dir"}],
}
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda below: st.lists(below, max_size=2) | st.dictionaries(st.sampled_from("abc"), below, max_size=3),
    max_leaves=6,
)


def text_of(facts: Facts) -> str:
    return rendered("\n".join(differences(facts))).text


def table_of(facts: Facts, number: int = 0) -> list[list[str]]:
    return rendered("\n".join(differences(facts))).tables[number]


def with_base(facts: Facts, **changes: Any) -> Facts:
    assert facts.base is not None
    return replace(facts, base=replace(facts.base, run=replace(facts.base.run, **changes)))


def test_params_are_compared_by_dotted_key() -> None:
    before = {"train": {"epochs": 3, "lr0": 0.1, "freeze": None}, "gone": [1, 2]}
    now = {"train": {"epochs": 5, "lr0": 0.1, "new": "x"}, "gone": [1, 2]}

    assert [
        ParamChange("train.epochs", "3", "5"),
        ParamChange("train.freeze", "null", None),
        ParamChange("train.new", None, '"x"'),
    ] == changed_params(before, now)


@given(st.dictionaries(st.sampled_from("abc"), VALUES, max_size=3))
def test_equal_params_have_no_change(params: dict[str, Any]) -> None:
    assert [] == changed_params(params, params)


@given(st.dictionaries(st.sampled_from("abc"), VALUES), st.dictionaries(st.sampled_from("abc"), VALUES))
def test_changes_of_params_mirror_each_other(one: dict[str, Any], other: dict[str, Any]) -> None:
    there, back = changed_params(one, other), changed_params(other, one)

    assert there == [ParamChange(change.key, change.now, change.before) for change in back]


def test_a_section_that_becomes_empty_is_a_change() -> None:
    assert [ParamChange("a", None, "{}"), ParamChange("a.b", "1", None)] == changed_params({"a": {"b": 1}}, {"a": {}})


def test_stages_ran_are_as_before_or_gone() -> None:
    before = {"prepare": ENTRY, "train": ENTRY, "old": ENTRY}
    now = {"prepare": ENTRY, "train": {**ENTRY, "params": {"params.yaml": {}}, "cmd": "y"}, "new": ENTRY}

    assert [
        StageChange("prepare", "same"),
        StageChange("train", "ran", ("command", "params")),
        StageChange("new", "ran", ("new",)),
        StageChange("old", "gone"),
    ] == changed_stages(before, now)


def test_code_is_what_stages_depend_on_and_no_output() -> None:
    entry = {**ENTRY, "deps": [{"path": "src", "md5": "1"}], "outs": [{"path": "src/made.json", "md5": "3"}]}
    base = Base(
        "main",
        "6" * 40,
        Run(stages={"train": ENTRY, "export": entry}),
        {
            "src/x.py": "changed",
            "src/made.json": "changed",
            "srcs.py": "added",
            "reports/verdict.json": "changed",
            "models/detector/manifest.json": "changed",
            "params.yaml": "changed",
            "dvc.lock": "changed",
            "README.md": "removed",
        },
    )

    assert ([FileChange("src/x.py", "changed", ("train", "export"))], 2) == changed_code(base, Run())


def test_a_changed_param_is_named_with_both_values(facts: Facts) -> None:
    assert [["param", "before", "now"], ["train.epochs", "3", "2"]] == table_of(facts)


def test_that_policy_does_not_count_is_said_where_it_changed(facts: Facts) -> None:
    changed = with_base(facts, params={"gate": {"margin": 0.1}})

    assert "does not count here" in text_of(changed)
    assert "does not count here" not in text_of(facts)


def test_data_counts_and_classes(facts: Facts) -> None:
    changed = with_base(
        facts, params=facts.run.params, data=data(lambda name: f"old {name}", digest="1" * 64, images=9)
    )

    assert "digest 1111111111 → dddddddddd" in text_of(changed)
    assert "New classes: can, box." in text_of(changed)
    assert ["images, train", "9", "12", "+3"] in table_of(changed)
    assert ["boxes of can", "0", "24", "+24"] in table_of(changed)
    assert ["boxes, test", "30", "30", "±0"] in table_of(changed)


def test_nothing_changed_is_said(facts: Facts, run: Run) -> None:
    text = text_of(replace(facts, base=Base("main", "6" * 40, run, {})))

    assert "Params: none changed." in text
    assert "Data: the same" in text
    assert "no file that a stage depends on changed." in text
    assert "ran again: none." in text


def test_what_is_missing_is_named_with_the_side(facts: Facts) -> None:
    missing = {Path("params.yaml"): "does not exist", Path("dvc.lock"): "cannot be read by this version of Headway"}
    text = text_of(with_base(facts, params=None, stages=None, missing=missing))

    assert "Params: not known: params.yaml does not exist at the merge base." in text
    assert "Stages: not known: dvc.lock cannot be read by this version of Headway at the merge base." in text


def test_without_a_base_the_reason_stands_there(run: Run) -> None:
    text = text_of(make_facts(run, base=None, no_base="this clone does not know origin/main"))

    assert "Nothing can be said about what changed: this clone does not know origin/main." in text


def test_long_lists_are_cut_and_counted(facts: Facts) -> None:
    many = with_base(facts, params={f"k{n:03}": n for n in range(500)})

    assert 61 == len(table_of(many))
    assert "The 60 first of 50" in text_of(many)
