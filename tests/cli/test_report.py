"""`headway report`, in real repositories."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from headway.contracts.canonical import sha256_file
from headway.contracts.verdict import write_verdict
from tests.cli.command import run_headway
from tests.finished_run import PARAMS, scorecard, write, write_finished_run
from tests.pull_request.report.rendered import rendered
from tests.verdicts import verdict

ISOLATED = {"GIT_CONFIG_GLOBAL": os.devnull, "GITHUB_BASE_REF": "", "GITHUB_STEP_SUMMARY": "", "HEADWAY_IMAGE_URL": ""}


def git(root: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=Someone", "-c", "user.email=someone@example.org"]
    environment = os.environ | ISOLATED
    done = subprocess.run(
        ["git", *identity, *arguments], cwd=root, env=environment, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def commit(root: Path, message: str) -> str:
    git(root, "add", "--all")
    git(root, "commit", "-qm", message)
    return git(root, "rev-parse", "HEAD")


def report(root: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return run_headway("report", *arguments, folder=root, **{**ISOLATED, **environment})


def judge(root: Path, **changes: Any) -> None:
    """Leave a verdict about what lies below `root`."""
    write_verdict(root / "reports/verdict.json", verdict(**{"lock_sha256": sha256_file(root / "dvc.lock"), **changes}))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A branch "work" with another learning rate and its run, judged; main has a run of its own."""
    root = tmp_path / "project"
    write_finished_run(root)
    write(root / "reports/scorecard.json", scorecard(model_sha256="9" * 64).model_dump_json())
    write(root / "src/train.py", "")
    git(root, "init", "-q", "-b", "main")
    commit(root, "First model")
    git(root, "switch", "-qc", "work")
    write_finished_run(root)
    write(
        root / "params.yaml",
        yaml.safe_dump({**PARAMS, "train": {"epochs": 2, "lr0": 0.01, "freeze": None, "scale": [0.5, 1.5]}}),
    )
    write(root / "src/train.py", "# other\n")
    judge(root)
    commit(root, "Another learning rate")
    return root


def test_the_report_goes_to_stdout(project: Path) -> None:
    result = report(project)
    page = rendered(result.stdout)

    assert (0, "") == (result.returncode, result.stderr)
    assert page.text.startswith("❌ Reject: detector")
    assert f"Since {git(project, 'rev-parse', 'main')[:10]}, where the branch left main:" in page.text
    assert ["train.lr0", "0.002", "0.01"] in page.tables[1]
    assert ["on the test split", "base", "production", "candidate", "difference"] == page.tables[2][0]
    assert "another dvc.lock" not in page.text


def test_out_and_job_summary_get_the_same_text(project: Path, tmp_path: Path) -> None:
    summary = tmp_path / "summary.md"
    result = report(project, "--out", "report.md", GITHUB_STEP_SUMMARY=str(summary))

    assert (0, "", "written to report.md\n") == (result.returncode, result.stdout, result.stderr)
    assert (project / "report.md").read_text() + "\n" == summary.read_text()
    assert report(project).stdout == (project / "report.md").read_text()


def test_json_holds_the_decision_and_the_text(project: Path) -> None:
    judge(project, summary="Reject: ##[add-mask]x is worse.")
    result = report(project, "--json")
    answer = json.loads(result.stdout)

    assert {"decision", "summary", "text", "dropped"} == set(answer)
    assert ("reject", []) == (answer["decision"], answer["dropped"])
    assert "Reject: ##[add-mask]x is worse." == answer["summary"]
    assert "##[" not in result.stdout


def test_main_going_on_changes_nothing(project: Path) -> None:
    before = report(project).stdout
    git(project, "switch", "-q", "main")
    write(project / "params.yaml", yaml.safe_dump({**PARAMS, "train": {"epochs": 99}}))
    commit(project, "Main goes on")
    git(project, "switch", "-q", "work")

    assert before == report(project).stdout


def test_the_pull_request_names_its_base(project: Path) -> None:
    git(project, "update-ref", "refs/remotes/origin/stable", "main")

    assert "where the branch left origin/stable:" in rendered(report(project, GITHUB_BASE_REF="stable").stdout).text
    assert "this clone does not know origin/gone" in rendered(report(project, GITHUB_BASE_REF="gone").stdout).text


def test_a_base_that_does_not_exist_is_input_trouble(project: Path) -> None:
    for name in ("gone", "--upload-pack=x"):
        result = report(project, f"--base={name}")

        assert (2, "") == (result.returncode, result.stdout)
        assert f"error: '{name}' names no commit" in result.stderr


def test_a_shallow_clone_still_has_a_report(project: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--depth", "1", "--branch", "work", project.as_uri(), "shallow")

    git(tmp_path / "shallow", "fetch", "-q", "--depth", "1", "origin", "main:refs/remotes/origin/main")
    text = rendered(report(tmp_path / "shallow", "--base", "origin/main").stdout).text

    assert "this clone knows no commit that HEAD and origin/main have in common (is it a shallow one?)" in text


def test_outside_a_repository_there_is_still_a_report(tmp_path: Path) -> None:
    write_finished_run(tmp_path)
    judge(tmp_path)
    result = report(tmp_path, GIT_CEILING_DIRECTORIES=str(tmp_path.parent))

    assert 0 == result.returncode
    assert "Nothing can be said about what changed" in result.stdout


def test_a_base_without_a_run_is_said(project: Path) -> None:
    git(project, "switch", "-q", "main")
    git(project, "rm", "-rq", "reports", "dvc.lock")
    commit(project, "Nothing has run")
    git(project, "switch", "-q", "work")
    git(project, "merge", "-q", "-s", "ours", "main", "-m", "up to date")
    text = rendered(report(project).stdout).text

    assert "No figures of the base: reports/scorecard.json does not exist at the merge base." in text
    assert "Stages: not known: dvc.lock does not exist at the merge base." in text


def test_without_a_verdict_the_hint_names_the_gate(project: Path) -> None:
    (project / "reports/verdict.json").unlink()
    result = report(project)

    assert 2 == result.returncode
    assert "error: reports/verdict.json does not exist\nhint: run: headway gate\n" == result.stderr


def test_images_are_embedded_from_a_host_that_the_team_names(project: Path) -> None:
    host = "https://images.example.org/{image_id}.jpg"

    assert "<img" not in report(project).stdout
    assert 'src="https://images.example.org/night/0001.jpg"' in report(project, HEADWAY_IMAGE_URL=host).stdout
    assert 2 == report(project, "--image-url", "http://images.example.org/").returncode
