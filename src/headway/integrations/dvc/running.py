"""DVC: runs the pipeline, and says what keeps it from running."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from headway.contracts.canonical import sha256_file
from headway.contracts.layout import LOCK
from headway.contracts.lock import read_lock
from headway.contracts.process import is_alive
from headway.errors import HeadwayError, InputError, OutsideError

_CONFLICT_MARKER = b"<<<<<<< "


def lock_digest(root: Path) -> str:
    """Return the SHA-256 of dvc.lock: the name of what was run, on which params and data, with which results.

    Raises:
        InputError: nothing has been run yet.
    """
    try:
        return sha256_file(root / LOCK)
    except FileNotFoundError as error:
        raise InputError(f"{LOCK} does not exist: nothing has been run yet", hint="run: make repro") from error


def reproduce(arguments: Sequence[str], *, environment: Mapping[str, str]) -> int:
    """Run `dvc repro` in the working folder, its output passed through, and return its exit code.

    It waits for DVC's repository lock: DVC gives that up while a stage runs,
    and a stage that finds it taken at its end (by `dvc push`, or by an editor's
    `dvc status`, for 3 s) is thrown away with all its work.

    Raises:
        InputError: this Python has no DVC.
        KeyboardInterrupt: Ctrl-C; DVC, which also got it, has ended by itself.
    """
    if importlib.util.find_spec("dvc") is None:
        raise InputError("DVC is not installed in this Python", hint='pip install "headway[train]", or: make repro')
    # -P: a folder of the user's that is called dvc must not be imported instead.
    command = [sys.executable, "-P", "-m", "dvc", "--wait-for-lock", "repro", *arguments]
    with subprocess.Popen(command, env=dict(environment)) as process:
        interrupted = False
        while True:
            try:
                code = process.wait()
                break
            except KeyboardInterrupt:
                interrupted = True
    if interrupted:
        raise KeyboardInterrupt
    return code


def find_obstacle(root: Path) -> HeadwayError | None:
    """Return why DVC itself could not work in `root`, as far as the files it leaves there tell; else None."""
    lock = root / LOCK
    if lock.is_file() and any(line.startswith(_CONFLICT_MARKER) for line in lock.read_bytes().splitlines()):
        return InputError(
            f"{LOCK} holds the conflict markers of a merge",
            hint=f"take one side whole (git checkout --ours {LOCK}), then: make repro",
        )
    if lock.is_file():
        try:
            read_lock(lock)
        except InputError as error:
            return error
    for run in _living_runs(root / ".dvc" / "tmp" / "rwlock"):
        return OutsideError(
            f"another dvc run is working in this folder (process {run['pid']}: {run['cmd']})",
            hint="wait until it has ended, then run this again",
        )
    return None


def _living_runs(rwlock: Path) -> Iterator[Mapping[str, Any]]:
    """Yield {"pid", "cmd"} of the processes that hold files in DVC's read-write lock and still live."""
    try:
        held = json.loads(rwlock.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return
    readers = [run for runs in held.get("read", {}).values() for run in runs]
    for run in [*held.get("write", {}).values(), *readers]:
        if is_alive(run["pid"]):
            yield run
