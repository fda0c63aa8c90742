"""A bare repository and a clone of it, with histories of the registry: made quickly, and as Git really keeps them."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import yaml

from headway.contracts.layout import STAGES, ModelFiles
from headway.contracts.manifest import FileDigest, InputFacts, Manifest, Metrics, manifest_json, seal
from headway.contracts.registry.desired import Desired, desired_path, desired_yaml
from headway.contracts.registry.records import EchoRecord, VersionRecord
from headway.contracts.registry.tags import Slot, StageTag, parse_tag
from headway.integrations.git.ledger import read_ledger
from headway.registry.reading import read_state
from headway.registry.state import State
from tests.finished_run import at_threshold, quality

MODEL = "detector"
START = 1_700_000_000
"""Seconds since the epoch of the first commit; each commit and tag is ten seconds later than the one before."""
GIT = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.org",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@example.org",
}
STAGES_YAML = "schema_version: 1\nstages:\n  staging: {}\n  production:\n    after: staging\n"


@dataclass
class Line:
    """A clone whose origin is a bare repository. `root` is the project's, which may lie below the clone's.

    Attributes:
        clone: the working tree.
        bare: what it was cloned from.
        root: the project.
    """

    clone: Path
    bare: Path
    root: Path
    _clock: int = field(default=START)
    _runs: int = field(default=0)

    def git(self, *words: str, at: int | None = None, stdin: str | None = None) -> str:
        """Run git in the clone and return what it printed."""
        self._clock += 10
        when = f"{self._clock if at is None else at} +0000"
        environment = os.environ | GIT | {"GIT_AUTHOR_DATE": when, "GIT_COMMITTER_DATE": when}
        done = subprocess.run(
            ["git", *words], cwd=self.root, env=environment, input=stdin, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def push(self) -> None:
        """Bring the current branch and all tags to the bare repository, whatever it had."""
        self.git("push", "--quiet", "--force", "--tags", "origin", "HEAD")

    def commit(self, files: Mapping[str, str | None], message: str = "change", *, at: int | None = None) -> str:
        """Commit files (None takes one away) on the branch that is checked out, and return the commit."""
        for name, text in files.items():
            path = self.root / name
            if text is None:
                path.unlink()
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        self.git("add", "--all", "--", *files)
        self.git("commit", "--quiet", "--allow-empty", "-m", message, at=at)
        return self.head()

    def head(self) -> str:
        return self.git("rev-parse", "HEAD")

    def branch(self, name: str, start: str = "main") -> None:
        """Make a branch and check it out."""
        self.git("checkout", "--quiet", "-b", name, start)

    def merge(self, name: str, how: str = "merge") -> str:
        """Bring a branch to main by "merge", "squash" or "rebase", as a forge does, and return main's commit."""
        if how == "rebase":
            self.git("checkout", "--quiet", "--detach", name)
            self.git("rebase", "--quiet", "--force-rebase", "main")
            rebased = self.head()
            self.git("checkout", "--quiet", "main")
            self.git("merge", "--quiet", "--ff-only", rebased)
            return rebased
        self.git("checkout", "--quiet", "main")
        if how == "squash":
            self.git("merge", "--quiet", "--squash", name)
            self.git("commit", "--quiet", "-m", f"{name} (#1)")
        else:
            self.git("merge", "--quiet", "--no-ff", "-m", f"Merge {name}", name)
        return self.head()

    def new_model(self, seed: object, *, model: str = MODEL) -> str:
        """Commit another manifest of a model, with the lock beside it, and return the commit."""
        return self.commit(model_files(seed, model=model), f"{model} {seed}")

    def declare(self, stage: str, version: str | None, *, model: str = MODEL, **values: object) -> str:
        """Commit a stage file as `headway promote` writes it; None takes it away. `version` has its tag already."""
        path = desired_path(Slot(stage, model))
        return self.commit({path: None if version is None else self.stage_file(model, version, **values)}, "declare")

    def stage_file(self, model: str, version: str, **values: object) -> str:
        """Return the content of a stage file."""
        identity = values.pop("identity", None) or self.identity(f"{model}@{version}")
        facts = {"reason": "it is better", "asked_by": "ada", **values}
        return desired_yaml(Desired(model=model, version=version, identity=identity, **facts))  # type: ignore[arg-type]

    def identity(self, version: str) -> str:
        """Return the identity that the tag of a version names."""
        found = next(
            line for line in self.git("cat-file", "tag", version).splitlines() if line.startswith("Identity: ")
        )
        return found.removeprefix("Identity: ")

    def tag(self, name: str, commit: str, message: str, *, at: int | None = None, force: bool = False) -> str:
        """Make an annotated tag with any message, and return its object."""
        words = ["--force"] if force else []
        self.git("tag", "-a", "--cleanup=verbatim", *words, "-F", "-", name, commit, at=at, stdin=message)
        return self.git("rev-parse", f"refs/tags/{name}")

    def register(self, name: str, commit: str = "HEAD", *, at: int | None = None, **values: object) -> str:
        """Make a version's tag as `headway register` does, and return its object."""
        commit = self.git("rev-parse", commit)
        model = name.partition("@")[0]
        values.setdefault("previous", self._newest(f"{model}@*"))
        return self.tag(name, commit, self.version_record(commit, model, **values).message(name), at=at)

    def version_record(self, commit: str, model: str = MODEL, **values: object) -> VersionRecord:
        """Return what the tag of a version at `commit` says."""
        manifest = yaml.safe_load(self.git("show", f"{commit}:./{ModelFiles(model).manifest}"))
        facts: dict[str, object] = {
            "identity": manifest["identity"],
            "lock_sha256": hashlib.sha256(f"{self.git('show', f'{commit}:./dvc.lock')}\n".encode()).hexdigest(),
            "model_sha256": manifest["files"]["model.onnx"]["sha256"],
            "test_set": "3" * 64,
            "decision": "accept",
            "compared_with": None,
            "policy_sha256": "4" * 64,
            "reason": "minor: the data changed",
            "summary": "better by 0.02",
            "previous": None,
            "run": self._run(),
        }
        return VersionRecord(**{**facts, **values})  # type: ignore[arg-type]

    def echo(self, name: str, declared_in: str = "HEAD", *, at: int | None = None, **values: object) -> str:
        """Make the echo of a declaration as `headway reconcile` does, and return its object.

        `commit` puts it on another commit than the version's; other values replace those of the record.
        """
        commit = str(values.pop("commit", "") or "")
        newest = self._newest(f"{_slot_of(name)}#*", f"{_slot_of(name)}!#*")
        values.setdefault("previous", newest)
        record = self.echo_record(name, self.git("rev-parse", declared_in), **values)
        before = f"{newest}^{{commit}}" if newest else declared_in
        on = commit or (f"{_model_of(name)}@{record.version}^{{commit}}" if record.version else before)
        return self.tag(name, self.git("rev-parse", on), record.message(name), at=at)

    def echo_record(self, name: str, declared_in: str, **values: object) -> EchoRecord:
        """Return what the echo of the declaration in `declared_in` says."""
        parsed = parse_tag(name)
        assert isinstance(parsed, StageTag)
        path = desired_path(parsed.slot)
        said = {} if parsed.empty else yaml.safe_load(self.git("show", f"{declared_in}:./{path}"))
        version = said.get("version")
        facts: dict[str, object] = {
            "declared_in": declared_in,
            "file": None if parsed.empty else self.git("rev-parse", f"{declared_in}:./{path}"),
            "version": version,
            "version_tag": version and self.git("rev-parse", f"refs/tags/{parsed.slot.model}@{version}"),
            "identity": said.get("identity"),
            "declared_at": datetime.fromtimestamp(self._clock, UTC),
            "attested": "forge" if values.get("declared_at", True) else "unasked",
            "pull_request": 1,
            "declared_by": said.get("asked_by"),
            "approved_by": ("grace",),
            "reason": said.get("reason"),
            "expedited": said.get("expedited"),
            "previous": None,
            "run": self._run(),
        }
        return EchoRecord(**{**facts, **values})  # type: ignore[arg-type]

    def promote(self, name: str, version: str | None) -> str:
        """Declare a version (None empties the stage) and echo it at once, and return the declaring commit."""
        parsed = parse_tag(name)
        assert isinstance(parsed, StageTag)
        declared_in = self.declare(parsed.slot.stage, version, model=parsed.slot.model)
        self.echo(name, declared_in)
        return declared_in

    def state(self, head: str = "main") -> State:
        """Return the state that this clone shows."""
        return read_state(read_ledger(self.root, head))

    def _newest(self, *patterns: str) -> str | None:
        """Return the object of the tag that was made last, of those whose names fit."""
        words = "--sort=-creatordate", "--count=1", "--format=%(objectname)"
        return self.git("for-each-ref", *words, *(f"refs/tags/{pattern}" for pattern in patterns)) or None

    def _run(self) -> str:
        self._runs += 1
        return f"{self._runs:032x}"


