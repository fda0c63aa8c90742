"""The command as a whole: light to start, and every failure ends with a sentence, a hint and its code."""

from __future__ import annotations

import errno
import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import click
import pytest

from headway.cli.failure import FAILURE_FILE, guarded, read_failure
from headway.cli.main import VERBS, cli
from headway.cli.progress import show_progress
from headway.errors import InputError, OutsideError
from tests.cli.command import run_headway

HEAVY = {"torch", "ultralytics", "onnx", "onnxruntime", "mlflow", "dvc", "matplotlib", "pyarrow", "cv2", "pandas"}


def loaded_by(code: str) -> set[str]:
    """Return the top-level modules that a fresh process has after running `code`."""
    script = f"{code}\nimport sys, json; print(json.dumps(sorted({{name.split('.')[0] for name in sys.modules}})))"
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(json.loads(result.stdout.splitlines()[-1]))


def test_help_imports_nothing_heavy() -> None:
    code = "from headway.cli.main import cli\ntry: cli.main(['--help'], standalone_mode=True)\nexcept SystemExit: pass"

    assert set() == loaded_by(code) & (HEAVY | {"numpy", "pydantic", "PIL"})


@pytest.mark.parametrize(
    "module",
    ["headway.cli.predict", "headway.detection.detector", "headway.integrations.onnxruntime", "headway.ports"],
)
def test_the_edge_parts_import_no_training_library(module: str) -> None:
    assert set() == loaded_by(f"import {module}") & (HEAVY - {"onnxruntime"})


def test_every_verb_of_the_help_exists_and_says_the_same_in_its_own_help() -> None:
    context = click.Context(cli)
    commands = {name: cli.get_command(context, name) for name in VERBS}

    assert {name: name for name in VERBS} == {name: command.name for name, command in commands.items() if command}
    assert [] == [name for name, command in commands.items() if not (command and command.help)]


def test_an_unknown_verb_ends_with_2(tmp_path: Path) -> None:
    ended = run_headway("promot", folder=tmp_path)

    assert 2 == ended.returncode
    assert "No such command 'promot'" in ended.stderr


@pytest.mark.parametrize(
    ("error", "code", "lines"),
    [
        (InputError("a.txt:3: no number", hint="mend it"), 2, ["error: a.txt:3: no number", "hint: mend it"]),
        (OutsideError("no answer"), 3, ["error: no answer"]),
        (OSError(errno.ENOSPC, "No space left on device", "out"), 3, ["error: out: No space left on device"]),
        (FileNotFoundError(errno.ENOENT, "No such file or directory", "x"), 2,
         ["error: x: No such file or directory", "hint: check the path"]),
        (NotADirectoryError(errno.ENOTDIR, "Not a directory", "x/y"), 2, ["error: x/y: Not a directory", "hint: "]),
        (IsADirectoryError(errno.EISDIR, "Is a directory", "x"), 2, ["error: x: Is a directory", "hint: "]),
        (FileExistsError(errno.EEXIST, "File exists", "x"), 2, ["error: x: File exists", "hint: "]),
        (OSError(errno.EBADF, "Bad file descriptor"), 70, ["this is a bug in Headway: OSError"]),
        (KeyboardInterrupt(), 130, ["interrupted"]),
        (ZeroDivisionError("division by zero"), 70, ["this is a bug in Headway: ZeroDivisionError"]),
    ],
)  # fmt: skip
def test_a_failure_is_told_with_its_code(
    error: BaseException, code: int, lines: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended, guarded():
        raise error

    told = capsys.readouterr().err
    assert code == ended.value.code
    assert [] == [line for line in lines if line not in told]
    assert (code == 70) == ("Traceback" in told)


def test_a_folder_where_a_file_is_read_is_the_callers_to_fix(tmp_path: Path) -> None:
    ended = run_headway("params", "check", ".", folder=tmp_path)

    assert (2, "error: .: Is a directory\nhint: name a file, not a folder\n") == (ended.returncode, ended.stderr)


def test_debug_shows_where_a_foreseen_failure_comes_from(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit), guarded(debug=True):
        raise InputError("no")

    assert "Traceback" in capsys.readouterr().err


def test_a_stage_leaves_its_failure_for_the_one_who_started_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FAILURE_FILE, str(tmp_path / "failure.json"))
    with pytest.raises(SystemExit), guarded():
        raise InputError("no class 'x'", hint="add it")

    failure = read_failure(tmp_path / "failure.json")

    assert isinstance(failure, InputError)
    assert ("no class 'x'", "add it") == (failure.message, failure.hint)


def test_params_check_reports_as_json(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text("train:\n  epoch: 3\n")

    ended = run_headway("params", "check", "--json", folder=tmp_path)
    report = json.loads(ended.stdout)

    assert 2 == ended.returncode
    assert {"usable": False, "faults": [
        {"line": 2, "key": "train.epoch", "message": "no such parameter; did you mean 'epochs'?"}
    ]} == report  # fmt: skip


def test_progress_elsewhere_than_in_a_terminal_is_one_plain_line(capsys: pytest.CaptureFixture[str]) -> None:
    items = list(show_progress([1, 2, 3], label="reading"))

    assert [1, 2, 3] == items
    assert capsys.readouterr().err.startswith("reading: 3 in ")


def test_progress_in_a_terminal_is_a_bar() -> None:
    code = "from headway.cli.progress import show_progress; list(show_progress(range(4), label='reading'))"
    ours, theirs = pty.openpty()
    subprocess.run([sys.executable, "-c", code], stderr=theirs, check=True)
    os.close(theirs)
    shown = os.read(ours, 65536).decode()
    os.close(ours)

    assert "reading  [####################################]  4/4" in shown
