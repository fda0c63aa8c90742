"""The prepare stage: a source of any format becomes one checked, split, self-contained data set."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import yaml

from headway.contracts import atomic
from headway.contracts.canonical import sha256_file
from headway.contracts.dataset import (
    SPLITS,
    ImageRecord,
    PreparedDataset,
    dataset_facts,
    sorted_records,
    write_dataset,
)
from headway.contracts.params.prepare import PrepareParams
from headway.data.check import check_ids, check_splits, keep_good_boxes
from headway.data.findings import Findings
from headway.data.readers.detect import detect_format
from headway.data.readers.voc import read_voc
from headway.data.readers.yolo import format_row, read_yolo
from headway.data.source import Source, SourceImage
from headway.data.split import Member, assign_splits
from headway.errors import InputError
from headway.ports import ImageReader, Progress, ReadImageSize

_LONGEST_NAME_BYTES = 180
"""File systems take 255; suffixes and other tools' additions need room."""
_REPORTED_PROBLEMS = 20


class Generate(Protocol):
    """Draws the embedded data set: `headway.data.shelves.generate`."""

    def __call__(self, spec_file: Path, folder: Path, *, progress: Progress) -> Source: ...


@dataclass(frozen=True)
class ImageFacts:
    """What the bytes of an image file say."""

    sha256: str
    width: int
    height: int


def prepare(
    source: Path,
    params: PrepareParams,
    out: Path,
    *,
    read_image: ImageReader,
    read_image_size: ReadImageSize,
    generate: Generate,
    progress: Progress,
) -> PreparedDataset:
    """Read, check and split `source`, and write it to `out`, which appears whole or stays as it was.

    `out` is independent of the source: images are copied byte for byte. It
    holds Ultralytics' layout for other tools beside Headway's own records.

    Raises:
        InputError: the data cannot be used as it is; every fault that was found is named.
        OSError: something cannot be read or written.
    """
    if not source.exists():
        raise InputError(f"{source} does not exist", hint=_hint_for_missing(source))
    with atomic.directory(out) as folder:
        drawings = folder / "drawings"
        found = _read(source, params, drawings, read_image_size, generate, progress)
        findings = Findings(problems=list(found.problems))
        check_ids(found, findings)
        where = found.root or source
        findings.refuse_faults(where, "set prepare.source to the folder of the data set")
        records = _make_records(found, params, inspect_images(found, read_image, progress), findings, where)
        paths = {image.image_id: image.path for image in found.images}
        for record in progress(records, label="copying images"):
            _write_image(paths[record.image_id], record, found.classes, folder)
        shutil.rmtree(drawings, ignore_errors=True)
        dataset = PreparedDataset(folder, found.classes, records)
        (folder / "data.yaml").write_text(_data_yaml(found.classes), encoding="utf-8")
        write_dataset(dataset, findings.problems)
    return replace(dataset, root=out)


def inspect_images(source: Source, read_image: ImageReader, progress: Progress) -> dict[str, ImageFacts]:
    """Decode every image once, in full, so that no damaged file reaches training; keyed by image id.

    Raises:
        InputError: naming every image that cannot be decoded.
    """
    facts, findings = {}, Findings()
    for image in progress(source.images, label="checking images"):
        try:
            height, width, _ = read_image(image.path).shape
            facts[image.image_id] = ImageFacts(sha256_file(image.path), width, height)
        except InputError as error:
            findings.faults.append(error.message)
    findings.refuse_faults(source.root or Path("the images"), "replace or remove these files")
    return facts


def report(dataset: PreparedDataset, problems: Sequence[str]) -> dict[str, Any]:
    """Return the small report that is kept in Git: facts, the count of problems and the first of them."""
    return dataset_facts(dataset) | {"problems": {"count": len(problems), "first": list(problems[:_REPORTED_PROBLEMS])}}


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


def _hint_for_missing(source: Path) -> str:
    pointer = source.with_name(f"{source.name}.dvc")
    return f"run: dvc pull {pointer}" if pointer.exists() else "set prepare.source in params.yaml"


def _read(
    source: Path,
    params: PrepareParams,
    drawings: Path,
    read_image_size: ReadImageSize,
    generate: Generate,
    progress: Progress,
) -> Source:
    source_format = detect_format(source) if params.format == "auto" else params.format
    if source_format == "shelves":
        return generate(source, drawings, progress=progress)
    read = {"yolo": read_yolo, "voc": read_voc}[source_format]
    return read(source, read_image_size=read_image_size, progress=progress)


def _make_records(
    found: Source, params: PrepareParams, facts: Mapping[str, ImageFacts], findings: Findings, where: Path
) -> tuple[ImageRecord, ...]:
    members = {
        image.image_id: Member(
            image.group or facts[image.image_id].sha256, image.split if params.given_splits else None
        )
        for image in found.images
    }
    splits = assign_splits(members, params.split)
    drop = params.bad_boxes == "drop"
    records = []
    for image in found.images:
        fact, split = facts[image.image_id], splits[image.image_id]
        records.append(
            ImageRecord(
                image_id=image.image_id,
                file=f"images/{split}/{file_stem(image.image_id)}{image.path.suffix}",
                sha256=fact.sha256,
                width=fact.width,
                height=fact.height,
                split=split,
                boxes=keep_good_boxes(image, (fact.width, fact.height), findings, drop=drop),
                source=_source_of(image, found),
                group=image.group,
            )
        )
    findings.refuse_faults(where, "mend these boxes, or set prepare.bad_boxes to drop")
    check_splits(records, found.classes, findings)
    findings.refuse_faults(where, "add labelled images, or divide anew: prepare.given_splits: false, prepare.split")
    return sorted_records(records)


def _source_of(image: SourceImage, found: Source) -> str:
    where = image.box_places[0].rpartition(":")[0] if image.box_places else image.image_id
    return f"{found.format} {where}"


def _write_image(path: Path, record: ImageRecord, classes: Sequence[str], folder: Path) -> None:
    """Copy an image and write its labels for other tools; `records.jsonl` stays the truth."""
    image = folder / record.file
    image.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path, image)
    label = folder / "labels" / record.split / f"{image.stem}.txt"
    label.parent.mkdir(parents=True, exist_ok=True)
    rows = [format_row(box, classes.index(box.class_name), record.width, record.height) for box in record.boxes]
    label.write_text("".join(f"{row}\n" for row in rows), encoding="utf-8")


def _data_yaml(classes: Sequence[str]) -> str:
    """Return Ultralytics' description of the folder; without `path:` it is relative to wherever the file lies."""
    values = {name: f"images/{name}" for name in SPLITS} | {"names": dict(enumerate(classes))}
    return yaml.safe_dump(values, sort_keys=False, allow_unicode=True)
