"""A repository on the fake GitHub with a pipeline of two quick stages, and a clone as the workflow has it."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from headway.cli.gate import policy_at, policy_digest
from headway.cli.gate.champion import describe
from headway.cli.main import main
from headway.contracts.layout import LOCK, VERDICT, ModelFiles
from headway.contracts.lock import output_digests, read_lock
from headway.contracts.manifest import MODEL, FileDigest, InputFacts, Manifest, Metrics, manifest_json, seal
from headway.contracts.scorecard import AtThreshold, Quality
from headway.contracts.verdict import write_verdict
from tests.github.fake import FakeGitHub
from tests.verdicts import finding, verdict

NAME = "acme/yolo"
MODEL_FILES = ModelFiles("detector")
UNKNOWN = dict.fromkeys(("map50_95", "map50", "map75", "map_small", "map_medium", "map_large", "recall_100"))
COUNTS = {"true_positives": 0, "false_positives": 0, "false_negatives": 0}
METRICS = Metrics(
    quality=Quality(images=1, boxes=1, **UNKNOWN),
    operating_point=AtThreshold(threshold=0.5, iou=0.5, precision=None, recall=None, f1=None, **COUNTS),
    expected_calibration_error=None,
)
PARAMS = "model: detector\ntrain: {epochs: 1}\ngate: {margin: 0.05}\n"
PIPELINE = """stages:
  prepare:
    cmd: cp raw.txt prepared.txt
    deps: [raw.txt]
    outs: [prepared.txt]
  train:
    cmd: >-
      mkdir -p reports models/detector && cat prepared.txt params.yaml > models/detector/model.onnx
      && cp params.yaml reports/metrics.yaml
    deps: [prepared.txt]
    params: [train]
    outs:
      - models/detector/model.onnx
    metrics:
      - reports/metrics.yaml: {cache: false}
