"""Looks at every image file once, in one read: digest, header and pixels. What is unchanged is not read again."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import astuple, dataclass, replace
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from headway.data.source import SourceImage
from headway.ports import InspectImage, Inspection, ReadImageSize


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What the bytes of an image file say.

    Attributes:
        sha256: of the file's bytes.
        size_bytes: of the file.
        kind: type by content ("JPEG"); "" where it is no image.
        width, height: of the upright image, in pixels; 0 where not known.
        mode: colour mode ("RGB", "L").
        orientation: EXIF orientation, 1 (upright) to 8.
        clean_end: False for a JPEG whose last two bytes are not its end marker.
        damage: code of what keeps it from being used, or None; `detail` is a sentence about it.
        perceptual_hash: 64-bit DCT hash, None where damaged.
        average_hash: 64-bit: 8 x 8 grey pixels, bit set where above their mean; None where damaged.
        brightness: grey level that 5 % of the pixels reach, 0 to 255; None where damaged.
        contrast: standard deviation of the grey levels; None where damaged.
        sharpness: the largest step between neighbouring pixels of the grey image (at most 256 pixels long) as a share
            of its range of levels; of the steps across and down the smaller one counts, so that also a blur in one
            direction shows. 0 to 1; None where damaged.
    """

    sha256: str
    size_bytes: int
    kind: str
    width: int
    height: int
    mode: str
    orientation: int = 1
    clean_end: bool = True
    damage: str | None = None
    detail: str = ""
    perceptual_hash: int | None = None
    average_hash: int | None = None
    brightness: float | None = None
    contrast: float | None = None
    sharpness: float | None = None


_FORMAT = 2
"""Counts up when `ImageFacts` or what fills it changes: then nothing that was kept is believed."""
_WINDOW = 64
"""Images that are in work at once; keeps memory flat however many there are."""
_THREADS = 2
_BATCH = 256
"""Rows that are written at once, so that another process seldom finds the cache locked."""
_MOST_BYTES = 1 << 30
"""A larger file is never read into memory: no image of MAX_PIXELS needs it."""
_TABLE = "create table if not exists scans (path text primary key, stamp text not null, facts text not null)"
_UNREADABLE = (FileNotFoundError, IsADirectoryError, PermissionError)


class Scanner:
    """Looks at image files in two threads, and remembers what it saw.

    Args:
        inspect: decodes the bytes of an image.
        read_size: reads a header, for files that nothing is known of yet.
        cache: SQLite file that is made where it is missing; None remembers nothing. Deleting it costs time only.

    Attributes:
        read_count: how many files were read so far.
    """

    def __init__(self, inspect: InspectImage, read_size: ReadImageSize, cache: Path | None) -> None:
        self._inspect = inspect
        self._read_size = read_size
        self._cache = _Cache(cache) if cache is not None else None
        self.read_count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        if self._cache is not None:
            self._cache.close()

    def scan(self, images: Iterable[SourceImage]) -> Iterator[tuple[SourceImage, ImageFacts]]:
        """Yield each image with its facts, in order. A file that is gone or may not be read has facts of damage.

        Raises:
            OSError: the disk fails.
        """
        waiting: deque[tuple[SourceImage, str, Future[ImageFacts] | ImageFacts]] = deque()
        pool = ThreadPoolExecutor(_THREADS)
        try:
            for image in images:
                stamp = _stamp(image.path)
                waiting.append((image, stamp, self._recall(image.path, stamp) or pool.submit(self._look, image.path)))
                if len(waiting) >= _WINDOW:
                    yield self._finish(*waiting.popleft())
            while waiting:
                yield self._finish(*waiting.popleft())
        finally:
            pool.shutdown(cancel_futures=True)
            if self._cache is not None:
                self._cache.flush()

    def size(self, path: Path) -> tuple[int, int]:
        """Return (width, height) of the upright image: as remembered, or from its header. As `ports.ReadImageSize`."""
        known = self._recall(path, _stamp(path)) if self._cache is not None else None
        return (known.width, known.height) if known and known.damage is None else self._read_size(path)

    def _look(self, path: Path) -> ImageFacts:
        try:
            size_bytes = path.stat().st_size
            if size_bytes > _MOST_BYTES:
                return _too_large(path, size_bytes)
            content = path.read_bytes()
        except _UNREADABLE as error:
            return ImageFacts(
                "", 0, "", 0, 0, "", damage="image-unreadable", detail=f"it cannot be read: {error.strerror}"
            )
        return _facts(self._inspect(content), content)

    def _finish(
        self, image: SourceImage, stamp: str, facts: Future[ImageFacts] | ImageFacts
    ) -> tuple[SourceImage, ImageFacts]:
        if isinstance(facts, ImageFacts):
            return image, facts
        found = facts.result()
        self.read_count += 1
        if self._cache is not None and found.sha256:
            self._cache.keep(_key(image.path), stamp, json.dumps(astuple(found)))
        return image, found

    def _recall(self, path: Path, stamp: str) -> ImageFacts | None:
        text = self._cache.recall(_key(path), stamp) if self._cache is not None else None
        return ImageFacts(*json.loads(text)) if text is not None else None


