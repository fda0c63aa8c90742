"""The pipeline of a team's repository runs, from an installed Headway, and leaves nothing behind that Git would see."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from headway.adoption.template_files import TEMPLATE, read_template
from tests.adoption.team import Team
from tests.conftest import ROOT

COMMITTED = {"dvc.lock", "models/detector/manifest.json"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with what a wheel of this commit installs."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--quiet", "--no-deps"]
    built = subprocess.run([*pip, "--wheel-dir", folder, _clone(folder / "clone")], capture_output=True, text=True)
    if "Could not find a version that satisfies the requirement setuptools" in built.stderr:
        pytest.skip("building a wheel needs setuptools from a package index")
    assert 0 == built.returncode, built.stderr
    zipfile.ZipFile(next(folder.glob("*.whl"))).extractall(folder / "installed")
    return folder / "installed"


def _clone(folder: Path) -> Path:
    """Copy what Git holds or would add, links as links."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        source, target = ROOT / name, folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_symlink():
            target.symlink_to(source.readlink())
        elif source.is_file():
            target.write_bytes(source.read_bytes())
    return folder


@pytest.mark.slow
def test_an_installed_headway_renders_what_the_checkout_does(wheel: Path) -> None:
    template = wheel / TEMPLATE.relative_to(ROOT / "src")
    assert not any(path.is_symlink() for path in template.rglob("*"))
    assert dict(read_template()) == dict(read_template(template))


@pytest.mark.slow
def test_the_pipeline_runs_and_git_sees_only_results(wheel: Path, tmp_path: Path) -> None:
    team = Team(tmp_path / "team")
    assert 0 == team.init().returncode
    team.quicken(gate={"margin": 0.05})
    team.commit("headway init")

    ended = team.headway("repro", PYTHONPATH=str(wheel))

    assert 0 == ended.returncode, ended.stderr
    changed = {line[3:] for line in team.run("git", "status", "--porcelain", "--untracked-files=all").splitlines()}
    assert COMMITTED == {path for path in changed if not path.startswith("reports/")}
    assert "{}\n" == team.run("dvc", "status", "--json")
    assert "requirements.txt" in team.read("dvc.lock")
