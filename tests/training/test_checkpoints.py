"""Keys, locks and claims of interrupted trainings."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from headway.training.checkpoints import KEPT, Claim, checkpoint_key, code_digests, locked_folder, weights_digests
from tests.conftest import ROOT

HOLD = """
import sys, time
from pathlib import Path
from headway.training.checkpoints import locked_folder
with locked_folder(Path(sys.argv[1]), "key", say=print):
    print("locked", flush=True)
    sys.stdin.read()
"""


def _hold(root: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(root)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "locked\n"
    return process


def test_the_key_follows_everything_that_decides_a_training() -> None:
    keys = {
        checkpoint_key({"epochs": 1}, "data", {"a.py": "1"}, {"torch": "2"}),
        checkpoint_key({"epochs": 2}, "data", {"a.py": "1"}, {"torch": "2"}),
        checkpoint_key({"epochs": 1}, "other", {"a.py": "1"}, {"torch": "2"}),
        checkpoint_key({"epochs": 1}, "data", {"a.py": "2"}, {"torch": "2"}),
        checkpoint_key({"epochs": 1}, "data", {"a.py": "1"}, {"torch": "3"}),
    }

    assert 5 == len(keys)


def test_code_digests_read_folders_and_leave_data_out(tmp_path: Path) -> None:
    (tmp_path / "package").mkdir()
    (tmp_path / "package/module.py").write_text("x = 1\n")
    (tmp_path / "package/notes.txt").write_text("no code\n")
    (tmp_path / "data.bin").write_bytes(b"no code")

    digests = code_digests([tmp_path / "package", tmp_path / "data.bin"])

    assert [(tmp_path / "package/module.py").as_posix()] == list(digests)


def test_weights_that_are_replaced_give_another_key(tmp_path: Path) -> None:
    path = tmp_path / "mine.pt"
    path.write_bytes(b"first")
    first = weights_digests({"model": str(path), "pretrained": True})
    path.write_bytes(b"second")

    assert [path.as_posix()] == list(first)
    assert first != weights_digests({"model": str(path)})


def test_a_second_training_of_the_same_key_waits_and_names_the_first(tmp_path: Path) -> None:
    first = _hold(tmp_path)
    said: list[str] = []
    entered = threading.Event()

    def train_again() -> None:
        with locked_folder(tmp_path, "key", say=said.append):
            entered.set()

    second = threading.Thread(target=train_again)
    second.start()
    assert not entered.wait(1.5)
    first.communicate("")
    assert entered.wait(10)
    second.join()

    assert [f"process {first.pid} is still running this very training; waiting for it to end"] == said


def test_the_lock_goes_with_a_killed_process(tmp_path: Path) -> None:
    first = _hold(tmp_path)
    first.kill()
    first.wait()
    said: list[str] = []

    with locked_folder(tmp_path, "key", say=said.append):
        pass

    assert [] == said


def test_old_folders_go_but_a_running_one_stays(tmp_path: Path) -> None:
    running = _hold(tmp_path)
    os.utime(tmp_path / "key", (0, 0))
    for index in range(KEPT + 2):
        with locked_folder(tmp_path, f"later-{index}", say=print):
            os.utime(tmp_path / f"later-{index}", (index + 1, index + 1))

    left = {folder.name for folder in tmp_path.iterdir()}
    running.communicate("")

    assert {"key", *(f"later-{index}" for index in range(2, KEPT + 2))} == left


@pytest.mark.parametrize("later", ["claimed again", None])
def test_only_the_last_training_to_start_may_write(tmp_path: Path, later: str | None) -> None:
    claim = Claim.take(tmp_path / "state/claim", "mine")
    if later:
        Claim.take(tmp_path / "state/claim", later)

    assert (later is None) == claim.holds()
