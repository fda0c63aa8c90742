"""The prepared data set: one canonical record an image, behind whatever format it came in.

On disk (`data/prepared/`): `images/<split>/`, `labels/<split>/` and `data.yaml`
in Ultralytics' layout for other tools, `records.jsonl` as the truth that
Headway reads, and `dataset.json` with classes, counts and digest.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from headway.contracts.canonical import canonical_json, readable_json, sha256_of
from headway.contracts.problem import Problem, problem_from, problem_values
from headway.errors import InputError

SCHEMA_VERSION = 1
RECORDS = "records.jsonl"
FACTS = "dataset.json"
Split = Literal["train", "val", "test", "fresh"]
SPLITS: tuple[Split, ...] = ("train", "val", "test")
"""What every data set has. `fresh` holds test images that came after the test set was frozen, if any did."""
ALL_SPLITS: tuple[Split, ...] = (*SPLITS, "fresh")

_PREPARE_AGAIN = "run: dvc repro --force prepare"
_DAMAGE = (ValueError, KeyError, TypeError, AttributeError, RecursionError)
"""What JSON that `write_dataset` did not write leads to."""


@dataclass(frozen=True, slots=True)
class Box:
    """One labelled object: corners in pixels of the upright image, class by name. Floats are kept unrounded."""

    class_name: str
    x_min: float
    y_min: float
    x_max: float
    y_max: float


@dataclass(frozen=True, slots=True)
class ImageRecord:
    """One image and its labels."""

    image_id: str
    """Unique and stable name: the path below the source's image folder, without suffix, "/"-separated."""
    file: str
    """Path of the image relative to the prepared folder, "/"-separated."""
    sha256: str
    width: int
    height: int
    split: Split
    boxes: tuple[Box, ...]
    source: str
    """Format and place that the labels came from, for messages."""
    group: str | None = None
    """Capture session or scene whose images must stay in one split; None when unknown."""


_RECORD_FIELDS = tuple(field.name for field in fields(ImageRecord))


@dataclass(frozen=True)
class PreparedDataset:
    """A data set in its canonical form.

    Attributes:
        root: folder that `ImageRecord.file` is relative to.
        classes: class names; the position is the class id.
        records: every image, ordered by split (train, val, test, fresh) and image id.
    """

    root: Path
    classes: tuple[str, ...]
    records: tuple[ImageRecord, ...]

    def split(self, name: Split) -> tuple[ImageRecord, ...]:
        """Return the records of one split, by image id."""
        return tuple(record for record in self.records if record.split == name)

    def class_id(self, name: str) -> int:
        """Return the id of a class name."""
        return self.classes.index(name)

    def image_path(self, record: ImageRecord) -> Path:
        return self.root / record.file

    @cached_property
    def digest(self) -> str:
        """SHA-256 over classes and records (which hold the SHA-256 of every image): equal digest, equal data."""
        return sha256_of({"classes": self.classes, "records": [_record_values(record) for record in self.records]})


def count_boxes(records: Iterable[ImageRecord]) -> dict[str, int]:
    """Return the number of boxes of each class name that occurs."""
    return dict(Counter(box.class_name for record in records for box in record.boxes))


def dataset_facts(dataset: PreparedDataset) -> dict[str, Any]:
    """Return what `dataset.json` and the committed report say: classes, counts and digest."""
    splits = {}
    for name in ALL_SPLITS:
        records = dataset.split(name)
        if not records and name not in SPLITS:
            continue
        counts = count_boxes(records)
        splits[name] = {
            "images": len(records),
            "boxes": sum(counts.values()),
            "background_images": sum(not record.boxes for record in records),
            "boxes_per_class": {class_name: counts.get(class_name, 0) for class_name in dataset.classes},
        }
    return {
        "schema_version": SCHEMA_VERSION,
        "digest": dataset.digest,
        "classes": list(dataset.classes),
        "splits": splits,
    }


