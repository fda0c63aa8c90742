"""A line whose versions have bundles that real DVC keeps, on a remote that is a folder."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import yaml
from dvc.repo import Repo

from headway.contracts.layout import ModelFiles
from headway.contracts.manifest import manifest_json
from tests.registry.line import MODEL, Line, make_line, make_manifest

FILES = ModelFiles(MODEL)
_PIPELINE = {
    "stages": {
        "export": {"cmd": "true", "outs": [FILES.onnx.as_posix()]},
        "package": {"cmd": "true", "outs": [FILES.bundle.as_posix()]},
    }
}


def make_bundled_line(folder: Path, versions: Sequence[str] = ("v1.0.0",)) -> Line:
    """Make a line with versions whose bytes are all in `folder`/store."""
    line = make_line(folder)
    config = f"[core]\n    remote = store\n['remote \"store\"']\n    url = {folder / 'store'}\n"
    line.commit({".dvc/config": config, "dvc.yaml": yaml.safe_dump(_PIPELINE)})
    for number, version in enumerate(versions):
        add_bundle(line, str(number), version)
    line.push()
    return line


def add_bundle(line: Line, seed: str, version: str) -> None:
    """Pack a model whose only byte is `seed`, push it, commit it and register it."""
    (line.root / FILES.bundle).mkdir(parents=True, exist_ok=True)
    for path in (FILES.onnx, FILES.bundle / "model.onnx"):
        (line.root / path).unlink(missing_ok=True)
        (line.root / path).write_text(seed)
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
