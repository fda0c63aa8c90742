"""DVC: asks the cache, or a remote, what objects and records of runs it has; nothing is pulled."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from headway.contracts.commit import StageOutput
from headway.contracts.manifest import FileDigest
from headway.errors import InputError, OutsideError

_RUNS = "runs"
_FOLDER = ".dir"
_WITHOUT_RUNS = ("http", "https")
_CHUNK_BYTES = 1 << 20
_NOT_HASHED = ("size", "nfiles")
"""Keys that count neither in a run's name nor in its content: `dvc.stage.cache._get_cache_hash` of DVC 3.67."""


class Cache:
    """DVC's cache on this machine. Implements what of `ports.ObjectStore` needs no network."""

    def __init__(self, repo: Any) -> None:
        self._repo = repo

    @property
    def records_runs(self) -> bool:
        """Whether any record of a run is here."""
        runs = self._files.fs.join(self._files.path, _RUNS)
        return self._files.fs.exists(runs) and any(True for _ in self._files.fs.ls(runs))

    def find_missing(self, objects: Mapping[str, StageOutput]) -> set[str]:
        stores = self._repo.cache.local, self._files
        return {md5 for md5 in objects if not any(store.fs.exists(store.oid_to_path(md5)) for store in stores)}

    def read_folder(self, output: StageOutput) -> Mapping[str, str] | None:
        return _read_folder(self._files if output.old else self._repo.cache.local, output)

    def has_run(self, entry: Mapping[str, Any]) -> bool:
        return _has_run(self._files, entry)

    @property
    def _files(self) -> Any:
        """The cache's own folder, where DVC 2 put objects and DVC 3 still puts records of runs."""
        return self._repo.cache.legacy


class Remote:
    """A DVC remote. Implements `ports.ObjectStore`."""

    def __init__(self, repo: Any, name: str) -> None:
        """Open a remote of the project's configuration.

        Raises:
            InputError: it has no remote of that name, or that remote is not kept as objects (cloud versioning).
            OutsideError: it cannot be reached.
        """
        self.name = name
        self._repo = repo
        self._stores: dict[tuple[str, bool], Any] = {}
        self._store(name, old=True)

    @property
    def records_runs(self) -> bool:
        """Whether `dvc push --run-cache` works: not over HTTP."""
        return self._store(self.name, old=True).fs.protocol not in _WITHOUT_RUNS

    def find_missing(self, objects: Mapping[str, StageOutput]) -> set[str]:
        groups: dict[tuple[str, bool], list[str]] = {}
        for md5, output in objects.items():
            groups.setdefault((output.remote or self.name, output.old), []).append(md5)
        missing: set[str] = set()
        for (name, old), md5s in groups.items():
            store = self._store(name, old=old)
            with _reached(name):
                # For a folder `oids_exist` hashes every object and deletes what is damaged.
                find = store.list_oids_exists if store.fs.protocol == "local" else store.oids_exist
                absent = sorted(set(md5s) - set(find(md5s)))
                if absent:
                    _require_absence(store, absent[0])
            missing.update(absent)
        return missing

    def read_folder(self, output: StageOutput) -> Mapping[str, str] | None:
        name = output.remote or self.name
        with _reached(name):
            return _read_folder(self._store(name, old=output.old), output)

    def has_run(self, entry: Mapping[str, Any]) -> bool:
        with _reached(self.name):
            return _has_run(self._store(self.name, old=True), entry)

    def digest(self, output: StageOutput, md5: str) -> FileDigest | None:
        """Read an object of an output through, a piece at a time, and return what it is; None where it is not there.

        Raises:
            OutsideError: the remote cannot be reached.
        """
        name = output.remote or self.name
        store = self._store(name, old=output.old)
        with _reached(name):
            try:
                with store.fs.open(store.oid_to_path(md5), "rb") as file:
                    return _digest(iter(lambda: file.read(_CHUNK_BYTES), b""))
            except FileNotFoundError:
                return None

    def _store(self, name: str, *, old: bool) -> Any:
        from dvc.config import ConfigError
        from dvc.exceptions import DvcException

        if (name, old) not in self._stores:
            try:
                with _reached(name):
                    store = self._repo.cloud.get_remote_odb(name, hash_name="md5-dos2unix" if old else "md5")
            except (ConfigError, DvcException) as error:
                hint = "dvc remote list shows those there are; --no-remote asks none"
                raise InputError(f"remote {name!r}: {error}", hint=hint) from error
            except ImportError as error:  # of the package for this kind of remote
                raise InputError(f"remote {name!r}: {error}", hint="install it with pip, or: --no-remote") from error
            _require_place(name, store)
            self._stores[name, old] = store
        return self._stores[name, old]


