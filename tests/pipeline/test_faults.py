"""What goes wrong ends with a sentence, a hint, the right code, and nothing half-written."""

from __future__ import annotations

import json
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


@pytest.mark.parametrize(
    "stage", ["train", *(pytest.param(one, marks=pytest.mark.slow) for one in STAGES if one != "train")]
)
def test_sigkill_while_a_stage_writes_leaves_whole_outputs_and_the_next_run_ends_as_ever(
    finished: Project, stage: str
) -> None:
    before = digests(finished, *HELD_BY_DVC)
    if stage == "train":  # else it finds at once what the earlier run had finished
        shutil.rmtree(finished.root / ".headway/checkpoints")
    process = finished.start("dvc", "repro", "--force", "--single-item", stage)
    _kill_while_writing(process, (finished.root / OUTPUTS[stage][0]).parent)

    for path in OUTPUTS[stage]:
        whole = {name: digest for name, digest in before.items() if name == path or name.startswith(f"{path}/")}
        assert _without_clock(digests(finished, path)) in ({}, _without_clock(whole))
    finished.run("dvc", "repro", "--force", "--single-item", stage)
    assert _without_clock(before) == _without_clock(digests(finished, *HELD_BY_DVC))
    assert not list(finished.root.rglob(".*.partial"))


def _kill_while_writing(process: subprocess.Popen[str], folder: Path) -> None:
    """Kill the whole group at the moment when a half-written output lies in `folder`."""
    while process.poll() is None and not list(folder.glob(".*.partial")):
        time.sleep(0.001)
    os.killpg(process.pid, signal.SIGKILL)
    assert -signal.SIGKILL == process.wait()


def _without_clock(files: dict[str, str]) -> dict[str, str]:
    """Leave out what the bundle says about time and speed, outside its identity, and the card that shows it."""
    clocked = ("measurements.json", "provenance.json", "card.md")
    return {path: digest for path, digest in files.items() if not path.endswith(clocked)}


def test_the_second_of_two_runs_is_told_who_is_working_and_the_first_ends_well(project: Project) -> None:
    first = project.start("headway", "repro")
    assert first.stdout is not None
    for line in first.stdout:
        if line.startswith("Running stage 'train'"):
            break
    second = project.run("headway", "repro", check=False)
    first.communicate()

    assert (3, 0) == (second.returncode, first.returncode)
    assert "another dvc run is working in this folder" in last_lines(second)[0]
    assert "Data and pipelines are up to date" in project.run("headway", "repro").stdout


@pytest.mark.slow
def test_a_trainer_that_outlived_its_dvc_is_waited_for(finished: Project) -> None:
    finished.set_params(train={"epochs": 12})
    process = finished.start("dvc", "repro", "train")
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("epoch 1/"):
            break
    process.kill()  # DVC alone; its stage goes on
    process.wait()

    result = finished.run("dvc", "repro", "train")
    provenance = json.loads((finished.root / "reports/provenance.json").read_text())

    assert "is still running this very training; waiting for it to end" in result.stdout + result.stderr
    assert 12 == provenance["resumed_epochs"]


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


def copy_all(names: list[str], source: Path, target: Path) -> None:
    target.mkdir(exist_ok=True)
    for name in names:
        if (source / name).is_dir():
            shutil.copytree(source / name, target / name)
        else:
            shutil.copy2(source / name, target / name)


@pytest.mark.tmpfs
@pytest.mark.parametrize(
    ("stage", "folder", "kept", "room_kb"),
    [
        ("prepare", "data", ["shelves.classes.yaml", "shelves.splits.csv", "shelves.yaml"], 64),
        ("train", "models/detector", ["manifest.json"], 64),
        ("export", "models/detector", ["weights.pt"], 64),
        ("evaluate", "models/detector", ["model.onnx"], 8),
        ("package", "models/detector", ["evidence", "model.onnx"], 64),
    ],
)
def test_a_full_disk_is_outside_trouble_and_leaves_nothing_half_written(
    finished: Project, stage: str, folder: str, kept: list[str], room_kb: int
) -> None:
    place, saved = finished.root / folder, finished.root.parent / "saved"
    copy_all(kept, place, saved)
    size_kb = sum(4 * (1 + file.stat().st_size // 4096) for file in saved.rglob("*")) + 4 + room_kb
    with mounted(place, f"size={size_kb}k"):
        copy_all(kept, saved, place)

        result = finished.run("python", f"pipelines/{stage}.py", check=False)
        left = sorted(path.name for path in place.iterdir())

    error, hint = last_lines(result)
    assert 3 == result.returncode
    assert "No space left on device" in error
    assert "free some space" in hint
    assert kept == left


@pytest.mark.tmpfs
def test_a_disk_that_fills_up_during_training_keeps_the_last_whole_epoch(finished: Project) -> None:
    shutil.rmtree(finished.root / ".headway/checkpoints")
    (finished.root / ".headway/checkpoints").mkdir()
    with mounted(finished.root / ".headway/checkpoints", "size=8m"):
        result = finished.run("python", "pipelines/train.py", check=False)

    error, hint = last_lines(result)
    assert 3 == result.returncode
    assert "No space left on device" in error
    assert "free some space" in hint


@pytest.mark.tmpfs
def test_a_read_only_folder_is_outside_trouble(finished: Project) -> None:
    with mounted(finished.root / "reports", "ro"):
        result = finished.run("python", "pipelines/prepare.py", check=False)

    error, hint = last_lines(result)
    assert 3 == result.returncode
    assert "Read-only file system" in error
    assert "hint: the file system is read-only" in hint
