"""The prepare stage: a source of any format becomes one checked, split, self-contained data set."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from headway.contracts import atomic
from headway.contracts.dataset import (
    SPLITS,
    ImageRecord,
    PreparedDataset,
    dataset_facts,
    sorted_records,
    write_dataset,
)
from headway.contracts.params.prepare import PrepareParams
from headway.contracts.problem import Problem, problem_values
from headway.contracts.problems import sorted_problems
from headway.data.boxes import cut
from headway.data.examine import Examination, Records, examine
from headway.data.findings import Findings
from headway.data.readers.yolo import format_row
from headway.data.scan import ImageFacts, Scanner
from headway.data.source import Source, SourceImage
from headway.errors import InputError
from headway.ports import Progress

_LONGEST_NAME_BYTES = 180
"""File systems take 255; suffixes and other tools' additions need room."""
_REPORTED_PROBLEMS = 20
_COPY_BYTES = 1 << 20


def prepare(
    source: Source,
    params: PrepareParams,
    records: Records,
    scanner: Scanner,
    findings: Findings,
    out: Path,
    *,
    progress: Progress,
) -> PreparedDataset:
    """Check and split `source`, and write it to `out`, which appears whole or stays as it was.

    `out` is independent of the source: images are copied byte for byte. It
    holds Ultralytics' layout for other tools beside Headway's own records.

    Raises:
        InputError: the data cannot be used as it is; every problem whose policy is to fail is counted, the first named.
        OSError: something cannot be read or written.
    """
    kept: dict[str, tuple[SourceImage, ImageFacts]] = {}

    def take(image: SourceImage, facts: ImageFacts) -> None:
        kept[image.image_id] = (image, facts)

    found = examine(source, params, records, scanner, findings, progress, take=take)
    if not kept and not findings.failing():
        raise InputError(f"{source.root}: no image was found", hint="set prepare.source to the folder of the data set")
    findings.refuse_failing(source.root)
    image_records = _make_records(found, kept)
    with atomic.directory(out) as folder:
        for record in progress(image_records, label="copying images"):
            _write_image(kept[record.image_id][0].path, record, found.classes, folder)
        dataset = PreparedDataset(folder, found.classes, image_records)
        (folder / "data.yaml").write_text(_data_yaml(dataset), encoding="utf-8")
        write_dataset(dataset, sorted_problems(findings.problems), _about(source, params))
    return replace(dataset, root=out)


def report(dataset: PreparedDataset, problems: Sequence[Problem]) -> dict[str, Any]:
    """Return the small report that is kept in Git: facts, and the problems by code with the first of them."""
    first = [problem_values(problem) for problem in problems[:_REPORTED_PROBLEMS]]
    by_code = Findings(problems=list(problems)).counts()
    return dataset_facts(dataset) | {"problems": {"count": len(problems), "by_code": by_code, "first": first}}


def file_stem(image_id: str) -> str:
    """Return a flat file name for an image id; different ids never share one.

    "/" and "~" are escaped as RFC 6901 does ("~1", "~0"); an overlong name
    ends in "~x" and a digest instead.
    """
    name = image_id.replace("~", "~0").replace("/", "~1")
    if len(name.encode()) <= _LONGEST_NAME_BYTES:
        return name
    head = name.encode()[: _LONGEST_NAME_BYTES // 2].decode(errors="ignore")
    return f"{head}~x{hashlib.sha256(image_id.encode()).hexdigest()[:32]}"


def _make_records(found: Examination, kept: Mapping[str, tuple[SourceImage, ImageFacts]]) -> tuple[ImageRecord, ...]:
    records, sizes = [], Counter(found.groups[one.image_id] for one in found.seen)
    for one in found.seen:
        group = found.groups[one.image_id]
        image, facts = kept[one.image_id]
        split = found.splits[one.image_id]
        records.append(
            ImageRecord(
                image_id=one.image_id,
                file=f"images/{split}/{file_stem(one.image_id)}{image.path.suffix}",
                sha256=facts.sha256,
                width=facts.width,
                height=facts.height,
                split=split,
                boxes=tuple(cut(box, facts.width, facts.height) for box in image.boxes),
                source=f"{found.source.format} {image.labels or one.image_id}",
                group=group if one.session or sizes[group] > 1 else None,
            )
        )
    return sorted_records(records)


def _write_image(path: Path, record: ImageRecord, classes: Sequence[str], folder: Path) -> None:
    """Copy an image and write its labels for other tools; `records.jsonl` stays the truth."""
    image = folder / record.file
    image.parent.mkdir(parents=True, exist_ok=True)
    _copy(path, image, record.sha256)
    label = folder / "labels" / record.split / f"{image.stem}.txt"
    label.parent.mkdir(parents=True, exist_ok=True)
    rows = [format_row(box, classes.index(box.class_name), record.width, record.height) for box in record.boxes]
    label.write_text("".join(f"{row}\n" for row in rows), encoding="utf-8")


def _copy(path: Path, copy: Path, sha256: str) -> None:
    """Copy the bytes that were checked.

    Raises:
        InputError: the file has other bytes by now.
    """
    digest = hashlib.sha256()
    with path.open("rb") as original, copy.open("wb") as written:
        while block := original.read(_COPY_BYTES):
            digest.update(block)
            written.write(block)
    if digest.hexdigest() != sha256:
        raise InputError(f"{path} changed while it was being read", hint="run it again when nothing writes there")


def _data_yaml(dataset: PreparedDataset) -> str:
    """Return Ultralytics' description of the folder; without `path:` it is relative to wherever the file lies."""
    values = {name: f"images/{name}" for name in SPLITS} | {"names": dict(enumerate(dataset.classes))}
    return yaml.safe_dump(values, sort_keys=False, allow_unicode=True)


def _about(source: Source, params: PrepareParams) -> dict[str, str]:
    said = {"licence": params.licence, "origin": params.origin}
    return {**source.about, **{name: text for name, text in said.items() if text}, "format": source.format}
