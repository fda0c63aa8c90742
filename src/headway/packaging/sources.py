"""What a bundle is made of, read from the files of the earlier stages and held against each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from headway.contracts.canonical import sha256_of
from headway.contracts.dataset import ImageRecord, PreparedDataset, read_dataset
from headway.contracts.evidence import DETECTIONS
from headway.contracts.layout import LATENCY, LOCK, PARAMS, PREPARED, SCORECARD, ModelFiles
from headway.contracts.lock import entries_digest, output_digests, read_lock
from headway.contracts.manifest import FileDigest, digest_file
from headway.contracts.params.document import read_document
from headway.contracts.scorecard import LatencyReport, Scorecard, read_latency, read_scorecard
from headway.detection.detections import Detections
from headway.errors import InputError
from headway.ports import TableStore

_STAGES = ("model", "prepare", "train", "export", "evaluate", "package")
_HINT = "run: dvc repro"


@dataclass(frozen=True)
class Sources:
    """The results of the stages before package.

    Attributes:
        model: names the model and its files; `model.onnx` is what was scored.
        architecture: what training started from, such as "yolo11n.yaml"; None where params.yaml leaves it out.
        found: test image id -> detections, above the file's score floor.
        scorecard_digest: of the scorecard's file.
        params_digest: over what params.yaml says for all stages.
        upstream_digest: see `contracts.lock.entries_digest`.
    """

    model: ModelFiles
    architecture: str | None
    dataset: PreparedDataset
    scorecard: Scorecard
    latency: LatencyReport
    found: Mapping[str, Detections]
    scorecard_digest: FileDigest
    params_digest: str
    upstream_digest: str

    @property
    def test_images(self) -> tuple[ImageRecord, ...]:
        return self.dataset.split("test")

    @property
    def threshold(self) -> float:
        """Score from which a detection counts."""
        return self.scorecard.operating_point.threshold


def read_sources(model: ModelFiles, store: TableStore) -> Sources:
    """Read the results of the earlier stages; paths are relative to the repository's root.

    Raises:
        InputError: one is missing or damaged, or two of them are not about the same model and data.
    """
    lock = read_lock(LOCK)
    params = read_document(PARAMS).values
    dataset = read_dataset(PREPARED)
    sources = Sources(
        model=model,
        architecture=(params.get("train") or {}).get("model"),
        dataset=dataset,
        scorecard=read_scorecard(SCORECARD),
        latency=read_latency(LATENCY),
        found=read_found(store.read(model.evidence / DETECTIONS), dataset.split("test")),
        scorecard_digest=digest_file(SCORECARD),
        params_digest=sha256_of({name: params.get(name) for name in _STAGES}),
        upstream_digest=entries_digest(lock),
    )
    _check_agreement(sources, output_digests(lock))
    return sources


def read_found(table: Mapping[str, Any], records: tuple[ImageRecord, ...]) -> dict[str, Detections]:
    """Return image id -> detections of each of `records`, from the evidence's table of detections."""
    boxes = np.stack([table[side] for side in ("x_min", "y_min", "x_max", "y_max")], axis=1).astype(np.float32)
    scores, class_ids = table["score"].astype(np.float32), table["class_id"].astype(np.int64)
    rows: dict[str, list[int]] = {record.image_id: [] for record in records}
    for row, image_id in enumerate(table["image_id"].tolist()):
        rows.setdefault(image_id, []).append(row)
    return {image_id: Detections(boxes[part], scores[part], class_ids[part]) for image_id, part in rows.items()}


def _check_agreement(sources: Sources, lock: Mapping[str, str]) -> None:
    onnx = digest_file(sources.model.onnx)
    agreements = {
        f"{SCORECARD} is about another model": sources.scorecard.model_sha256 == onnx.sha256,
        f"{LATENCY} is about another model": sources.latency.model_sha256 == onnx.sha256,
        f"{SCORECARD} is about other data": sources.scorecard.dataset_digest == sources.dataset.digest,
        f"{LOCK} records another {sources.model.onnx}": lock[sources.model.onnx.as_posix()] == onnx.md5,
    }
    faults = [fault for fault, agrees in agreements.items() if not agrees]
    if faults:
        raise InputError(f"the earlier stages' results do not belong together: {'; '.join(faults)}", hint=_HINT)
