"""What the pipeline needs written down is missed before it runs, not hours later."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from headway.contracts.params.document import Fault, ParamsError
from headway.contracts.params.whole import check_params
from tests.conftest import ROOT


def test_keys_that_dvc_needs_are_missed(tmp_path: Path) -> None:
    shutil.copy2(ROOT / "dvc.yaml", tmp_path)
    (tmp_path / "params.yaml").write_text("model: cells\nprepare: {format: voc}\ntrain: {}\nevaluate:\npackage: {}\n")

    with pytest.raises(ParamsError) as caught:
        check_params(tmp_path / "params.yaml")

    needed = "missing: dvc.yaml needs it written down"
    assert [
        Fault(1, "export", f"{needed}, if only as {{}}"),
        Fault(2, "prepare.classes", needed),
        Fault(2, "prepare.ledger", needed),
        Fault(2, "prepare.source", needed),
    ] == caught.value.faults


def test_without_a_pipeline_every_section_has_its_defaults(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text("model: cells\n")

    assert 0.7 == check_params(tmp_path / "params.yaml").prepare.split.train
