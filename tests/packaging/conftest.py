"""One bundle, made once by the real package stage."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.scored_project import MODEL, make_scored_project, package


@pytest.fixture(scope="session")
def packaged_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository in which the package stage has run; tests must not change it."""
    root = make_scored_project(tmp_path_factory.mktemp("packaged"))
    package(root)
    return root


@pytest.fixture
def bundle(packaged_once: Path, tmp_path: Path) -> Path:
    """A copy of the bundle, free to be changed."""
    return Path(shutil.copytree(packaged_once / MODEL.bundle, tmp_path / "bundle"))


@pytest.fixture
def scored(packaged_once: Path, tmp_path: Path) -> Path:
    """A repository in which everything but package has run, free to be changed."""
    root = Path(shutil.copytree(packaged_once, tmp_path / "scored"))
    shutil.rmtree(root / MODEL.bundle)
    (root / MODEL.manifest).unlink()
    return root