class _Cache:
    """What was known of files, in SQLite. Where it cannot be used, nothing is remembered: that costs time only."""

    def __init__(self, path: Path) -> None:
        self._fresh: list[tuple[str, str, str]] = []
        self._database = _open_database(path)

    def recall(self, key: str, stamp: str) -> str | None:
        if self._database is None:
            return None
        query = "select facts from scans where path = ? and stamp = ?"
        try:
            row = self._database.execute(query, (key, stamp)).fetchone()
        except sqlite3.DatabaseError:
            self._give_up()
            return None
        return str(row[0]) if row else None

    def keep(self, key: str, stamp: str, facts: str) -> None:
        self._fresh.append((key, stamp, facts))
        if len(self._fresh) >= _BATCH:
            self.flush()

    def flush(self) -> None:
        rows, self._fresh = self._fresh, []
        if self._database is None or not rows:
            return
        try:
            with self._database:
                self._database.executemany("insert or replace into scans values (?, ?, ?)", rows)
        except sqlite3.DatabaseError:
            self._give_up()

    def close(self) -> None:
        """Write what is left, and forget files that are gone: folders of drawings come and go with every run."""
        self.flush()
        if self._database is not None and self._database.total_changes:
            self._database.create_function("is_gone", 1, lambda path: not os.path.exists(path))  # noqa: PTH110
            try:
                with self._database:
                    self._database.execute("delete from scans where is_gone(path)")
            except sqlite3.DatabaseError:
                pass
        self._give_up()

    def _give_up(self) -> None:
        if self._database is not None:
            self._database.close()
            self._database = None


def _open_database(path: Path) -> sqlite3.Connection | None:
    """Open the cache; one of another format or that is damaged is made anew."""
    for _ in range(2):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            database = sqlite3.connect(path, timeout=60)
            if database.execute("pragma user_version").fetchone()[0] != _FORMAT:
                with database:
                    database.execute("drop table if exists scans")
                    database.execute(_TABLE)
                    database.execute(f"pragma user_version = {_FORMAT}")
        except (OSError, sqlite3.OperationalError):  # read-only, locked, full
            return None
        except sqlite3.DatabaseError:
            database.close()
            path.unlink(missing_ok=True)
        else:
            return database
    return None


def _key(path: Path) -> str:
    return os.path.abspath(path)  # noqa: PTH100  (of 100,000 files: strings)


def _stamp(path: Path) -> str:
    """Return what changes whenever a file is written anew, as Git's index has it; "" for a file that is not there."""
    try:
        about = path.stat()
    except OSError:
        return ""
    return f"{about.st_size} {about.st_mtime_ns} {about.st_ctime_ns} {about.st_ino}"


def _too_large(path: Path, size_bytes: int) -> ImageFacts:
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    detail = f"the file has {size_bytes:,} bytes, more than {_MOST_BYTES:,}; it was not decoded"
    return ImageFacts(sha256, size_bytes, "", 0, 0, "", damage="image-huge", detail=detail)


def _facts(found: Inspection, content: bytes) -> ImageFacts:
    facts = ImageFacts(
        hashlib.sha256(content).hexdigest(),
        len(content),
        found.kind,
        found.width,
        found.height,
        found.mode,
        found.orientation,
        found.clean_end,
        found.damage,
        found.detail,
        found.perceptual_hash,
    )
    if found.grey is None or found.tiny is None:
        return facts
    sample = found.grey[::2, ::2]  # a quarter of the pixels tells the same in a quarter of the time
    counts = np.bincount(sample.ravel(), minlength=256)
    levels = np.flatnonzero(counts)
    mean = np.average(levels, weights=counts[levels])
    return replace(
        facts,
        average_hash=int.from_bytes(np.packbits(found.tiny > found.tiny.mean()).tobytes()),
        brightness=float(np.searchsorted(counts.cumsum(), 0.95 * sample.size)),
        contrast=float(np.sqrt(np.average((levels - mean) ** 2, weights=counts[levels]))),
        sharpness=_steepest(found.grey) / max(1, int(found.grey.max()) - int(found.grey.min())),
    )


def _steepest(grey: NDArray[np.uint8]) -> int:
    """Return the largest step between neighbours, across or down, whichever is smaller; 0 for one pixel."""
    levels = grey.astype(np.int16)
    steps = (levels[:, 1:] - levels[:, :-1], levels[1:] - levels[:-1])
    return min((max(int(step.max()), -int(step.min())) for step in steps if step.size), default=0)
