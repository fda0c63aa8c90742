"""`headway status`, `history --at` and `reconcile` on registries of 1,000 and 10,000 tags, beside GTO."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from bench.scratch import WORK, Clone
from bench.timing import Measure, alone, alternate, compare, say
from headway.contracts.layout import STAGES, ModelFiles
from headway.contracts.manifest import FileDigest, InputFacts, Manifest, Metrics, manifest_json, seal
from headway.contracts.registry.desired import Desired, desired_path, desired_yaml
from headway.contracts.registry.records import EchoRecord, VersionRecord
from headway.contracts.registry.tags import Slot
from headway.contracts.scorecard import AtThreshold, Quality

MODELS = 4
STAGE_NAMES = "staging", "production"
TAGS_A_VERSION = 1 + len(STAGE_NAMES)
START = 1_700_000_000
GOALS_S = {1_000: 0.3, 10_000: 1.0}
ROUNDS = 5
GTO_ROUNDS = 3
_NO_DATE = "gto cannot be asked for a date"
_WHO = "Bench <bench@example.org>"
_STAGES = b"schema_version: 1\nstages:\n  staging: {}\n  production:\n    after: staging\n"


def measure_registry(clone: Clone) -> list[Measure]:
    """Measure whole processes. GTO answers the same question at 1,000 tags; at 10,000 it is not asked."""
    rows = []
    for tags, goal in GOALS_S.items():
        say(f"registry: {tags} tags ...")
        made = Clone(make_registry(WORK / f"registry-{tags}", tags))
        code = {"PYTHONPATH": str(clone.root / "src")}
        day = datetime.fromtimestamp(START + tags * 30, UTC).strftime("%Y-%m-%d")
        sides = {
            "status": partial(made.seconds, "headway", "status", **code),
            "history": partial(made.seconds, "headway", "history", "--at", day, **code),
            "reconcile": partial(made.seconds, "headway", "reconcile", **code),
        }
        seconds = alternate(sides, ROUNDS)
        rows += [alone(f"{name}, {tags} tags", seconds[name], goal=goal) for name in ("status", "history")]
        questions = _questions(made, code)
        note = f"nothing to do: {questions} questions to the remote (a folder)"
        rows.append(alone(f"reconcile, {tags} tags", seconds["reconcile"], note=note))
        if tags == min(GOALS_S):
            rows += _beside_gto(made, code, day)
    return rows


def _beside_gto(made: Clone, code: dict[str, str], day: str) -> list[Measure]:
    sides = {
        "status": partial(made.seconds, "headway", "status", **code),
        "gto show": partial(made.seconds, "gto", "show"),
        "history": partial(made.seconds, "headway", "history", "--at", day, **code),
        "gto history": partial(made.seconds, "gto", "history"),
    }
    seconds = alternate(sides, GTO_ROUNDS)
    return [
        compare("status and gto show", seconds["status"], seconds["gto show"], goal=1.0, note="gto trusts every tag"),
        compare("history --at and gto history", seconds["history"], seconds["gto history"], goal=1.0, note=_NO_DATE),
    ]


def _questions(made: Clone, code: dict[str, str]) -> int:
    """Return how many git processes of a reconciliation with nothing to do talk to the remote."""
    trace = made.root.parent / f"{made.root.name}.trace"
    made.run("headway", "reconcile", GIT_TRACE=str(trace), **code)
    lines = trace.read_text(errors="replace").splitlines()
    return sum("git-upload-pack" in line or "git-receive-pack" in line for line in lines if "run_command:" in line)


def make_registry(root: Path, tags: int) -> Path:
    """Make a bare repository whose registry has about so many tags, and its clone at `root`.

    Each model gets version after version; each version is declared for each stage and echoed.
    """
    bare = root.with_name(f"{root.name}.git")
    bare.parent.mkdir(parents=True, exist_ok=True)
    _git(bare.parent, "init", "--quiet", "--bare", "--initial-branch=main", str(bare))
    plan = list(_plan(tags))
    _import(bare, _commits(plan))
    commits = dict(line.split() for line in (bare / "marks").read_text().splitlines())
    _import(bare, _tags(plan, commits))
    _git(bare, "pack-refs", "--all")
    _git(bare.parent, "clone", "--quiet", str(bare), str(root))
    return root


@dataclass(frozen=True)
class _Release:
    """One version of one model, and the marks of its commit and of the declarations, a stage each."""

    model: str
    number: int
    mark: int
    manifest: Manifest

    @property
    def version(self) -> str:
        return f"v1.{self.number}.0"

    @property
    def declarations(self) -> Iterator[tuple[int, Slot, bytes]]:
        """Mark of the commit, slot, stage file."""
        desired = Desired(
            model=self.model, version=self.version, identity=self.manifest.identity, reason="better", asked_by="bench"
        )
        for place, stage in enumerate(STAGE_NAMES, start=1):
            yield self.mark + place, Slot(stage, self.model), desired_yaml(desired).encode()


def _plan(tags: int) -> Iterator[_Release]:
    for place in range(tags // TAGS_A_VERSION):
        model, number = f"model-{place % MODELS}", place // MODELS
        yield _Release(model, number, 2 + place * TAGS_A_VERSION, _manifest(model, number))


def _commits(plan: Sequence[_Release]) -> Iterator[bytes]:
    yield _commit(1, {STAGES.as_posix(): _STAGES, ".dvc/config": b""})
    for release in plan:
        manifest = manifest_json(release.manifest).encode()
        yield _commit(release.mark, {ModelFiles(release.model).manifest.as_posix(): manifest})
        for mark, slot, content in release.declarations:
            yield _commit(mark, {desired_path(slot): content})


def _tags(plan: Sequence[_Release], commits: Mapping[str, str]) -> Iterator[bytes]:
    previous: dict[object, str] = {}
    for release in plan:
        commit, identity = commits[f":{release.mark}"], release.manifest.identity
        version = VersionRecord(
            identity, "1" * 64, "1" * 64, "1" * 64, "accept", None, "2" * 64, "minor: the data changed", "better",
            previous.get(release.model), f"{release.mark:032x}",
        )  # fmt: skip
        name = f"{release.model}@{release.version}"
        oid, text = _tag(name, commit, release.mark, version.message(name))
        previous[release.model] = oid
        yield text
        for mark, slot, content in release.declarations:
            echo = EchoRecord(
                commits[f":{mark}"], _hash("blob", content), release.version, oid, identity,
                datetime.fromtimestamp(_time(mark), UTC), "forge", mark, "bench", ("grace",), "better", None,
                previous.get(slot), f"{mark:032x}",
            )  # fmt: skip
            name = f"{slot}#{release.number + 1}"
            previous[slot], text = _tag(name, commit, mark, echo.message(name))
            yield text


def _manifest(model: str, number: int) -> Manifest:
    digest = FileDigest(sha256=f"{number:064x}", md5="0" * 32, size_bytes=1)
    quality = Quality(
        images=1, boxes=1, map50_95=None, map50=None, map75=None, map_small=None, map_medium=None, map_large=None,
        recall_100=None,
    )  # fmt: skip
    point = AtThreshold(
        threshold=0.5, iou=0.5, true_positives=0, false_positives=0, false_negatives=0, precision=None, recall=None,
        f1=None,
    )  # fmt: skip
    return seal(
        name=model, classes=("can",), input=InputFacts(size=160, padding=114), operating_threshold=0.3,
        files={"model.onnx": digest}, dataset_digest=digest.sha256, params_digest=digest.sha256,
        upstream_digest=digest.sha256, scorecard=digest,
        metrics=Metrics(quality=quality, operating_point=point, expected_calibration_error=None),
    )  # fmt: skip


def _commit(mark: int, files: Mapping[str, bytes]) -> bytes:
    lines = [f"commit refs/heads/main\nmark :{mark}\ncommitter {_WHO} {_time(mark)} +0000\n".encode(), _data(b"change")]
    lines += (f"M 100644 inline {name}\n".encode() + _data(content) for name, content in files.items())
    return b"".join(lines)


def _tag(name: str, commit: str, mark: int, message: str) -> tuple[str, bytes]:
    """Return the tag's object and what makes `git fast-import` write it."""
    tagger, body = f"tagger {_WHO} {_time(mark)} +0000\n", message.encode()
    content = f"object {commit}\ntype commit\ntag {name}\n{tagger}\n".encode() + body
    return _hash("tag", content), f"tag {name}\nfrom {commit}\n{tagger}".encode() + _data(body)


def _time(mark: int) -> int:
    return START + 60 * mark


def _hash(kind: str, content: bytes) -> str:
    """Return Git's name of an object."""
    return hashlib.sha1(f"{kind} {len(content)}\0".encode() + content, usedforsecurity=False).hexdigest()


def _data(content: bytes) -> bytes:
    return f"data {len(content)}\n".encode() + content + b"\n"


def _import(bare: Path, stream: Iterator[bytes]) -> None:
    words = ["git", "fast-import", "--quiet", "--force", "--export-marks=marks.new"]
    subprocess.run(words, cwd=bare, input=b"".join(stream), check=True)
    (bare / "marks.new").replace(bare / "marks")


def _git(folder: Path, *words: str) -> None:
    subprocess.run(["git", *words], cwd=folder, check=True)
