from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from headway.contracts.canonical import sha256_file
from headway.contracts.layout import PREPARED
from headway.errors import InputError
from headway.integrations.dvc.tracked import copy_tracked
from tests.cli.versioned_project import VersionedProject, make_versioned_project
from tests.evaluation.silence import silent


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> VersionedProject:
    return make_versioned_project(tmp_path_factory.mktemp("versions") / "project")


def test_files_of_a_commit_are_copied_where_they_are_wanted(project: VersionedProject, tmp_path: Path) -> None:
    name = "images/test/000.png"
    copy_tracked(project.root, "first", PREPARED, [name], tmp_path, silent)

    assert sha256_file(project.prepared / name) == sha256_file(tmp_path / name)
    assert [tmp_path / name] == [path for path in tmp_path.rglob("*") if path.is_file()]


@pytest.mark.parametrize("name", ["../../dvc.yaml", "/etc/hostname", "images/../../x"])
def test_a_name_that_leads_out_of_the_folder_is_refused(project: VersionedProject, name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="names a file outside itself"):
        copy_tracked(project.root, "first", PREPARED, [name], tmp_path / "target", silent)


def test_a_file_that_the_commit_lacks_is_the_callers_fault(project: VersionedProject, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="neither DVC's cache nor its remote has data/prepared"):
        copy_tracked(project.root, "first", PREPARED, ["images/test/999.png"], tmp_path, silent)


def test_a_project_below_the_repositorys_root_has_its_own_paths(project: VersionedProject, tmp_path: Path) -> None:
    below = VersionedProject(tmp_path / "repository/ml/vision")
    shutil.copytree(project.root, below.root, ignore=shutil.ignore_patterns(".git", "tmp"))
    whole = VersionedProject(tmp_path / "repository")
    whole.run("git", "init", "--quiet")
    whole.run("git", "add", "--all")
    whole.run("git", "commit", "--quiet", "--message", "all")
    name = "images/test/000.png"

    copy_tracked(below.root, "HEAD", PREPARED, [name], tmp_path / "target", silent)

    assert sha256_file(project.prepared / name) == sha256_file(tmp_path / "target" / name)
