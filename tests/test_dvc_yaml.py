"""dvc.yaml says what each stage really depends on."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import grimp
import pytest
import yaml

from tests.conftest import ROOT

STAGES = ("prepare", "train", "export", "evaluate", "package")
WITHOUT_BEHAVIOUR = {"headway.errors", "headway.ports"}


@pytest.fixture(scope="module")
def stages() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]
    return loaded


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("headway", cache_dir=None)


def needed_modules(script: Path, graph: grimp.ImportGraph) -> set[str]:
    """Return every headway module that `script` imports, through others or by itself, also inside functions."""
    open_modules = _imported_by_script(script, graph)
    needed: set[str] = set()
    while open_modules:
        module = open_modules.pop()
        if module in needed or module in WITHOUT_BEHAVIOUR:
            continue
        needed.add(module)
        open_modules |= graph.find_modules_directly_imported_by(module)
    return needed


def _imported_by_script(script: Path, graph: grimp.ImportGraph) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(script.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("headway"):
            modules = {f"{node.module}.{alias.name}" for alias in node.names} & graph.modules
            found |= modules or {str(node.module)}
    return found


def source_file(module: str) -> Path:
    path = ROOT / "src" / Path(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def covers(dependency: str, file: Path) -> bool:
    path = ROOT / dependency
    return path == file or path in file.parents


@pytest.mark.parametrize("stage", STAGES)
def test_deps_name_every_module_that_the_stage_imports(
    stage: str, stages: dict[str, Any], graph: grimp.ImportGraph
) -> None:
    deps = stages[stage]["deps"]
    files = {source_file(module) for module in needed_modules(ROOT / f"pipelines/{stage}.py", graph)}
    missing = {
        file.relative_to(ROOT).as_posix()
        for file in files
        if file.stat().st_size and not any(covers(dependency, file) for dependency in deps)
    }

    assert set() == missing


@pytest.mark.parametrize("stage", STAGES[:-1])
def test_deps_name_no_module_that_the_stage_does_not_import(
    stage: str, stages: dict[str, Any], graph: grimp.ImportGraph
) -> None:
    files = {source_file(module) for module in needed_modules(ROOT / f"pipelines/{stage}.py", graph)}
    code = [dependency for dependency in stages[stage]["deps"] if dependency.startswith("src/")]

    assert [] == [dependency for dependency in code if not any(covers(dependency, file) for file in files)]


def test_package_depends_on_all_that_the_manifest_vouches_for(stages: dict[str, Any]) -> None:
    # The manifest holds a digest of the earlier entries in dvc.lock: it must be made anew when one of them changes.
    upstream = [stages[stage] for stage in STAGES[:-1]]
    needed = {dependency for stage in upstream for dependency in stage["deps"] if "weights.pt" not in dependency}

    own = stages["package"]["deps"]

    assert [] == [path for path in needed if not any(path == one or covers(one, ROOT / path) for one in own)]
    assert {name for stage in upstream for name in stage["params"]} <= set(stages["package"]["params"])


@pytest.mark.parametrize("stage", STAGES)
def test_no_stage_depends_on_clock_or_hardware(stage: str, stages: dict[str, Any]) -> None:
    clocked = {"reports/provenance.json", "reports/export_speed.json"}

    assert set() == clocked & set(stages[stage]["deps"])


def test_every_edit_of_one_params_section_concerns_one_stage_only(graph: grimp.ImportGraph) -> None:
    sections = {f"headway.contracts.params.{stage}" for stage in STAGES}
    imported = {stage: needed_modules(ROOT / f"pipelines/{stage}.py", graph) & sections for stage in STAGES}

    assert {stage: {f"headway.contracts.params.{stage}"} for stage in STAGES} == imported
