"""What a commit may decide about how it is read, and what it may not."""

from __future__ import annotations

from pathlib import Path

import pytest

from headway.integrations.dvc.pipeline import CommittedPipeline
from headway.integrations.dvc.store import default_remote
from tests.pull_request.committed_project import CommittedProject

STAGE = "stages: {show: {cmd: 'echo ${flags}', deps: [note.txt], outs: [out.txt]}}\n"


@pytest.fixture
def project(tmp_path: Path) -> CommittedProject:
    project = CommittedProject(tmp_path)
    project.git("init", "--quiet")
    project.dvc("init", "--quiet")
    project.commit(**{"dvc.yaml": STAGE, "params.yaml": "flags: {deep: true}\n", "note.txt": "note\n"})
    return project


def open_with_config(project: CommittedProject, config: str) -> CommittedPipeline:
    """Open a commit with another configuration than that of the working tree."""
    today = (project.root / ".dvc/config").read_text()
    commit = project.commit(**{".dvc/config": config})
    project.write(".dvc/config", today)
    return CommittedPipeline(project.root, commit, project.git("ls-files").splitlines())


def test_a_commit_names_neither_cache_nor_remotes(project: CommittedProject) -> None:
    hostile = "[core]\n    remote = evil\n['remote \"evil\"']\n    url = http://127.0.0.1:9\n[cache]\n    dir = /evil\n"
    repo = open_with_config(project, hostile).repo

    assert (None, {}) == (default_remote(repo), repo.config["remote"])
    assert project.root / ".dvc" / "cache" == Path(repo.cache.local_cache_dir)


def test_a_commit_says_how_its_templates_are_filled_in(project: CommittedProject) -> None:
    pipeline = open_with_config(project, "[parsing]\n    bool = boolean_optional\n")

    assert ["echo --deep"] == [stage.command for stage in pipeline.stages]
