"""Outputs appear whole or not at all."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from headway.contracts import atomic
from tests.conftest import ROOT


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 256 KiB; mounting it needs root."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)], capture_output=True, text=True
    )
    if mounted.returncode:
        pytest.skip(f"a small file system cannot be mounted here (needs root): {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.tmpfs
def test_a_full_disk_leaves_the_old_file(small_disk: Path) -> None:
    atomic.write_bytes(small_disk / "report", b"old")

    with pytest.raises(OSError, match="No space left"):
        atomic.write_bytes(small_disk / "report", bytes(1 << 20))

    assert b"old" == (small_disk / "report").read_bytes()
    assert ["report"] == os.listdir(small_disk)


@pytest.mark.tmpfs
def test_a_full_disk_leaves_the_old_folder(small_disk: Path) -> None:
    with atomic.directory(small_disk / "out") as partial:
        (partial / "file").write_text("old")

    with pytest.raises(OSError, match="No space left"), atomic.directory(small_disk / "out") as partial:
        (partial / "file").write_bytes(bytes(1 << 20))

    assert "old" == (small_disk / "out/file").read_text()
    assert ["out"] == os.listdir(small_disk)


def test_a_failure_inside_the_block_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), atomic.directory(tmp_path / "out") as partial:
        (partial / "half").write_text("half")
        raise RuntimeError

    assert [] == list(tmp_path.iterdir())


def test_a_kill_leaves_no_output_and_the_next_run_clears_the_rest(tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from headway.contracts import atomic\n"
        "with atomic.directory(Path(sys.argv[1])) as partial:\n"
        "    (partial / 'half').write_text('half'); os.kill(os.getpid(), 9)\n"
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "out")], env=environment)
    assert not (tmp_path / "out").exists()

    with atomic.directory(tmp_path / "out") as partial:
        (partial / "whole").write_text("whole")

    assert ["out"] == [path.name for path in tmp_path.iterdir()]
    assert ["whole"] == [path.name for path in (tmp_path / "out").iterdir()]


def test_what_a_killed_writer_left_goes_with_the_next_write(tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from headway.contracts import atomic\n"
        "with atomic.binary_file(Path(sys.argv[1])) as file:\n"
        "    file.write(b'half'); file.flush(); os.kill(os.getpid(), 9)\n"
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "report")], env=environment)
    assert ["report"] != [path.name for path in tmp_path.iterdir()]

    atomic.write_bytes(tmp_path / "report", b"whole")

    assert ["report"] == [path.name for path in tmp_path.iterdir()]