def make_line(folder: Path, *, below: str = "") -> Line:
    """Make a bare repository and a clone whose main, also at origin, has one commit with stages.yaml.

    Args:
        folder: both are made in it.
        below: where the project lies in the repository.
    """
    bare, clone = folder / "origin.git", folder / "clone"
    for words in (["init", "--bare", "--initial-branch=main", str(bare)], ["clone", str(bare), str(clone)]):
        subprocess.run(["git", *words], env=os.environ | GIT, check=True, capture_output=True)
    root = clone / below
    (root / ".dvc").mkdir(parents=True)
    line = Line(clone, bare, root)
    line.git("checkout", "--quiet", "-B", "main")
    line.commit({STAGES.as_posix(): STAGES_YAML, ".dvc/config": ""}, "start")
    line.push()
    line.git("remote", "set-head", "origin", "main")
    return line


def make_registered_line(folder: Path, versions: int = 1, *, below: str = "") -> Line:
    """Make a line whose model has the versions v1.0.0, v1.1.0 and so on, each on a commit of its own."""
    line = make_line(folder, below=below)
    for number in range(versions):
        line.new_model(number)
        line.register(f"{MODEL}@v1.{number}.0")
    line.push()
    return line


def copy_line(line: Line, folder: Path) -> Line:
    """Return a copy of a line in `folder`, free to be changed."""
    shutil.copytree(line.bare.parent, folder, dirs_exist_ok=True, symlinks=True)
    bare, clone = folder / line.bare.name, folder / line.clone.name
    copy = replace(line, clone=clone, bare=bare, root=clone / line.root.relative_to(line.clone))
    copy.git("remote", "set-url", "origin", str(bare))
    return copy


