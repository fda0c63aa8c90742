"""Every fault of params.yaml is reported at once, with its line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.contracts.params.document import Fault, ParamsError, parse_document, read_document
from headway.contracts.params.whole import check_params
from headway.errors import InputError
from tests.conftest import ROOT


def faults_of(path: Path, text: str) -> list[Fault]:
    path.write_text(text)
    with pytest.raises(ParamsError) as caught:
        check_params(path)
    return caught.value.faults


def test_the_default_params_can_be_used() -> None:
    assert "yolo11n.yaml" == check_params(ROOT / "params.yaml").train.model


def test_all_faults_of_all_sections_are_told_in_line_order(tmp_path: Path) -> None:
    faults = faults_of(
        tmp_path / "params.yaml",
        "model: Bad Name\n"
        "prepair: 1\n"
        "prepare:\n"
        "  sorce: x\n"
        "  split: {train: 0.5, val: 0.1, test: 0.1}\n"
        "train:\n"
        "  epochs: 0\n"
        "  epoch: 3\n"
        "  lr0: 1e-3\n"
        "  batch: x\n"
        "  data: coco.yaml\n"
        "export: {precision: fp8}\n"
        "evaluate: {threads: many}\n",
    )

    assert [
        (1, "model"),
        (2, "prepair"),
        (4, "prepare.sorce"),
        (5, "prepare.split"),
        (7, "train.epochs"),
        (8, "train.epoch"),
        (9, "train.lr0"),
        (10, "train.batch"),
        (11, "train.data"),
        (12, "export.precision"),
        (13, "evaluate.threads"),
    ] == [(fault.line, fault.key) for fault in faults]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("epoch: 3", "no such parameter; did you mean 'epochs'?"),
        ("zzzzzz: 3", "no such parameter"),
        ("imgsz: 100", "input should be a multiple of 32, not 100"),
        ("lr0: 1e-3", "input should be a valid number, not '1e-3' (write 1.0e-3, not 1e-3: YAML reads that as text)"),
        ("resume: true", "not for params.yaml: an interrupted run resumes by itself"),
        ("bad_optimizer: x", "no such parameter; did you mean 'optimizer'?"),
        ("copy_paste_mode: x", "input should be 'flip' or 'mixup', not 'x'"),
    ],
)
def test_a_fault_says_what_to_change(tmp_path: Path, line: str, message: str) -> None:
    assert [message] == [fault.message for fault in faults_of(tmp_path / "p.yaml", f"train:\n  {line}\n")]


def test_a_key_given_twice_names_both_lines(tmp_path: Path) -> None:
    faults = faults_of(tmp_path / "p.yaml", "train:\n  epochs: 3\n  seed: 1\n  epochs: 4\n")

    assert [Fault(4, "train.epochs", "given twice (first on line 2)")] == faults


def test_what_holds_no_mapping_is_not_taken_for_the_parameters() -> None:
    with pytest.raises(InputError) as caught:
        parse_document("- a list\n", "models/registry/stages.yaml")

    assert "params.yaml" not in (caught.value.hint or "params.yaml")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"train: [1, 2\n", r"p\.yaml:2"),
        (b"- a list\n", "holds no mapping"),
        (b"", "holds no mapping"),
        (b"train: \xff\xfe\n", "is not UTF-8"),
        (b"train: 2024-13-45\n", "not a plain YAML mapping"),
        (b"train: " + 5000 * b"[", "not a plain YAML mapping"),
        (b"train: &a\n  epochs: 3\nexport: *a\n", r"p\.yaml:3 uses a YAML alias \(\*a\)"),
        (b"train: &a\n  train: *a\n", r"p\.yaml:2 uses a YAML alias"),
    ],
)
def test_what_is_no_mapping_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "p.yaml").write_bytes(content)

    with pytest.raises(InputError, match=message):
        check_params(tmp_path / "p.yaml")


def test_aliases_that_unfold_to_gigabytes_are_refused_at_once(tmp_path: Path) -> None:
    levels = [f"l{level}: &l{level} [{', '.join([f'*l{level - 1}'] * 9)}]" for level in range(1, 12)]
    (tmp_path / "p.yaml").write_text("\n".join(["l0: &l0 [x]", *levels]))

    with pytest.raises(InputError, match=r"p\.yaml:2 uses a YAML alias"):
        read_document(tmp_path / "p.yaml")


def test_a_number_that_python_cannot_print_is_refused_like_any_other(tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text(f"train:\n  epochs: -0x{'f' * 5000}\n")

    with pytest.raises(InputError, match=r"p\.yaml:2: train\.epochs: .*, not a number of thousands of digits"):
        check_params(tmp_path / "p.yaml")


def test_a_missing_file_says_where_to_run(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist") as caught:
        read_document(tmp_path / "params.yaml")

    assert "root" in caught.value.hint


@given(st.text(max_size=200))
def test_no_text_does_anything_but_pass_or_be_refused(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.mktemp("params") / "params.yaml"
    path.write_text(text, encoding="utf-8", errors="replace")
    try:
        check_params(path)
    except InputError as error:
        assert str(path) in error.message
