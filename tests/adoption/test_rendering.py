from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from headway.adoption.differences import DIFFERENCES, differ
from headway.adoption.rendering import REQUIREMENTS, cached_outputs, render, render_pipeline
from headway.adoption.template_files import read_template
from headway.contracts.layout import STAGES
from headway.contracts.registry.stages import parse_stages
from tests.adoption.team import REQUIREMENT
from tests.conftest import ROOT

BIN = Path(sys.executable).parent


@pytest.fixture(scope="module")
def texts() -> Mapping[str, str]:
    return {path: one.content.decode() for path, one in render(read_template(), REQUIREMENT).items()}


@pytest.fixture(scope="module")
def repository(texts: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the files, a Git repository as the linters want one."""
    root = tmp_path_factory.mktemp("team")
    for path, text in texts.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    subprocess.run(["git", "init", "--quiet"], cwd=root, check=True)
    return root


def lint(root: Path, program: str, *arguments: str) -> str:
    """Return what a linter says, or nothing where it finds nothing."""
    ended = subprocess.run([BIN / program, *arguments], cwd=root, capture_output=True, text=True, check=False)
    return "" if ended.returncode == 0 else ended.stdout + ended.stderr


def test_the_template_is_this_project() -> None:
    own = read_template()
    named = {"dvc.yaml", "params.yaml", "constraints.txt", ".gitattributes", "docs/params.schema.json"}
    assert named <= own.keys()
    assert {} == {path: text for path, text in own.items() if text != (ROOT / path).read_text(encoding="utf-8")}


@pytest.mark.parametrize("folder", ["pipelines", ".github/workflows", ".github/rulesets", ".dvc/plots"])
def test_the_template_misses_no_file_of_a_folder(folder: str) -> None:
    files = {file.relative_to(ROOT).as_posix() for file in (ROOT / folder).iterdir() if file.is_file()}
    assert files == {path for path in read_template() if path.startswith(f"{folder}/")}


def test_a_teams_pipeline_is_ours_without_sources_and_with_the_pin(texts: Mapping[str, str]) -> None:
    ours: dict[str, Any] = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))
    for stage in ours["stages"].values():
        stage["cmd"] = stage["cmd"].removeprefix("PYTHONPATH=src ")
        stage["deps"] = [REQUIREMENTS, *(path for path in stage["deps"] if not path.startswith("src/"))]
    assert ours == yaml.safe_load(texts["dvc.yaml"])


def test_pipeline_says_nothing_about_sources(texts: Mapping[str, str]) -> None:
    assert [] == [line for line in texts["dvc.yaml"].splitlines() if "src" in line]


def test_rendering_a_pipeline_keeps_comments_inside_it() -> None:
    text = "# ours\nstages:\n  a:\n    cmd: PYTHONPATH=src python a.py  # why\n    deps:\n      - src/b\n      - c\n"
    body = "stages:\n  a:\n    cmd: python a.py  # why\n    deps:\n      - requirements.txt\n      - c\n"
    assert render_pipeline(text).endswith(body)
    assert "# ours" not in render_pipeline(text)


def test_outputs_of_any_model_are_ignored() -> None:
    pipeline = "stages: {a: {outs: [x/y, 'models/${model}/m.onnx', {small.json: {cache: false}}]}}"
    assert ["/x/y", "/models/*/m.onnx"] == cached_outputs(pipeline)


def test_what_the_installer_writes_is_ignored(texts: Mapping[str, str]) -> None:
    assert {".venv/", ".venv.lock"} <= set(texts[".gitignore"].splitlines())


def test_no_stage_file_and_no_manifest_is_ignored(repository: Path) -> None:
    wanted = ["models/registry/stages.yaml", "models/registry/bundle/cells.yaml", "models/cells/manifest.json"]
    ignored = ["models/cells/bundle/model.onnx"]
    listed = subprocess.run(
        ["git", "check-ignore", *wanted, *ignored], cwd=repository, capture_output=True, text=True, check=False
    )
    assert ignored == listed.stdout.splitlines()


def test_teams_begin_with_stages_that_can_be_used(texts: Mapping[str, str]) -> None:
    stages = parse_stages(texts[STAGES.as_posix()].encode(), STAGES.as_posix()).stages
    assert ["staging", "production"] == list(stages)
    assert ("staging", 24, 1) == (
        stages["production"].after, stages["production"].soak_hours, stages["production"].approvals
    )  # fmt: skip


def test_requirements_name_the_version_alone(texts: Mapping[str, str]) -> None:
    lines = [line for line in texts[REQUIREMENTS].splitlines() if not line.startswith("#")]
    assert [REQUIREMENT] == lines


def test_a_difference_that_no_longer_fits_is_noticed() -> None:
    path = ".github/workflows/check.yml"
    with pytest.raises(ValueError, match="0 times, not once"):
        differ(path, "name: check\n")


def test_only_the_named_files_differ(texts: Mapping[str, str]) -> None:
    workflows = {path: text for path, text in read_template().items() if path.startswith(".github/workflows/")}
    other = {path for path, text in workflows.items() if "\n".join(_code(text)) != "\n".join(_code(texts[path]))}
    assert {path for path in DIFFERENCES if path.startswith(".github/workflows/")} == other


def test_teams_have_no_make(texts: Mapping[str, str]) -> None:
    github = {path: _code(text) for path, text in texts.items() if path.startswith(".github/")}
    assert {} == {path: lines for path, lines in github.items() if any("make " in line for line in lines)}


def test_zizmor_finds_nothing(repository: Path) -> None:
    assert "" == lint(
        repository, "zizmor", "--offline", "--no-progress", "--strict-collection", "--persona", "pedantic", "."
    )


def test_actionlint_finds_nothing(repository: Path) -> None:
    assert "" == lint(repository, "actionlint", "-no-color")


@pytest.mark.parametrize(
    ("schema", "pattern"),
    [
        ("vendor.github-workflows", ".github/workflows/*.yml"),
        ("vendor.github-actions", ".github/actions/*/action.yml"),
        ("vendor.dependabot", ".github/dependabot.yml"),
    ],
)
def test_files_fit_the_published_schemas(repository: Path, schema: str, pattern: str) -> None:
    files = sorted(map(str, repository.glob(pattern)))
    assert files
    assert "" == lint(repository, "check-jsonschema", "--builtin-schema", schema, *files)


def _code(text: str) -> list[str]:
    return [line for line in text.splitlines() if not line.lstrip().startswith("#")]