def default_remote(repo: Any) -> str | None:
    """Return the name of the remote that `dvc push` goes to; None where none is set up."""
    name = repo.config["core"].get("remote")
    return None if name is None else str(name)


def _require_place(name: str, store: Any) -> None:
    """Refuse a folder that cannot be there; one that only nothing was pushed to yet is an empty remote."""
    if store.fs.protocol != "local":
        return
    place = store.path.removesuffix("/files/md5")
    if not store.fs.exists(place) and not store.fs.exists(store.fs.parent(place)):
        raise OutsideError(f"remote {name!r}: {place} does not exist", hint="mount it, or ask none: --no-remote")


def _require_absence(store: Any, md5: str) -> None:
    """Raise what reading an object raises, unless it is just not there.

    Clients answer "does not exist" also where no server answers (HTTP) or where reading is forbidden (S3).
    """
    with suppress(FileNotFoundError):
        store.fs.cat_file(store.oid_to_path(md5))


def _digest(pieces: Iterator[bytes]) -> FileDigest:
    sha256, md5, size = hashlib.sha256(), hashlib.md5(usedforsecurity=False), 0
    for piece in pieces:
        sha256.update(piece)
        md5.update(piece)
        size += len(piece)
    return FileDigest(sha256=sha256.hexdigest(), md5=md5.hexdigest(), size_bytes=size)


def _read_folder(store: Any, output: StageOutput) -> Mapping[str, str] | None:
    if output.md5 is None or not output.md5.endswith(_FOLDER):
        return None
    try:
        members = json.loads(store.fs.cat_file(store.oid_to_path(output.md5)))
        return {member["relpath"]: member["md5"] for member in members}
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def _has_run(store: Any, entry: Mapping[str, Any]) -> bool:
    from dvc.utils.serialize import YAMLFileCorruptedError, parse_yaml

    try:
        key, value = run_names(entry)
        path = store.fs.join(store.path, _RUNS, key[:2], key, value)
        record = parse_yaml(store.fs.cat_file(path).decode(), path)
        return run_names(record) == (key, value)
    except (FileNotFoundError, YAMLFileCorruptedError, UnicodeDecodeError, TypeError, ValueError, RecursionError):
        return False


def run_names(entry: Mapping[str, Any]) -> tuple[str, str]:
    """Return the key and the value under which DVC 3.67 records the run that made this entry of dvc.lock.

    The key is the digest of what went in, the value that of all: `dvc.stage.cache._get_cache_hash`.
    """
    from dvc.utils import dict_sha256

    inputs = {**entry, "outs": [output["path"] for output in entry.get("outs", ())]}
    return dict_sha256(inputs, exclude=_NOT_HASHED), dict_sha256(entry, exclude=_NOT_HASHED)


@contextmanager
def _reached(name: str) -> Iterator[None]:
    """Turn whatever a remote's client raises, of which there are dozens, into trouble outside."""
    from dvc.exceptions import DvcException

    try:
        yield
    except (OutsideError, InputError, DvcException, ImportError):
        raise
    except Exception as error:
        said = " ".join(str(error).split()) or type(error).__name__
        raise OutsideError(f"remote {name!r} cannot be reached: {said}", hint="try again, or: --no-remote") from error
