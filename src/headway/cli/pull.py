"""`headway pull`: the bundle of a version or of a stage, by digest, whatever is checked out."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click

from headway.cli.progress import say, show_progress
from headway.cli.project import find_project
from headway.cli.registry.declared import find_version
from headway.cli.registry.doubts import require_signed
from headway.cli.registry.opening import Opened, open_local
from headway.contracts import atomic
from headway.contracts.layout import STATE, ModelFiles
from headway.contracts.manifest import (
    MANIFEST,
    PROVENANCE,
    BundleProvenance,
    Manifest,
    identity_of,
    manifest_json,
    read_manifest,
)
from headway.contracts.registry.records import one_line
from headway.errors import NO, YES, InputError
from headway.packaging.verify import Checks, verify_bundle
from headway.registry.state import Version


@dataclass(frozen=True)
class Pulled:
    """What became of a pull.

    Attributes:
        version: that was asked for.
        folder: where its bundle lies, or would.
        kept: whether it lay there before.
        faults: why it does not, or why what lies there is not it.
    """

    version: Version
    folder: Path
    kept: bool
    faults: tuple[str, ...]


class _UnsoundError(Exception):
    """Ends a pull before the folder has its name."""


@click.command()
@click.argument("target", envvar="HEADWAY_TARGET")
@click.option(
    "--out", type=click.Path(path_type=Path), help="Folder for the bundle.  [default: .headway/pulled/NAME/VERSION]"
)
@click.option("--force", is_flag=True, help="Replace another bundle that lies in this folder.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def pull(target: str, out: Path | None, force: bool, as_json: bool) -> int:
    """Fetch the bundle of TARGET (NAME@vX.Y.Z, or NAME#STAGE for what is declared there) and verify it.

    The bytes come from DVC's cache or remote; each is held against the manifest in Git, and the golden images are run,
    before the folder gets its name. Nothing is checked out. TARGET may be in HEADWAY_TARGET. Exits 1 with every reason
    when the bytes are missing or are not the version's: the folder is then as it was.
    """
    root = find_project(Path.cwd())
    opened = open_local(root)
    if not opened.state.complete:
        say("warning: this clone is shallow, so it knows only its newest versions: git fetch --unshallow")
    version = find_version(opened, target)
    require_signed(opened, version)
    folder = (out or root / STATE / "pulled" / version.model / str(version.number)).resolve()
    with _alone(folder.parent):
        pulled = pull_version(opened, version, folder, force=force)
    click.echo(json.dumps(_values(pulled), indent=2) if as_json else "\n".join(_lines(pulled)))
    return NO if pulled.faults else YES


def pull_version(opened: Opened, version: Version, folder: Path, *, force: bool = False) -> Pulled:
    """Bring the bundle of a version to `folder`, unless it is there.

    Raises:
        InputError: something else is in the way; or DVC or a program that verifies is not installed.
        OutsideError: the remote cannot be reached, or the disk is full.
    """
    from headway.cli.bundle import installed_checks

    manifest, checks = opened.manifest(version), installed_checks()
    if _lies_there(folder, manifest, force=force):
        return Pulled(version, folder, kept=True, faults=verify_bundle(folder, checks).faults)
    try:
        with atomic.directory(folder) as partial:
            _fetch(opened.root, version, manifest, partial)
            say(f"verifying {version} on its golden images")
            _require_sound(partial, checks)
    except _UnsoundError as unsound:
        return Pulled(version, folder, kept=False, faults=unsound.args)
    return Pulled(version, folder, kept=False, faults=())


@contextmanager
def _alone(parent: Path) -> Iterator[None]:
    """Keep other pulls out of a folder meanwhile; the lock goes with the process."""
    parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(parent, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"another process pulls into {parent}; waiting for it to end")
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _lies_there(folder: Path, manifest: Manifest, *, force: bool) -> bool:
    """Return whether the bundle itself lies there already.

    Raises:
        InputError: something else lies there, which was not to be replaced or is no bundle.
    """
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return False
    if not (folder / MANIFEST).is_file():
        raise InputError(f"{folder} is there, and is no bundle", hint="name another: headway pull TARGET --out FOLDER")
    if force:
        return False
    there = read_manifest(folder)
    if manifest.identity not in {there.identity, identity_of(there)}:
        raise InputError(
            f"{folder} holds another bundle, {there.name} {there.identity[:12]}",
            hint="replace it with --force, or name another folder with --out",
        )
    return True


def _fetch(root: Path, version: Version, manifest: Manifest, target: Path) -> None:
    """Write the bundle's files; the manifest is Git's own."""
    _copy(root, version, [PROVENANCE], target)
    try:
        others = BundleProvenance.model_validate_json((target / PROVENANCE).read_bytes()).files
    except ValueError as error:
        raise _UnsoundError(f"{PROVENANCE}: {error}") from error
    _copy(root, version, sorted({*manifest.files, *others} - {MANIFEST, PROVENANCE}), target)
    (target / MANIFEST).write_text(manifest_json(manifest), encoding="utf-8")


def _copy(root: Path, version: Version, names: list[str], target: Path) -> None:
    from headway.cli.registry.bytes import BundleStore, bundle_missing
    from headway.integrations.dvc.tracked import copy_tracked

    try:
        copy_tracked(root, version.commit, ModelFiles(version.model).bundle, names, target, show_progress)
    except InputError as error:
        # A client says "not there" also where no server answers: what the remote itself says decides.
        lacking = bundle_missing(root, version.commit, version.model)
        faults = [f"{path}: neither the cache nor the remote has it" for path in lacking]
        members = BundleStore(root).find(version.commit, version.model).members if not lacking else None
        faults += [f"{name}: the bundle has no such file" for name in names if members and name not in members]
        raise _UnsoundError(*faults or [error.message]) from error


def _require_sound(folder: Path, checks: Checks) -> None:
    faults = verify_bundle(folder, checks).faults
    if faults:
        raise _UnsoundError(*faults)


def _lines(pulled: Pulled) -> Iterator[str]:
    version, count = pulled.version, len(pulled.faults)
    if not pulled.faults:
        yield f"{version} {'was' if pulled.kept else 'is'} in {pulled.folder}, and is sound"
        yield f"  identity {version.record.identity}"
        return
    things = "1 thing is" if count == 1 else f"{count} things are"
    where = f"{pulled.folder} claims to be {version}, but" if pulled.kept else f"{version} was not pulled:"
    yield f"{where} {things} wrong:"
    yield from (f"  {one_line(fault)}" for fault in pulled.faults)
    if pulled.kept:
        yield "replace it with --force"


def _values(pulled: Pulled) -> dict[str, object]:
    version = pulled.version
    return {
        "version": str(version),
        "commit": version.commit,
        "identity": version.record.identity,
        "folder": str(pulled.folder),
        "kept": pulled.kept,
        "sound": not pulled.faults,
        "faults": list(pulled.faults),
    }
