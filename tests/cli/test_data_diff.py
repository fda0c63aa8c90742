"""`headway data diff`, in real repositories."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from headway.contracts.canonical import sha256_file
from headway.contracts.dataset import FACTS
from headway.contracts.problem import Problem
from tests.cli.command import run_headway
from tests.cli.versioned_project import VersionedProject, copy_project, make_versioned_project

LEAK = Problem("leak-duplicate", "train/000 (train) and test/000 (test) are equal", image_id="train/000")


@pytest.fixture(scope="module")
def changed_once(tmp_path_factory: pytest.TempPathFactory) -> VersionedProject:
    """A repository whose data changed since the tag "first", and was committed as "second"."""
    project = make_versioned_project(tmp_path_factory.mktemp("versions") / "project")
    dataset = project.read()
    relabelled = next(record for record in dataset.records if record.boxes)
    boxes = (replace(relabelled.boxes[0], class_name="violet"), *relabelled.boxes[1:])
    records = tuple(
        replace(record, boxes=boxes) if record is relabelled else record
        for record in dataset.records
        if record.image_id != "val/000"
    )
    (project.prepared / "images/val/000.png").unlink()
    project.rewrite(replace(dataset, classes=(*dataset.classes, "violet"), records=records), [LEAK])
    project.commit_data("second")
    return project


@pytest.fixture
def changed(changed_once: VersionedProject, tmp_path: Path) -> VersionedProject:
    """A copy, free to be spoiled."""
    return copy_project(changed_once, tmp_path / "project")


def test_the_report_says_what_changed_since_a_revision(changed_once: VersionedProject) -> None:
    result = run_headway("data", "diff", "first", folder=changed_once.root)

    commit = changed_once.run("git", "rev-parse", "first")[:10]
    assert (0, "") == (result.returncode, result.stderr)
    assert result.stdout.startswith(f"## Data since <code>first ({commit})</code>\n")
    assert "**1 image removed, 1 label changed on images that stayed, 1 new class, 1 new leak.**" in result.stdout


def test_the_same_report_comes_as_json(changed_once: VersionedProject) -> None:
    values = json.loads(run_headway("data", "diff", "first", "--json", folder=changed_once.root).stdout)

    assert ["val/000"] == [entry["image_id"] for entry in values["removed"]]
    assert ["class"] == [change["kind"] for change in values["relabelled"]]
    assert ["violet"] == values["new_classes"]
    assert changed_once.run("git", "rev-parse", "first").strip() == values["commit"]
    assert changed_once.read().digest == values["digest"]["now"]


def test_nothing_changed_since_the_commit_of_the_data(changed_once: VersionedProject) -> None:
    assert json.loads(run_headway("data", "diff", "HEAD", "--json", folder=changed_once.root).stdout)["empty"]


def test_the_report_goes_to_a_file(changed: VersionedProject) -> None:
    result = run_headway("data", "diff", "first", "--out", "reports/diff.md", folder=changed.root)

    assert (0, "", "written to reports/diff.md\n") == (result.returncode, result.stdout, result.stderr)
    assert (changed.root / "reports/diff.md").read_text().startswith("## Data since")


def test_looking_back_checks_nothing_out(changed_once: VersionedProject) -> None:
    before = contents(changed_once.prepared)
    run_headway("data", "diff", "first", folder=changed_once.root)

    assert before == contents(changed_once.prepared)
    assert ("", "") == (changed_once.run("git", "status", "--short"), changed_once.run("dvc", "diff"))


def test_the_old_version_comes_from_the_remote_where_the_cache_lacks_it(changed: VersionedProject) -> None:
    changed.run("dvc", "remote", "add", "--local", "--default", "store", "../store")
    changed.run("dvc", "push", "--all-commits")
    shutil.rmtree(changed.root / ".dvc/cache")
    values = json.loads(run_headway("data", "diff", "first", "--json", folder=changed.root).stdout)

    assert ["violet"] == values["new_classes"]


def test_the_old_version_comes_from_a_cache_that_is_configured_on_this_machine(changed: VersionedProject) -> None:
    changed.run("dvc", "cache", "dir", "--local", "../cache")
    (changed.root / ".dvc/cache").rename(changed.root.parent / "cache")
    values = json.loads(run_headway("data", "diff", "first", "--json", folder=changed.root).stdout)

    assert ["violet"] == values["new_classes"]


def test_data_that_is_nowhere_is_said_with_the_way_to_get_it(changed: VersionedProject) -> None:
    shutil.rmtree(changed.root / ".dvc/cache")
    result = run_headway("data", "diff", "first", folder=changed.root)

    assert (2, "") == (result.returncode, result.stdout)
    assert "error: neither DVC's cache nor its remote has data/prepared of revision first\n" in result.stderr
    assert "dvc fetch --all-commits data/prepared" in result.stderr


@pytest.mark.parametrize(
    ("revision", "said"),
    [
        ("nowhere", "unknown Git revision 'nowhere'"),
        ("empty", "data/prepared is no output of DVC at revision empty"),
    ],
)
def test_a_revision_without_the_data_is_the_callers_fault(
    changed_once: VersionedProject, revision: str, said: str
) -> None:
    result = run_headway("data", "diff", revision, folder=changed_once.root)

    assert (2, "") == (result.returncode, result.stdout)
    assert f"error: {said}\nhint: " in result.stderr


def test_data_of_another_schema_is_said_to_be_of_another_version(changed: VersionedProject) -> None:
    facts = changed.prepared / FACTS
    facts.chmod(0o644)
    content = facts.read_text()
    facts.unlink()
    facts.write_text(content.replace('"schema_version": 1', '"schema_version": 0'))
    changed.commit_data("foreign")
    changed.run("git", "checkout", "--quiet", "second")
    changed.run("dvc", "checkout", "--quiet")
    result = run_headway("data", "diff", "foreign", folder=changed.root)

    assert 2 == result.returncode
    assert "error: at revision foreign: data/prepared/dataset.json has schema version 0, not 1\n" in result.stderr


def test_without_prepared_data_the_hint_is_to_prepare(tmp_path: Path) -> None:
    result = run_headway("data", "diff", "HEAD", folder=tmp_path)

    assert (2, "") == (result.returncode, result.stdout)
    assert "hint: run: dvc repro prepare\n" in result.stderr


def test_git_and_dvc_checkout_bring_an_old_version_back_bit_by_bit(changed: VersionedProject) -> None:
    second = contents(changed.prepared)
    changed.run("git", "checkout", "--quiet", "first")
    changed.run("dvc", "checkout", "--quiet")
    first = contents(changed.prepared)
    made_again = make_versioned_project(changed.root.parent / "again")

    assert contents(made_again.prepared) == first
    assert first != second
    changed.run("git", "checkout", "--quiet", "second")
    changed.run("dvc", "checkout", "--quiet")
    assert second == contents(changed.prepared)


def contents(folder: Path) -> dict[str, str]:
    """Return path -> SHA-256 of every file."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): sha256_file(path) for path in files}
