"""A registry line whose versions' bundles lie on a DVC remote: a folder, filled as `dvc push` fills it."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from headway.contracts.canonical import readable_json
from headway.contracts.layout import SCORECARD, STAGES, VERDICT, ModelFiles
from headway.contracts.manifest import MODEL as ONNX
from headway.contracts.manifest import FileDigest, manifest_json, seal
from headway.contracts.registry.tags import StageTag, parse_tag
from tests.finished_run import scorecard
from tests.registry.line import MODEL, Line, make_line, make_manifest
from tests.verdicts import verdict

RULES = """schema_version: 1
stages:
  staging: {}
  production:
    after: staging
    soak_hours: 24
    approvals: 1
"""
SIGNED_RULES = RULES.replace("stages:", "signed_tags: true\nstages:")
CONFIG = "[core]\n    remote = store\n['remote \"store\"']\n    url = ../../store\n"


@dataclass
class StoredLine(Line):
    """A line in which `register_next` makes versions that could be promoted, and `hold` declares and echoes them.

    Attributes:
        on_hold: is told the commit of each `hold`, and when it was merged.
    """

    on_hold: Callable[[str, datetime], None] | None = None

    @property
    def store(self) -> Path:
        """The DVC remote."""
        return self.bare.parent / "store"

    def register_next(self, name: str, **values: Any) -> str:
        """Commit a model of its own, store its bundle, register it as `name`, and return the commit."""
        model = name.partition("@")[0]
        commit = self.commit(self._bundled(name, model), name)
        self.register(name, commit, **values)
        self.push()
        return commit

    def register_unaccepted(self, name: str) -> str:
        """Tag a version by hand whose own commit holds a verdict against it, and return the commit."""
        model = name.partition("@")[0]
        files = self._bundled(name, model)
        manifest = json.loads(files[ModelFiles(model).manifest.as_posix()] or "")
        lock = hashlib.sha256((files["dvc.lock"] or "").encode()).hexdigest()
        said = verdict(lock_sha256=lock)
        said = said.model_copy(
            update={"candidate": said.candidate.model_copy(update={"identity": manifest["identity"]})}
        )
        commit = self.commit(files | {VERDICT.as_posix(): readable_json(said.model_dump(mode="json"))}, name)
        self.register(name, commit)
        self.push()
        return commit

    def hold(self, tag: str, version: str | None, *, since: datetime | None = None, **values: object) -> str:
        """Declare a version (None empties the stage), echo it, and return the commit.

        Args:
            tag: of the echo.
            version: such as "v1.0.0".
            since: when the forge merged it; by default long ago.
            values: of the stage file.
        """
        parsed = parse_tag(tag)
        assert isinstance(parsed, StageTag)
        commit = self.declare(parsed.slot.stage, version, model=parsed.slot.model, **values)
        since = since or datetime.fromtimestamp(self._clock, UTC)
        self.echo(tag, commit, declared_at=since)
        self.push()
        if self.on_hold:
            self.on_hold(commit, since)
        return commit

    def rules(self, content: str) -> None:
        """Bring another stages.yaml to main."""
        self.commit({STAGES.as_posix(): content}, "rules")
        self.push()

    def objects(self) -> list[Path]:
        """Return the objects on the DVC remote."""
        return sorted(path for path in self.store.rglob("*") if path.is_file())

    def _bundled(self, name: str, model: str) -> dict[str, str | None]:
        card = readable_json(scorecard().model_dump(mode="json"))
        onnx = FileDigest(
            sha256=hashlib.sha256(name.encode()).hexdigest(), md5=self._put(name.encode()), size_bytes=len(name)
        )
        digest = hashlib.sha256(card.encode()).hexdigest()
        said = make_manifest(name, model).model_dump(exclude={"identity"})
        said |= {"files": {ONNX: onnx}, "scorecard": FileDigest(sha256=digest, md5="0" * 32, size_bytes=len(card))}
        listed = [{"md5": onnx.md5, "relpath": ONNX}]
        folder = f"{self._put(json.dumps(listed).encode(), '.dir')}.dir"
        out = {"path": ModelFiles(model).bundle.as_posix(), "hash": "md5", "md5": folder}
        lock = {"schema": "2.0", "stages": {"package": {"cmd": "true", "outs": [out]}}}
        stage = {"package": {"cmd": "true", "outs": [ModelFiles(model).bundle.as_posix()]}}
        return {
            ModelFiles(model).manifest.as_posix(): manifest_json(seal(**said)),
            SCORECARD.as_posix(): card,
            "dvc.yaml": yaml.safe_dump({"stages": stage}),
            "dvc.lock": yaml.safe_dump(lock),
        }

    def _put(self, content: bytes, ending: str = "") -> str:
        md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
        path = self.store / "files/md5" / md5[:2] / f"{md5[2:]}{ending}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return md5


def make_stored_line(folder: Path, rules: str = RULES) -> StoredLine:
    """Make a line with a DVC remote and these rules, and no version yet."""
    made = make_line(folder)
    line = StoredLine(made.clone, made.bare, made.root)
    line.commit({".dvc/config": CONFIG, STAGES.as_posix(): rules}, "store")
    line.push()
    return line


def copy_line(line: StoredLine, folder: Path) -> StoredLine:
    """Copy a line with its remotes, so that one can be made once for many tests."""
    shutil.copytree(line.bare.parent, folder, symlinks=True)
    copied = StoredLine(folder / "clone", folder / "origin.git", folder / "clone", line._clock, line._runs)
    copied.git("remote", "set-url", "origin", str(copied.bare))
    return copied


def make_soaked_line(folder: Path, rules: str = RULES) -> StoredLine:
    """Make a line with v1.0.0 in production since long ago, and v1.1.0, which has soaked in staging."""
    line = make_stored_line(folder, rules)
    line.register_next(f"{MODEL}@v1.0.0")
    line.hold(f"{MODEL}#staging#1", "v1.0.0")
    line.hold(f"{MODEL}#production#1", "v1.0.0")
    line.register_next(f"{MODEL}@v1.1.0")
    line.hold(f"{MODEL}#staging#2", "v1.1.0")
    return line