"""
FILES = {
    ".dvc/config": "[core]\n    analytics = false\n    remote = here\n['remote \"here\"']\n    url = ../../storage\n",
    ".gitignore": "/prepared.txt\n/models/detector/model.onnx\n/report.md\n",
    "README.md": "A project.\n",
    "dvc.yaml": PIPELINE,
    "params.yaml": PARAMS,
    "raw.txt": "images\n",
}


@dataclass(frozen=True)
class Clone:
    """A working tree with `origin`; `run` and `write` act in it."""

    root: Path

    def run(self, *command: str) -> str:
        environment = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_SYSTEM": os.devnull,
            "DVC_NO_ANALYTICS": "1",
            **{f"GIT_{role}_{what}": "alice" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
        }
        done = subprocess.run(command, cwd=self.root, env=environment, capture_output=True, text=True, check=False)
        assert 0 == done.returncode, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout.strip()

    def write(self, files: Mapping[str, str]) -> None:
        for name, text in files.items():
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            (self.root / name).write_text(text)

    def commit(self, files: Mapping[str, str] | None = None, message: str = "A change") -> str:
        """Write and commit files (and whatever else changed) and return the commit."""
        self.write(files or {})
        self.run("git", "add", "--all")
        self.run("git", "commit", "--quiet", "--message", message)
        return self.run("git", "rev-parse", "HEAD")

    def train(self) -> None:
        """Run the pipeline and store what it made."""
        self.run("dvc", "repro", "--quiet")
        self.run("dvc", "push", "--quiet", "--run-cache")

    def judge(self, base: str, decision: str = "accept") -> None:
        """Write the verdict that a gate would write, without a champion, and the manifest that it is about."""
        manifest = self.package()
        outcome = {"accept": "pass", "reject": "fail", "inconclusive": "undecided"}[decision]
        write_verdict(
            self.root / VERDICT,
            verdict(
                decision=decision,
                summary=f"{decision.capitalize()}: it is so.",
                lock_sha256=hashlib.sha256((self.root / LOCK).read_bytes()).hexdigest(),
                policy_sha256=policy_digest(policy_at(self.root, base)),
                candidate=describe(manifest, "working tree", None),
                findings=(finding("floor", "mAP50", outcome, "so it is"),),
                champion=None,
            ),
        )

    def package(self) -> Manifest:
        """Write the manifest of the model that dvc.lock records."""
        onnx = output_digests(read_lock(self.root / LOCK))[MODEL_FILES.onnx.as_posix()]
        manifest = seal(
            name=MODEL_FILES.name,
            classes=("blob",),
            input=InputFacts(size=64, padding=114),
            operating_threshold=0.5,
            files={MODEL: FileDigest(sha256=hashlib.sha256(onnx.encode()).hexdigest(), md5=onnx, size_bytes=1)},
            dataset_digest="0" * 64,
            params_digest="0" * 64,
            upstream_digest="0" * 64,
            scorecard=FileDigest(sha256="0" * 64, md5="0" * 32, size_bytes=1),
            metrics=METRICS,
        )
        self.write({MODEL_FILES.manifest.as_posix(): manifest_json(manifest)})
        return manifest

    def files_of(self, commit: str) -> set[str]:
        """Return the files that a commit changed."""
        return set(self.run("git", "diff", "--name-only", f"{commit}~1", commit).splitlines())


@dataclass(frozen=True)
class Workplace:
    """The fake GitHub, the author's clone, and how verbs are run as the workflow runs them."""

    github: FakeGitHub
    author: Clone
    folder: Path
    environment: Mapping[str, str]

    @property
    def bare(self) -> Path:
        return self.github.repositories[NAME].path

    def push(self, branch: str) -> str:
        """Push what the author has checked out and return the commit."""
        self.author.run("git", "push", "--quiet", str(self.bare), f"HEAD:refs/heads/{branch}")
        return self.author.run("git", "rev-parse", "HEAD")

    def tip(self, branch: str) -> str:
        return subprocess.run(
            ["git", "--git-dir", str(self.bare), "rev-parse", branch], capture_output=True, text=True, check=True
        ).stdout.strip()

    def open_pull(self, branch: str, base: str = "main") -> int:
        return self.github.open_pull(NAME, branch, base_ref=base)

    def check_out(self, commit: str) -> Clone:
        """Return a clone of all branches at a commit, without credentials, as actions/checkout leaves it."""
        root = self.folder / "runner"
        subprocess.run(["git", "clone", "--quiet", "--no-checkout", str(self.bare), str(root)], check=True)
        clone = Clone(root)
        clone.run("git", "checkout", "--quiet", "--detach", commit)
        clone.run("git", "remote", "set-url", "origin", f"{self.github.url}/{NAME}.git")
        return clone

    def event(self, number: int) -> dict[str, str]:
        """Return the variables of a run for a pull request."""
        pull = self.github.pull(NAME, number)
        head = {"ref": pull.head_ref, "sha": self.github.head(NAME, number)}
        found = {"number": number, "head": head, "base": {"ref": pull.base_ref}}
        return self.variables("pull_request", {"pull_request": found}, pull.base_ref)

    def queue_event(self, head: str, base: str) -> dict[str, str]:
        group = {"head_sha": head, "base_sha": base, "base_ref": "refs/heads/main"}
        return self.variables("merge_group", {"merge_group": group}, "")

    def variables(self, name: str, payload: Mapping[str, Any], base_ref: str) -> dict[str, str]:
        path, outputs = self.folder / "event.json", self.folder / "outputs"
        path.write_text(json.dumps({"repository": {"default_branch": "main"}, **payload}))
        outputs.touch()
        return {
            **self.environment,
            "GITHUB_EVENT_NAME": name,
            "GITHUB_EVENT_PATH": str(path),
            "GITHUB_OUTPUT": str(outputs),
            "GITHUB_BASE_REF": base_ref,
            "GITHUB_RUN_ID": "77",
        }

    def outputs(self) -> dict[str, str]:
        """Return what the steps so far gave to later ones."""
        lines = (self.folder / "outputs").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines)


def run_verb(words: Sequence[str]) -> int:
    """Run `headway WORDS` in this process and return its exit code."""
    try:
        main(list(words))
    except SystemExit as end:
        return int(end.code or 0)
    raise AssertionError("main returned")
