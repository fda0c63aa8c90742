"""Which files a pipeline is touched by."""

from __future__ import annotations

import pytest

from headway.contracts.commit import PipelineStage, StageDependency, StageParameter
from headway.pull_request.touched import results_among, touches_pipeline

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
    "reports/verdict.json",
    "models/registry/production/model.yaml",
])  # fmt: skip
def test_what_a_stage_reads_or_writes_and_what_steers_dvc_touches_it(path: str) -> None:
    assert touches_pipeline(["README.md", path], ENTRIES)


@pytest.mark.parametrize("path", ["README.md", "pipelines/train.pyc", "pipelines/plot.py", "data/raws/a.png", "dvc.py"])
def test_other_files_do_not(path: str) -> None:
    assert not touches_pipeline([path], ENTRIES)


def test_without_a_lock_only_what_steers_dvc_is_known() -> None:
    assert not touches_pipeline(["params.yaml"], {})
    assert touches_pipeline(["dvc.yaml"], {})


@pytest.mark.parametrize(("path", "touches"), [("data/raw/a.png", True), ("params.yaml", True), ("README.md", False)])
def test_stages_that_were_never_run_have_files_too(path: str, touches: bool) -> None:
    stage = PipelineStage(
        name="train", lock="dvc.lock", key="train", entry=None, command="x",
        dependencies=(StageDependency("data/raw", "data/raw", None),), outputs=(),
        changed_parameters=(StageParameter("params.yaml:train", None, None),),
    )  # fmt: skip

    assert touches == touches_pipeline([path], {}, [stage])


def test_only_lock_verdict_and_manifests_are_results_that_a_run_vouches_for() -> None:
    changed = ["README.md", "dvc.lock", "models/a/manifest.json", "reports/verdict.json", "reports/training.json"]

    assert ("dvc.lock", "models/a/manifest.json", "reports/verdict.json") == results_among(changed)
