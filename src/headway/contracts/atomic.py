"""Outputs that appear whole or not at all, also after SIGKILL or on a full disk."""

from __future__ import annotations

import glob
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from headway.contracts.process import is_alive


@contextmanager
def binary_file(path: Path) -> Iterator[BinaryIO]:
    """Yield a sibling file that is synced and renamed over `path` when the block ends well.

    Raises:
        OSError: the disk is full or the folder read-only; `path` is then what it was before.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    _clear_leftovers(path)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with partial.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def write_bytes(path: Path, content: bytes) -> None:
    """Write `content` as `binary_file` does."""
    with binary_file(path) as file:
        file.write(content)


def write_text(path: Path, content: str) -> None:
    """Write UTF-8 `content` as `write_bytes` does."""
    write_bytes(path, content.encode())


@contextmanager
def directory(path: Path) -> Iterator[Path]:
    """Yield an empty sibling folder that replaces `path` when the block ends well.

    What an earlier, killed run left in the sibling is cleared first; callers
    hold a lock (DVC's) that keeps two runs apart. A folder that is replaced is
    renamed before it is deleted, so that `path` never names half of one.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    replaced = path.with_name(f".{path.name}.replaced.partial")
    shutil.rmtree(partial, ignore_errors=True)
    shutil.rmtree(replaced, ignore_errors=True)
    partial.mkdir()
    try:
        yield partial
        if path.exists():
            path.rename(replaced)
        partial.rename(path)
        shutil.rmtree(replaced, ignore_errors=True)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    _sync_folder(path.parent)


def _clear_leftovers(path: Path) -> None:
    """Remove what killed processes left beside `path`; a living one may still be writing its own."""
    for leftover in path.parent.glob(f".{glob.escape(path.name)}.*.partial"):
        process = leftover.name.split(".")[-2]
        if not (process.isdigit() and is_alive(int(process))):
            leftover.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
