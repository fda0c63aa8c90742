from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from headway.cli.repro import stage_environment
from tests.cli.command import COMMAND, run_headway
from tests.finished_run import write

PARAMS = "model: detector\ntrain:\n  epochs: 2\n"
STAGE = """\
stages:
  train:
    cmd: python train.py
    deps: [train.py]
    outs: [weights.txt]
"""
WRITES = "open('weights.txt', 'w').write('1')\n"
FAILS = """\
from headway.cli.failure import guarded
from headway.errors import {kind}
with guarded():
    raise {kind}("the label on line 3 cannot be read", hint="mend labels/a.txt")
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return a DVC repository (without Git: this is about DVC's exit codes) with one stage."""
    subprocess.run([sys.executable, "-m", "dvc", "init", "--no-scm", "-q"], cwd=tmp_path, check=True)
    write(tmp_path / "params.yaml", f"{PARAMS}prepare: {{source: dvc.yaml}}\n")
    write(tmp_path / "dvc.yaml", STAGE)
    return tmp_path


def last_lines(text: str, count: int) -> list[str]:
    return text.strip().splitlines()[-count:]


def test_the_pipeline_runs_with_this_python_also_when_it_is_not_on_the_path(repository: Path) -> None:
    write(repository / "train.py", "import headway, sys\nprint(sys.executable)\n" + WRITES)
    ended = run_headway("repro", folder=repository, PATH="/usr/bin:/bin")
    assert 0 == ended.returncode, ended.stderr
    assert str(Path(sys.executable).parent) in ended.stdout
    assert "1" == (repository / "weights.txt").read_text()


@pytest.mark.parametrize(("kind", "code"), [("InputError", 2), ("OutsideError", 3)])
def test_a_stages_sentence_hint_and_exit_code_come_last(repository: Path, kind: str, code: int) -> None:
    write(repository / "train.py", FAILS.format(kind=kind))
    ended = run_headway("repro", folder=repository)
    assert (code, ["error: the label on line 3 cannot be read", "hint: mend labels/a.txt"]) == (
        ended.returncode,
        last_lines(ended.stderr, 2),
    )
    assert "ERROR: failed to reproduce 'train'" in ended.stderr


def test_a_failure_of_dvc_itself_keeps_its_exit_code(repository: Path) -> None:
    ended = run_headway("repro", "no-such-stage", folder=repository)
    assert (255, ["error: dvc repro ended with exit code 255; what it said is above"]) == (
        ended.returncode,
        last_lines(ended.stderr, 1),
    )


def test_options_go_to_dvc(repository: Path) -> None:
    write(repository / "train.py", WRITES)
    assert 0 == run_headway("repro", "--dry", "train", folder=repository).returncode
    assert not (repository / "weights.txt").exists()


def test_params_that_cannot_be_used_are_refused_before_anything_runs(repository: Path) -> None:
    write(repository / "params.yaml", "model: Detector\ntrain:\n  epochs: 0\n  epoch: 3\n")
    write(repository / "train.py", WRITES)
    ended = run_headway("repro", folder=repository)
    assert 2 == ended.returncode
    assert ["params.yaml:1:", "params.yaml:3:", "params.yaml:4:"] == [
        line.split()[0] for line in ended.stderr.splitlines() if line.startswith("  params.yaml")
    ]
    assert not (repository / "weights.txt").exists()


@pytest.mark.parametrize("source", [".", "data", "data/prepared", "data/prepared/images", "data/raw/../prepared"])
def test_a_source_that_the_pipeline_writes_is_refused(repository: Path, source: str) -> None:
    write(repository / "data/prepared/images/a.txt", "")
    write(repository / "data/raw/a.txt", "")
    write(repository / "params.yaml", f"{PARAMS}prepare:\n  source: {source}\n")
    ended = run_headway("repro", folder=repository)
    sentence, hint = last_lines(ended.stderr, 2)
    overlap = "and data/prepared, which the prepare stage writes, overlap"
    assert (2, f"error: params.yaml:5: prepare.source: {source} {overlap}") == (ended.returncode, sentence)
    assert hint.startswith("hint: put the data into a folder of its own")


