"""What goes wrong ends with a sentence, a hint, the right code, and nothing half-written."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.pipeline.conftest import STAGES, Project
from tests.pipeline.test_repro import HELD_BY_DVC, digests

OUTPUTS = {
    "prepare": ("data/prepared",),
    "train": ("models/detector/weights.pt",),
    "export": ("models/detector/model.onnx",),
    "evaluate": ("models/detector/evidence",),
    "package": ("models/detector/bundle", "models/detector/manifest.json"),
}


def last_lines(result: subprocess.CompletedProcess[str]) -> list[str]:
    return result.stderr.strip().splitlines()[-2:]


def test_params_are_refused_as_a_whole_before_anything_runs(project: Project) -> None:
    project.set_params(train={"epoch": 3}, export={"precision": "fp8"})

    result = project.run("headway", "repro", check=False)

    assert 2 == result.returncode
    assert "train.epoch: no such parameter; did you mean 'epochs'?" in result.stderr
    assert "export.precision" in result.stderr
    assert last_lines(result)[1].startswith("hint: ")
    assert "Running stage" not in result.stdout


def test_a_stage_failure_keeps_its_code_and_is_told_last(project: Project) -> None:
    project.set_params(prepare={"source": "data/nothing-here"})

    result = project.run("headway", "repro", check=False)
    error, hint = last_lines(result)

    assert 2 == result.returncode
    assert error.startswith("error: ")
    assert "data/nothing-here" in error
    assert hint.startswith("hint: ")


def test_cuda_where_none_is_fails_before_training(finished: Project) -> None:
    finished.set_params(train={"device": 0})

    result = finished.run("headway", "repro", check=False, CUDA_VISIBLE_DEVICES="")
    error, hint = last_lines(result)

    assert 3 == result.returncode
    assert "train.device: 0 is not here" in error
    assert "cpu" in hint


def test_weights_that_are_no_model_are_refused(finished: Project) -> None:
    (finished.root / "bad.pt").write_bytes(b"not a model")
    finished.set_params(train={"model": "bad.pt"})

    result = finished.run("headway", "repro", check=False)

    assert 2 == result.returncode
    assert "bad.pt is no model checkpoint" in last_lines(result)[0]


@pytest.mark.parametrize("stage", STAGES)
def test_sigkill_at_any_stage_leaves_whole_outputs_and_the_next_run_ends_as_ever(finished: Project, stage: str) -> None:
    before = digests(finished, *HELD_BY_DVC)
    if stage == "train":  # else it finds at once what the earlier run had finished
        shutil.rmtree(finished.root / ".headway/checkpoints")
    process = finished.start("dvc", "repro", "--force", "--single-item", stage)
    assert process.stdout is not None
    for line in process.stdout:
        if f"python pipelines/{stage}.py" in line:
            break
    time.sleep(2.5)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()

    for path in OUTPUTS[stage]:
        whole = {name for name in before if name == path or name.startswith(f"{path}/")}
        assert set(digests(finished, path)) in (set(), whole)
    finished.run("headway", "repro")
    assert _without_clock(before) == _without_clock(digests(finished, *HELD_BY_DVC))
    assert not list(finished.root.rglob(".*.partial"))


def _without_clock(files: dict[str, str]) -> dict[str, str]:
    """Leave out what the bundle says about time and speed, outside its identity, and the card that shows it."""
    clocked = ("measurements.json", "provenance.json", "card.md")
    return {path: digest for path, digest in files.items() if not path.endswith(clocked)}


def test_two_runs_at_once_do_not_harm_each_other(project: Project) -> None:
    first = project.start("headway", "repro")
    time.sleep(3)
    second = project.run("headway", "repro", check=False)
    first.communicate()

    assert 0 == first.returncode
    assert second.returncode in {0, 3}
    assert "Data and pipelines are up to date" in project.run("headway", "repro").stdout


@contextmanager
def mounted(folder: Path, options: str) -> Iterator[None]:
    """Put an empty file system of its own over `folder`; needs root."""
    result = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], capture_output=True, text=True
    )
    if result.returncode:
        pytest.skip(f"a file system cannot be mounted here (needs root): {result.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.tmpfs
@pytest.mark.parametrize(
    ("stage", "folder", "kept"),
    [
        ("prepare", "data", "shelves.yaml"),
        ("train", "models/detector", "manifest.json"),
        ("export", "models/detector", "weights.pt"),
    ],
)
def test_a_full_disk_is_outside_trouble_and_leaves_nothing_half_written(
    finished: Project, stage: str, folder: str, kept: str
) -> None:
    saved = finished.root.parent / kept
    shutil.copy2(finished.root / folder / kept, saved)
    size = saved.stat().st_size // 1024 + 64
    with mounted(finished.root / folder, f"size={size}k"):
        shutil.copy2(saved, finished.root / folder)

        result = finished.run("python", f"pipelines/{stage}.py", check=False)
        left = [path.name for path in (finished.root / folder).iterdir()]

    error, hint = last_lines(result)
    assert 3 == result.returncode
    assert "No space left on device" in error
    assert "free some space" in hint
    assert [kept] == left


@pytest.mark.tmpfs
def test_a_read_only_folder_is_outside_trouble(finished: Project) -> None:
    with mounted(finished.root / "reports", "ro"):
        result = finished.run("python", "pipelines/prepare.py", check=False)

    error, hint = last_lines(result)
    assert 3 == result.returncode
    assert "Read-only file system" in error
    assert "hint: the file system is read-only" in hint