def make_manifest(seed: object, model: str = MODEL) -> Manifest:
    """Return a manifest that is sound but for the files that it names; another for each seed."""
    digest = _digest(seed)
    return seal(
        name=model,
        classes=("can", "jar"),
        input=InputFacts(size=160, padding=114),
        operating_threshold=0.3,
        files={"model.onnx": digest},
        dataset_digest=digest.sha256,
        params_digest=digest.sha256,
        upstream_digest=digest.sha256,
        scorecard=digest,
        metrics=Metrics(
            quality=quality(0.5, 0.8), operating_point=at_threshold(8, 1, 2), expected_calibration_error=None
        ),
    )


def model_files(seed: object, *, model: str = MODEL) -> Mapping[str, str]:
    """Return the files that a commit with another model changes: its manifest, and a lock that is of that model."""
    files = ModelFiles(model)
    outs = [{"path": files.onnx.as_posix(), "hash": "md5", "md5": _digest(seed).md5}]
    entries = {"train": {"cmd": f"train {seed}"}, "export": {"cmd": "export", "outs": outs}}
    return {
        files.manifest.as_posix(): manifest_json(make_manifest(seed, model)),
        "dvc.lock": yaml.safe_dump({"schema": "2.0", "stages": entries}),
    }


def _digest(seed: object) -> FileDigest:
    text = str(seed).encode()
    return FileDigest(
        sha256=hashlib.sha256(text).hexdigest(), md5=hashlib.md5(text, usedforsecurity=False).hexdigest(), size_bytes=1
    )


def _slot_of(name: str) -> str:
    return name.rpartition("#")[0].removesuffix("!")


def _model_of(name: str) -> str:
    return name.partition("#")[0]