def test_a_source_beside_the_prepared_data_is_none_of_it(repository: Path) -> None:
    write(repository / "data/prepared-by-me/a.txt", "")
    write(repository / "params.yaml", f"{PARAMS}prepare: {{source: data/prepared-by-me}}\n")
    write(repository / "train.py", WRITES)
    assert 0 == run_headway("repro", folder=repository).returncode


@pytest.mark.parametrize("content", ["- a list\n", "stages: 7\n", "stages: [\n"])
def test_a_lock_that_is_none_is_named_with_a_hint(repository: Path, content: str) -> None:
    write(repository / "dvc.lock", content)
    write(repository / "train.py", WRITES)
    ended = run_headway("repro", folder=repository)
    sentence, hint = last_lines(ended.stderr, 2)
    assert 2 == ended.returncode
    assert sentence.startswith("error: dvc.lock")
    assert " is no dvc.lock: " in sentence
    assert hint.startswith("hint: take back the one in Git: git checkout dvc.lock")


def test_a_merge_conflict_in_the_lock_is_named(repository: Path) -> None:
    write(repository / "dvc.lock", "schema: '2.0'\n<<<<<<< HEAD\nstages: {}\n=======\nstages: {}\n>>>>>>> b\n")
    ended = run_headway("repro", folder=repository)
    assert (2, "error: dvc.lock holds the conflict markers of a merge") == (
        ended.returncode,
        last_lines(ended.stderr, 2)[0],
    )


def test_the_second_of_two_runs_is_refused_and_the_first_one_ends_well(repository: Path) -> None:
    waits = "import time, pathlib\nopen('started', 'w')\nwhile not pathlib.Path('go').exists(): time.sleep(0.05)\n"
    write(repository / "train.py", waits + WRITES)
    with start(repository) as first:
        second = run_headway("repro", folder=repository)
        write(repository / "go", "")
        assert 0 == first.wait()
    assert 3 == second.returncode
    sentence, hint = last_lines(second.stderr, 2)
    assert sentence.startswith("error: another dvc run is working in this folder (process ")
    assert "hint: wait until it has ended, then run this again" == hint


def test_ctrl_c_ends_stage_dvc_and_command_with_130(repository: Path) -> None:
    write(repository / "train.py", "import time\nopen('started', 'w')\ntime.sleep(60)\n")
    with start(repository) as running:
        os.killpg(running.pid, signal.SIGINT)
        assert 130 == running.wait(timeout=30)


def test_a_lock_that_is_taken_when_a_stage_ends_does_not_lose_its_work(repository: Path) -> None:
    fcntl = pytest.importorskip("fcntl")
    write(repository / "train.py", "import time\nopen('started', 'w')\ntime.sleep(1)\n" + WRITES)
    with start(repository) as running, (repository / ".dvc/tmp/lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        time.sleep(6)  # DVC alone gives up after 3 s
        fcntl.flock(lock, fcntl.LOCK_UN)
        assert 0 == running.wait(timeout=30)
    assert "weights.txt" in (repository / "dvc.lock").read_text()


def test_the_stages_environment_keeps_what_the_user_has_set() -> None:
    environment = stage_environment({"PATH": "/opt/bin", "CUDA_VISIBLE_DEVICES": "1"}, Path("failure.json"))
    assert {
        "PATH": f"{Path(sys.executable).parent}:/opt/bin",
        "CUDA_VISIBLE_DEVICES": "1",
        "HEADWAY_FAILURE_FILE": "failure.json",
        "DVC_NO_ANALYTICS": "1",
        "PYTHONUNBUFFERED": "1",
    } == environment


def start(repository: Path) -> subprocess.Popen[bytes]:
    """Start `headway repro` in a process group of its own and return once its stage runs."""
    running = subprocess.Popen(
        [*COMMAND, "repro"],
        cwd=repository,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=_heed_ctrl_c,
    )
    while not (repository / "started").exists():
        assert running.poll() is None
        time.sleep(0.05)
    return running


def _heed_ctrl_c() -> None:
    """Undo what a shell does to the jobs that it starts in the background: they ignore Ctrl-C."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
