"""A line whose versions have bundles that real DVC keeps, on a remote that is a folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import yaml
from dvc.repo import Repo

from headway.contracts.layout import ModelFiles
from headway.contracts.manifest import manifest_json
from tests.registry.line import MODEL, Line, copy_line, make_line, make_manifest

FILES = ModelFiles(MODEL)
_PIPELINE = {
    "stages": {
        "export": {"cmd": "true", "outs": [FILES.onnx.as_posix()]},
        "package": {"cmd": "true", "outs": [FILES.bundle.as_posix()]},
    }
}


def make_bundled_line(folder: Path) -> Line:
    """Make a line with v1.0.0 and v1.1.0, whose bytes are in `folder`/store; staging is declared the second."""
    line = make_line(folder)
    line.commit({".dvc/config": "[core]\n    remote = store\n", "dvc.yaml": yaml.safe_dump(_PIPELINE)})
    set_store(line, folder / "store")
    for seed, version in (("0", "v1.0.0"), ("1", "v1.1.0")):
        add_bundle(line, seed, version)
    line.promote(f"{MODEL}#staging#1", "v1.1.0")
    line.push()
    return line


def copy_bundled_line(line: Line, folder: Path) -> Line:
    """Return a copy of a line and its store in `folder`, free to be changed."""
    copy = copy_line(line, folder)
    set_store(copy, folder / "store")
    return copy


def set_store(line: Line, place: Path) -> None:
    """Say where the remote lies, for this clone only."""
    (line.root / ".dvc/config.local").write_text(f"['remote \"store\"']\n    url = {place}\n")


def add_bundle(line: Line, seed: str, version: str, more: Mapping[str, bytes] = MappingProxyType({})) -> None:
    """Pack a model whose only byte is `seed`, and `more` files, push it, commit it and register it."""
    bundle = {FILES.bundle / name: content for name, content in {"model.onnx": seed.encode(), **more}.items()}
    for path, content in {FILES.onnx: seed.encode(), **bundle}.items():
        (line.root / path).parent.mkdir(parents=True, exist_ok=True)
        (line.root / path).unlink(missing_ok=True)
        (line.root / path).write_bytes(content)
    with Repo(str(line.root)) as repository:
        repository.commit(force=True)
        repository.push()
    (line.root / FILES.manifest).write_text(manifest_json(make_manifest(seed)))
    line.git("add", FILES.manifest.as_posix(), "dvc.lock")
    line.git("commit", "--quiet", "-m", f"model {seed}")
    line.register(f"{MODEL}@{version}")


def stored_file(line: Line, version: str) -> Path:
    """Return where the remote keeps the ONNX file in a version's bundle."""
    manifest = json.loads(line.git("show", f"{MODEL}@{version}:{FILES.manifest}"))
    return _place(line, manifest["files"]["model.onnx"]["md5"])


def stored_list(line: Line, version: str) -> Path:
    """Return where the remote keeps the list of the files in a version's bundle."""
    lock = yaml.safe_load(line.git("show", f"{MODEL}@{version}:dvc.lock"))
    return _place(line, lock["stages"]["package"]["outs"][0]["md5"])


def damage(file: Path, content: bytes) -> None:
    """Write other bytes where DVC has made the file read-only."""
    file.chmod(0o644)
    file.write_bytes(content)


def _place(line: Line, md5: str) -> Path:
    return line.bare.parent / "store/files/md5" / md5[:2] / md5[2:]