def write_dataset(
    dataset: PreparedDataset, problems: Sequence[Problem] = (), about: Mapping[str, str] | None = None
) -> None:
    """Write `records.jsonl` and `dataset.json` below `dataset.root`; the images are already there.

    `problems` are what checking found and was no reason to stop; `dataset.json` lists all of them.
    `about` is what is known of the data's licence and origin.
    """
    lines = [canonical_json(_record_values(record)) + "\n" for record in dataset.records]
    (dataset.root / RECORDS).write_text("".join(lines), encoding="utf-8")
    facts = dataset_facts(dataset) | {"about": dict(about or {}), "problems": [problem_values(one) for one in problems]}
    (dataset.root / FACTS).write_text(readable_json(facts), encoding="utf-8")


def read_dataset(root: Path) -> PreparedDataset:
    """Read what `write_dataset` wrote.

    Raises:
        InputError: the folder was not prepared, or by a version with another schema, or was edited since.
    """
    facts = _read_facts(root)
    if facts.get("schema_version") != SCHEMA_VERSION:
        raise InputError(
            f"{root / FACTS} has schema version {facts.get('schema_version')!r}, not {SCHEMA_VERSION}",
            hint=_PREPARE_AGAIN,
        )
    records = tuple(_read_records(root))
    try:
        dataset = PreparedDataset(root, tuple(facts["classes"]), records)
        intact = dataset.digest == facts["digest"]
    except _DAMAGE as error:
        raise _damaged(root / FACTS, error) from error
    if not intact:
        raise InputError(f"{root / RECORDS} is not what {FACTS} beside it describes", hint=_PREPARE_AGAIN)
    return dataset


def read_problems(root: Path) -> tuple[Problem, ...]:
    """Return the problems that `write_dataset` listed.

    Raises:
        InputError: the folder was not prepared, or was edited since.
    """
    try:
        return tuple(problem_from(values) for values in _read_facts(root)["problems"])
    except _DAMAGE as error:
        raise _damaged(root / FACTS, error) from error


def read_about(root: Path) -> dict[str, str]:
    """Return what `write_dataset` was told of licence and origin."""
    return dict(_read_facts(root).get("about", {}))


def sorted_records(records: Sequence[ImageRecord]) -> tuple[ImageRecord, ...]:
    """Return records in canonical order: split, then image id."""
    return tuple(sorted(records, key=lambda record: (ALL_SPLITS.index(record.split), record.image_id)))


def _record_values(record: ImageRecord) -> dict[str, Any]:
    values = {name: getattr(record, name) for name in _RECORD_FIELDS}  # asdict takes 20 times as long
    values["boxes"] = [[box.class_name, box.x_min, box.y_min, box.x_max, box.y_max] for box in record.boxes]
    return values


def _read_facts(root: Path) -> dict[str, Any]:
    try:
        return dict(json.loads((root / FACTS).read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise _unprepared(root) from error
    except _DAMAGE as error:
        raise _damaged(root / FACTS, error) from error


def _read_records(root: Path) -> Iterator[ImageRecord]:
    try:
        lines = (root / RECORDS).read_bytes().split(b"\n")  # a name may hold what Unicode counts as a line's end
    except FileNotFoundError as error:
        raise _unprepared(root) from error
    if lines.pop():
        raise InputError(f"{root / RECORDS}:{len(lines) + 1} is cut off", hint=_PREPARE_AGAIN)
    for number, line in enumerate(lines, start=1):
        try:
            yield _record_from(json.loads(line))
        except _DAMAGE as error:
            raise _damaged(f"{root / RECORDS}:{number}", error) from error


def _unprepared(root: Path) -> InputError:
    return InputError(f"{root} holds no prepared data set", hint="run: dvc repro prepare")


def _damaged(where: Path | str, error: Exception) -> InputError:
    reason = f"{error} is missing" if isinstance(error, KeyError) else str(error)
    return InputError(f"{where} is not as it was written: {reason}", hint=_PREPARE_AGAIN)


def _record_from(values: dict[str, Any]) -> ImageRecord:
    boxes = tuple(Box(name, *corners) for name, *corners in values.pop("boxes"))
    return ImageRecord(boxes=boxes, **values)
