"""`make install` prepares .venv once, however many ask for it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
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


def start(clone: Path) -> subprocess.Popen[str]:
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
    return subprocess.Popen([sys.executable, "-c", code], cwd=clone, stderr=subprocess.PIPE, text=True, env=os.environ)


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
