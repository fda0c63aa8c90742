from __future__ import annotations

from pathlib import Path

import pytest

from headway.errors import InputError
from headway.integrations.git.revisions import commit_of, contents_of
from tests.cli.versioned_project import VersionedProject

FILE = Path("reports/verdict.json")


@pytest.fixture
def repository(tmp_path: Path) -> VersionedProject:
    project = VersionedProject(tmp_path / "repository")
    project.root.mkdir()
    project.run("git", "init", "--quiet", "--initial-branch", "main")
    write(project, "first")
    return project


def write(project: VersionedProject, content: str, folder: str = ".") -> str:
    file = project.root / folder / FILE
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content)
    project.run("git", "add", "--all")
    project.run("git", "commit", "--quiet", "--message", content)
    return project.run("git", "rev-parse", "HEAD").strip()


def contents(folder: Path) -> list[str]:
    return sorted(content.decode() for content in contents_of(folder, FILE))


@pytest.mark.parametrize("name", ["main", "HEAD", "detector@v1.0.0", "refs/tags/detector@v1.0.0"])
def test_a_commit_is_found_by_any_of_its_names(repository: VersionedProject, name: str) -> None:
    repository.run("git", "tag", "--annotate", "--message", "a version", "detector@v1.0.0")

    assert repository.run("git", "rev-parse", "HEAD").strip() == commit_of(repository.root, name)


@pytest.mark.parametrize("name", ["nowhere", "", "--all", "HEAD:reports", "main..main"])
def test_what_names_no_commit_is_none(repository: VersionedProject, name: str) -> None:
    assert commit_of(repository.root, name) is None


def test_every_content_of_a_file_is_found_once_on_whatever_branch(repository: VersionedProject) -> None:
    repository.run("git", "checkout", "--quiet", "-b", "side")
    write(repository, "on the side")
    repository.run("git", "checkout", "--quiet", "main")
    write(repository, "second")
    write(repository, "first")
    repository.run("git", "merge", "--quiet", "--strategy", "ours", "--message", "merge", "side")
    repository.run("git", "branch", "--delete", "--force", "side")
    repository.run("git", "checkout", "--quiet", "--detach")
    write(repository, "on no branch")

    assert ["first", "on no branch", "on the side", "second"] == contents(repository.root)


def test_a_file_of_the_same_name_elsewhere_is_another(repository: VersionedProject) -> None:
    write(repository, "inner", folder="inner")

    assert ["first"] == contents(repository.root)
    assert ["inner"] == contents(repository.root / "inner")


def test_a_repository_without_a_commit_holds_nothing(tmp_path: Path) -> None:
    VersionedProject(tmp_path).run("git", "init", "--quiet")

    assert [] == contents(tmp_path)
    assert commit_of(tmp_path, "HEAD") is None


def test_a_folder_in_no_repository_is_the_callers_fault(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="lies in no Git repository"):
        commit_of(tmp_path, "HEAD")
