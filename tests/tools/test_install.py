"""`make install` prepares .venv once, however many ask for it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tests.conftest import ROOT

SLOW_PIP = """#!/bin/sh
# Stands for pip: the real one needs a network and minutes.
echo "$@" >> calls
sleep 1
"""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder with what the installer reads, and a .venv whose Python only notes how it was called."""
    for name in ("tools/install.py", "pyproject.toml", "constraints.txt", "src/headway/__init__.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, tmp_path / name)
    return tmp_path


def start(clone: Path, **variables: str) -> subprocess.Popen[str]:
    # The virtual environment itself is not under test here: making it would need pip's wheels.
    code = (
        "import runpy, sys, venv; from pathlib import Path\n"
        "def create(folder, **options):\n"
        "    python = Path(folder) / 'bin/python'; python.parent.mkdir(parents=True, exist_ok=True)\n"
        f"    python.write_text({SLOW_PIP!r}); python.chmod(0o755)\n"
        "    with open('created', 'a') as log: log.write(f'{options}\\n')\n"
        "    (Path(folder) / 'pyvenv.cfg').write_text(f'version = {sys.version.split()[0]}\\n')\n"
        "venv.create = create\n"
        "runpy.run_path('tools/install.py', run_name='__main__')\n"
    )
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("HEADWAY_", "GITHUB_"))}
    return subprocess.Popen(
        [sys.executable, "-c", code], cwd=clone, stderr=subprocess.PIPE, text=True, env=clean | variables
    )


def make_ready(folder: Path, **versions: str) -> Path:
    """Make an environment that has these packages, as far as their metadata tell."""
    venv.create(folder, with_pip=False, symlinks=True)
    for name, version in versions.items():
        info = next(folder.glob("lib/python3*/site-packages")) / f"{name}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    return folder


def test_two_at_once_install_once_and_the_second_says_that_it_waits(clone: Path) -> None:
    both = [start(clone), start(clone)]
    told = [process.communicate()[1] for process in both]

    assert [0, 0] == [process.returncode for process in both]
    assert 1 == len((clone / "calls").read_text().splitlines())
    assert 1 == sum("waiting for another install" in text for text in told)


def test_nothing_is_done_again_until_an_input_changes(clone: Path) -> None:
    for _ in range(2):
        start(clone).communicate()
    assert 1 == len((clone / "calls").read_text().splitlines())

    with (clone / "constraints.txt").open("a") as constraints:
        constraints.write("# another version\n")
    start(clone).communicate()

    assert 2 == len((clone / "calls").read_text().splitlines())
    assert 1 == len((clone / "created").read_text().splitlines())  # the environment itself stays


def test_an_environment_of_another_python_is_made_anew(clone: Path) -> None:
    start(clone).communicate()
    (clone / ".venv/pyvenv.cfg").write_text("version = 3.9.0\n")
    (clone / ".venv/.installed").unlink()
    start(clone).communicate()

    assert 2 == len((clone / "created").read_text().splitlines())


def test_the_versions_of_constraints_txt_are_installed(clone: Path) -> None:
    start(clone).communicate()

    assert "--constraint constraints.txt --editable .[train,dev]" in (clone / "calls").read_text()


def test_other_extras_are_installed_where_they_are_asked_for(clone: Path) -> None:
    start(clone, HEADWAY_EXTRAS="github").communicate()

    assert "--editable .[github]" in (clone / "calls").read_text()


def test_a_team_gets_the_headway_that_it_pinned(clone: Path) -> None:
    (clone / "requirements.txt").write_text("headway[train]==1.2.0\n")
    (clone / "pyproject.toml").unlink()

    start(clone).communicate()

    assert "--constraint constraints.txt --requirement " in (clone / "calls").read_text()


def test_a_ready_environment_is_taken_and_told_to_later_steps(clone: Path, tmp_path: Path) -> None:
    ready = make_ready(tmp_path / "ready", headway="0.0.1", torch="9.9+cpu")
    (clone / "constraints.txt").write_text("torch==9.9\n")
    files = {name: str(tmp_path / name) for name in ("GITHUB_PATH", "GITHUB_ENV")}

    process = start(clone, HEADWAY_VENV=str(ready), **files)

    assert "" == process.communicate()[1]
    assert ready == (clone / ".venv").resolve()
    assert f"{clone / '.venv/bin'}\n" == (tmp_path / "GITHUB_PATH").read_text()
    assert f"PYTHONPATH={clone / 'src'}\n" == (tmp_path / "GITHUB_ENV").read_text()
    assert not (clone / "calls").exists()


@pytest.mark.parametrize(
    ("versions", "said"), [({"headway": "1", "torch": "9.8"}, "torch 9.8, not 9.9"), ({"torch": "9.9"}, "no headway")]
)
def test_an_environment_with_other_versions_is_refused(
    clone: Path, tmp_path: Path, versions: dict[str, str], said: str
) -> None:
    (clone / "constraints.txt").write_text("torch==9.9\n")
    process = start(clone, HEADWAY_VENV=str(make_ready(tmp_path / "ready", **versions)))

    assert said in process.communicate()[1]
    assert 2 == process.returncode


@pytest.mark.parametrize(("line", "code"), [("headway[train]==1.2.0  # ours", 0), ("headway[train]==1.3.0", 2)])
def test_an_environment_has_the_headway_that_a_team_pinned(clone: Path, tmp_path: Path, line: str, code: int) -> None:
    (clone / "requirements.txt").write_text(f"# of a team\n{line}\n")
    process = start(clone, HEADWAY_VENV=str(make_ready(tmp_path / "ready", headway="1.2.0")))

    assert (code > 0) == ("headway 1.2.0, not 1.3.0" in process.communicate()[1])
    assert code == process.returncode


def test_an_environment_that_is_none_is_refused(clone: Path, tmp_path: Path) -> None:
    process = start(clone, HEADWAY_VENV=str(tmp_path / "nothing"))

    assert "is no virtual environment" in process.communicate()[1]
    assert 2 == process.returncode


def test_a_ready_environment_is_not_changed_by_a_later_install(clone: Path, tmp_path: Path) -> None:
    ready = make_ready(tmp_path / "ready", headway="0.0.1")
    start(clone, HEADWAY_VENV=str(ready)).communicate()

    start(clone).communicate()

    assert not (clone / ".venv").is_symlink()
    assert not (ready / ".installed").exists()
