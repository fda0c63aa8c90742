"""Unpacks an archive of a data set into a folder of its own; nothing in it gets outside."""

from __future__ import annotations

import gzip
import lzma
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from headway.contracts import atomic
from headway.errors import InputError
from headway.ports import Progress

MAX_BYTES = 1 << 40
MAX_RATIO = 200
"""Unpacked to packed size: labels pack 10 to 1, images hardly at all; beyond this it is a bomb."""

_SMALL_BYTES = 1 << 24
"""Archives that unpack to no more than this are harmless whatever their ratio."""
_BLOCK_BYTES = 1 << 20
_DAMAGE = (
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    gzip.BadGzipFile,
    EOFError,
    NotImplementedError,
)


@dataclass(frozen=True)
class _Member:
    name: str
    content: IO[bytes]


def is_archive(path: Path) -> bool:
    """Return whether a file is a zip or tar archive, by its content."""
    return path.is_file() and (zipfile.is_zipfile(path) or tarfile.is_tarfile(path))


def unpack_archive(archive: Path, folder: Path, *, progress: Progress) -> None:
    """Unpack plain files into `folder`, which appears whole or not at all.

    Raises:
        InputError: the folder is there already, the archive is damaged or is a bomb, or a member is a link, a device,
            or would land outside of the folder; nothing is unpacked then.
    """
    if folder.exists():
        raise InputError(f"{folder} is there already", hint="name another folder, or remove this one")
    most = max(_SMALL_BYTES, min(MAX_BYTES, MAX_RATIO * archive.stat().st_size))
    with atomic.directory(folder) as partial:
        try:
            for member in progress(_members(archive), label=f"unpacking {archive.name}"):
                most -= _write(member, partial, archive, most)
        except _DAMAGE as error:
            raise InputError(f"{archive} cannot be unpacked ({error})", hint="fetch it again") from error


def _members(archive: Path) -> Iterator[_Member]:
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as opened:
            for entry in opened.infolist():
                kind = stat.S_IFMT(entry.external_attr >> 16)
                if kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
                    raise _refused(archive, entry.filename, "is a link or a device")
                if not entry.is_dir():
                    with opened.open(entry) as content:
                        yield _Member(entry.filename, content)
        return
    with tarfile.open(archive) as tar:
        for item in tar:
            if not item.isdir() and not item.isreg():
                raise _refused(archive, item.name, "is a link or a device")
            packed = tar.extractfile(item)
            if packed is not None:
                yield _Member(item.name, packed)


def _write(member: _Member, folder: Path, archive: Path, most: int) -> int:
    """Write one file and return its size; the size that the archive claims is not believed."""
    parts = PurePosixPath(member.name.replace("\\", "/")).parts
    if not parts or ".." in parts or parts[0].startswith("/") or ":" in parts[0]:
        raise _refused(archive, member.name, "would land outside of the folder")
    path = folder.joinpath(*parts)
    if path.exists():
        raise _refused(archive, member.name, "is in it twice")
    path.parent.mkdir(parents=True, exist_ok=True)
    written = 0
    with path.open("xb") as file:
        while block := member.content.read(_BLOCK_BYTES):
            written += len(block)
            if written > most:
                raise _refused(archive, member.name, "unpacks to an absurd size (an archive bomb)")
            file.write(block)
    return written


def _refused(archive: Path, name: str, reason: str) -> InputError:
    return InputError(f"{archive}: {name[:80]!r} {reason}", hint="unpack it by hand if you trust where it comes from")
