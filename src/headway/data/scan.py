"""Looks at every image file once: digest, header and pixels, in one read; what is known and unchanged is not read again."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import astuple, dataclass, replace
from pathlib import Path

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
        brightness: mean grey level, 0 to 255; None where damaged.
        contrast: standard deviation of the grey levels; None where damaged.
        sharpness: variance of the Laplacian of the grey image (at most 256 pixels wide); None where damaged.
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


_FORMAT = 1
"""Counts up when `ImageFacts` or what fills it changes: then nothing that was kept is believed."""
_WINDOW = 64
"""Images that are in work at once; keeps memory flat however many there are."""
_THREADS = 2
_TABLE = "create table if not exists scans (path text primary key, stamp text not null, facts text not null)"


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
        self._cache = cache
        self._database: sqlite3.Connection | None = None
        self.read_count = 0

    def __enter__(self) -> Scanner:
        if self._cache is not None:
            self._database = _open_cache(self._cache)
        return self

    def __exit__(self, *_exception: object) -> None:
        if self._database is not None:
            self._database.commit()
            self._database.close()
            self._database = None

    def scan(self, images: Iterable[SourceImage]) -> Iterator[tuple[SourceImage, ImageFacts]]:
        """Yield each image with its facts, in order.

        Raises:
            OSError: a file cannot be read.
        """
        waiting: deque[tuple[SourceImage, str, Future[ImageFacts] | ImageFacts]] = deque()
        with ThreadPoolExecutor(_THREADS) as pool:
            for image in images:
                stamp = _stamp(image.path)
                known = self._recall(image.path, stamp)
                waiting.append((image, stamp, known or pool.submit(self._look, image.path)))
                if len(waiting) >= _WINDOW:
                    yield self._finish(*waiting.popleft())
            while waiting:
                yield self._finish(*waiting.popleft())

    def size(self, path: Path) -> tuple[int, int]:
        """Return (width, height) of the upright image: as remembered, or from its header. As `ports.ReadImageSize`."""
        known = self._recall(path, _stamp(path)) if self._database is not None and path.is_file() else None
        return (known.width, known.height) if known and known.damage is None else self._read_size(path)

    def _look(self, path: Path) -> ImageFacts:
        content = path.read_bytes()
        return _facts(self._inspect(content), content)

    def _finish(
        self, image: SourceImage, stamp: str, facts: Future[ImageFacts] | ImageFacts
    ) -> tuple[SourceImage, ImageFacts]:
        if isinstance(facts, ImageFacts):
            return image, facts
        done = facts.result()
        self.read_count += 1
        if self._database is not None:
            row = (str(image.path.absolute()), stamp, json.dumps(astuple(done)))
            self._database.execute("insert or replace into scans values (?, ?, ?)", row)
        return image, done

    def _recall(self, path: Path, stamp: str) -> ImageFacts | None:
        if self._database is None:
            return None
        query = "select facts from scans where path = ? and stamp = ?"
        row = self._database.execute(query, (str(path.absolute()), stamp)).fetchone()
        return ImageFacts(*json.loads(row[0])) if row else None


def _open_cache(path: Path) -> sqlite3.Connection:
    """Open the cache; one of another format or that is damaged is made anew."""
    path.parent.mkdir(parents=True, exist_ok=True)
    for _ in range(2):
        database = sqlite3.connect(path, timeout=60)
        try:
            if database.execute("pragma user_version").fetchone()[0] == _FORMAT:
                return database
            database.execute("drop table if exists scans")
            database.execute(_TABLE)
            database.execute(f"pragma user_version = {_FORMAT}")
            return database
        except sqlite3.DatabaseError:
            database.close()
            path.unlink(missing_ok=True)
    return sqlite3.connect(":memory:")


def _stamp(path: Path) -> str:
    """Return what changes whenever a file is written anew, as Git's index has it."""
    about = path.stat()
    return f"{about.st_size} {about.st_mtime_ns} {about.st_ctime_ns} {about.st_ino}"


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
    return replace(
        facts,
        average_hash=int.from_bytes(np.packbits(found.tiny > found.tiny.mean()).tobytes()),
        brightness=float(found.grey.mean()),
        contrast=float(found.grey.std()),
        sharpness=_sharpness(found.grey),
    )


def _sharpness(grey: NDArray[np.uint8]) -> float:
    """Return the variance of the four-neighbour Laplacian."""
    if min(grey.shape) < 3:
        return 0.0
    levels = grey.astype(np.int16)
    laplacian = (
        levels[:-2, 1:-1] + levels[2:, 1:-1] + levels[1:-1, :-2] + levels[1:-1, 2:] - 4 * levels[1:-1, 1:-1]
    )
    return float(laplacian.var())
