"""Which files a pipeline is touched by."""

from __future__ import annotations

import pytest

from headway.pull_request.touched import touches_pipeline

ENTRIES = {
    "prepare": {"deps": [{"path": "data/raw"}], "outs": [{"path": "data/prepared"}], "params": {"params.yaml": {}}},
    "train": {"deps": [{"path": "pipelines/train.py"}], "params": {"settings/train.toml": {}}},
}


@pytest.mark.parametrize("path", [
    "params.yaml",
    "settings/train.toml",
    "pipelines/train.py",
    "data/raw/a.png",
    "data/prepared/labels.json",
    "data",  # a link in place of the folder
    "dvc.yaml",
    "dvc.lock",
    "more/dvc.yaml",
    "data/other.dvc",
    ".dvc/config",
    "more/.dvc/config",
    ".dvcignore",
    "pipelines/.gitattributes",
])  # fmt: skip
def test_what_a_stage_reads_or_writes_and_what_steers_dvc_touches_it(path: str) -> None:
    assert touches_pipeline(["README.md", path], ENTRIES)


@pytest.mark.parametrize("path", ["README.md", "pipelines/train.pyc", "pipelines/plot.py", "data/raws/a.png", "dvc.py"])
def test_other_files_do_not(path: str) -> None:
    assert not touches_pipeline([path], ENTRIES)


def test_without_a_lock_only_what_steers_dvc_is_known() -> None:
    assert not touches_pipeline(["params.yaml"], {})
    assert touches_pipeline(["dvc.yaml"], {})
