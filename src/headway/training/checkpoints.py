"""Resume checkpoints, outside the pipeline's outputs, under a key of everything that decides a training."""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from headway.contracts.canonical import sha256_file, sha256_of

KEPT = 3
"""Checkpoint folders that stay; older ones go when a training ends."""

_SECONDS_BETWEEN_TRIES = 1.0


def checkpoint_key(
    arguments: Mapping[str, Any], dataset_digest: str, files: Mapping[str, str], versions: Mapping[str, str]
) -> str:
    """Return the name under which a training with exactly these inputs is resumed.

    Args:
        arguments: the training arguments of params.yaml.
        dataset_digest: digest of the prepared data.
        files: path -> digest of each source and weights file that the stage reads.
        versions: library -> version of what trains.
    """
    return sha256_of({"arguments": arguments, "files": files, "dataset": dataset_digest, "versions": versions})[:32]


def code_digests(paths: list[Path]) -> dict[str, str]:
    """Return path -> SHA-256 for every Python file in `paths`, folders searched."""
    files = [file for path in paths for file in (sorted(path.rglob("*.py")) if path.is_dir() else [path])]
    return {file.as_posix(): sha256_file(file) for file in files if file.suffix == ".py"}


def weights_digests(arguments: Mapping[str, Any]) -> dict[str, str]:
    """Return path -> SHA-256 of the weights files that the training arguments name."""
    named = [arguments.get(key) for key in ("model", "pretrained", "distill_model")]
    paths = [Path(name) for name in named if isinstance(name, str)]
    return {path.as_posix(): sha256_file(path) for path in paths if path.is_file()}


@contextmanager
def locked_folder(root: Path, key: str, *, say: Callable[[str], None]) -> Iterator[Path]:
    """Yield the checkpoint folder of `key`, held by this process alone.

    A `dvc` that was killed leaves its trainer running; the next run waits here
    until that one is done, and then finds its result. The lock is POSIX's: it
    goes with the process, and worker processes do not inherit it.
    """
    folder = root / key
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("a+") as lock:
        waiting = False
        while not _try_lock(lock.fileno()):
            if not waiting:
                lock.seek(0)
                say(f"process {lock.read().strip() or '?'} is still running this very training; waiting for it to end")
                waiting = True
            time.sleep(_SECONDS_BETWEEN_TRIES)
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield folder
    _remove_old(root, keep=folder)


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _remove_old(root: Path, *, keep: Path) -> None:
    others = [folder for folder in root.iterdir() if folder.is_dir() and folder != keep]
    others.sort(key=lambda folder: folder.stat().st_mtime, reverse=True)
    for folder in others[KEPT - 1 :]:
        with (folder / "lock").open("a+") as lock:
            if _try_lock(lock.fileno()):
                shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True)
class Claim:
    """The right to write this working folder's training outputs: the last training to start has it.

    Without it a trainer that outlived its `dvc` could put old weights over
    those of a newer run with other params.
    """

    path: Path
    token: str

    @classmethod
    def take(cls, path: Path, token: str) -> Claim:
        """Take the right from whoever had it."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(token)
        return cls(path, token)

    def holds(self) -> bool:
        """Return whether no later training has started here."""
        return self.path.read_text() == self.token
