"""The bundle's manifest: what a model is, by digest, so that Git alone can vouch for the bytes.

The identity is the SHA-256 over the canonical JSON of everything else in the manifest. Commit, time,
versions and latency differ between two runs of one commit, so they stay outside, in
`provenance.json` and `measurements.json`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from headway.contracts.canonical import md5_file, readable_json, sha256_file, sha256_of
from headway.contracts.document import Document, Sha256
from headway.contracts.scorecard import AtThreshold, Quality
from headway.errors import InputError

SCHEMA_VERSION: Literal[1] = 1

MANIFEST = "manifest.json"
MODEL = "model.onnx"
LABELS = "labels.json"
PROFILE = "profile.json"
GOLDEN_FOLDER = "golden"
GOLDEN = "golden/golden.json"
MEASUREMENTS = "measurements.json"
PROVENANCE = "provenance.json"
CARD = "card.md"
CARD_FOLDER = "card"
BOM = "bom.cdx.json"


class FileDigest(Document):
    """One file. MD5 is DVC's name for the same bytes: it links Git's dvc.lock with the SHA-256."""

    sha256: Sha256
    md5: Annotated[str, Field(pattern="^[0-9a-f]{32}$")]
    size_bytes: Annotated[int, Field(ge=0)]


class InputFacts(Document):
    """What the model takes; `headway.detection.letterbox` is the reference implementation."""

    size: int
    """Side of the square, in pixels."""
    layout: Literal["NCHW float32"] = "NCHW float32"
    colour: Literal["RGB"] = "RGB"
    scale: Literal["1/255"] = "1/255"
    letterbox: Literal["keep aspect, bilinear, centred"] = "keep aspect, bilinear, centred"
    padding: int
    """Grey level around the image."""


class Metrics(Document):
    """The deterministic part of the scorecard, on the test split."""

    quality: Quality
    operating_point: AtThreshold
    expected_calibration_error: float | None


class Manifest(Document):
    """What one bundle is."""

    schema_version: Literal[1] = SCHEMA_VERSION
    identity: Sha256
    """SHA-256 over the canonical JSON of all other fields."""
    name: str
    """The model's name in params.yaml."""
    classes: tuple[str, ...]
    input: InputFacts
    operating_threshold: float
    """Score from which a detection counts; chosen on val."""
    files: dict[str, FileDigest]
    """Path in the bundle -> digest, of every file that the identity covers."""
    dataset_digest: Sha256
    params_digest: Sha256
    """Over what params.yaml says for all stages."""
    upstream_digest: Sha256
    """Over the entries of the stages before package in dvc.lock (`contracts.lock.entries_digest`)."""
    scorecard: FileDigest
    """reports/scorecard.json, the source of `metrics`."""
    metrics: Metrics


class BundleProvenance(Document):
    """Where and when a bundle was packed. Outside the identity."""

    schema_version: Literal[1] = SCHEMA_VERSION
    identity: Sha256
    commit: str | None
    """Commit that was checked out; None outside a repository."""
    dirty: bool
    """Whether tracked files differed from that commit."""
    packed_at: str
    """UTC, ISO 8601."""
    versions: dict[str, str]
    """Library -> version."""
    files: dict[str, FileDigest]
    """The bundle's other files outside the identity."""


def digest_file(path: Path) -> FileDigest:
    """Return the digests and size of `path`."""
    return FileDigest(sha256=sha256_file(path), md5=md5_file(path), size_bytes=path.stat().st_size)


def seal(**content: Any) -> Manifest:
    """Return the manifest of `content` with its identity."""
    draft = Manifest(identity="0" * 64, **content)
    return draft.model_copy(update={"identity": identity_of(draft)})


def identity_of(manifest: Manifest) -> str:
    """Return the SHA-256 over everything in `manifest` but the identity that it claims."""
    return sha256_of(manifest.model_dump(mode="json", exclude={"identity"}))


def manifest_json(manifest: Manifest) -> str:
    """Return the manifest's one serialisation; other spacing or order is not a manifest of ours."""
    return readable_json(manifest.model_dump(mode="json"))


def read_manifest(folder: Path) -> Manifest:
    """Read `folder`/manifest.json; the identity that it claims is not checked here.

    Raises:
        InputError: `folder` is no bundle, or one of another schema.
    """
    path = folder / MANIFEST
    try:
        return parse_manifest(path.read_bytes(), str(path))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise InputError(f"{folder} is not a bundle: it holds no {MANIFEST}", hint="run: dvc repro package") from error


def parse_manifest(content: bytes, name: str) -> Manifest:
    """Validate a manifest that was read elsewhere, but for the identity that it claims; `name` is for messages.

    Raises:
        InputError: it does not follow this schema.
    """
    try:
        return Manifest.model_validate(json.loads(content))
    except (ValueError, RecursionError) as error:
        reason = _first_fault(error) if isinstance(error, ValidationError) else str(error)
        raise InputError(
            f"{name} is no manifest of schema {SCHEMA_VERSION}: {reason}", hint="fetch the bundle again: dvc pull"
        ) from error


def _first_fault(error: ValidationError) -> str:
    fault = error.errors(include_url=False)[0]
    return f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}"
