"""Headway's own records of an imported data set: where each image lies, its digest, and its boxes by class name.

JSON lines. The header says what made them and holds a digest of all but `root` and itself, so that damage shows.
Images stay where they are: `root` is the data set's folder, relative to that of the records where it was given so.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, get_args

from headway.contracts import atomic
from headway.contracts.canonical import canonical_json, sha256_of
from headway.contracts.dataset import Box, Split
from headway.contracts.problem import Problem, problem_from, problem_values
from headway.contracts.problems import KINDS, sorted_problems
from headway.data.findings import Findings
from headway.data.readers.files import Enclosure, printable, quoted
from headway.data.source import Source, SourceImage
from headway.errors import InputError
from headway.ports import ReadImageSize

SCHEMA_VERSION = 1
KIND = "headway-records"
_NAMELESS = ("data.yaml", "data.yml", "_annotations.coco.json")
"""Files that are called so in every data set: its folder has the better name."""
_TOLD_BY_READERS = {"code-in-data", "image-without-label", "listed-twice"}
_DIGEST = re.compile(r"[0-9a-f]{64}")
_IMPORT_AGAIN = "run headway data import again"


@dataclass(frozen=True, slots=True)
class Record:
    """One image that was looked at, and its labels.

    Attributes:
        image: as its source gave it.
        sha256: of the image file's bytes.
        width, height: of the upright image, in pixels.
    """

    image: SourceImage
    sha256: str
    width: int
    height: int


def write_records(
    path: Path,
    source: Source,
    records: Sequence[Record],
    classes: Sequence[str],
    problems: Iterable[Problem] = (),
    *,
    root: str,
) -> None:
    """Write `path`, which appears whole or stays as it was; equal data give equal bytes.

    Args:
        path: the file.
        source: where the records come from.
        records: the images, in any order.
        classes: class names.
        problems: what was found and could not be found again in the records (`unseen_problems`).
        root: folder of the data set as the file shall name it, absolute or relative to the file's own.

    Raises:
        OSError: it cannot be written.
    """
    lines = [
        canonical_json(_record_values(record, source.root)) + "\n"
        for record in sorted(records, key=lambda record: (record.image.image_id, record.image.path))
    ]
    header = {
        "schema_version": SCHEMA_VERSION,
        "kind": KIND,
        "format": source.format,
        "classes": list(classes),
        "about": dict(source.about),
        "images": len(lines),
        "problems": [problem_values(problem) for problem in problems],
    }
    digest = _begin_digest(header)
    for line in lines:
        digest.update(line.encode())
    header |= {"root": root, "sha256": digest.hexdigest()}
    atomic.write_text(path, "".join([canonical_json(header) + "\n", *lines]))


def unseen_problems(findings: Findings, records: Iterable[Record]) -> list[Problem]:
    """Return what nobody who looks at the records alone could find: notes on labels, and what is settled in them.

    What was dropped, or kept against the default, is told as settled, whatever the policies become later.
    """
    kept = {record.image.image_id for record in records}
    unseen = []
    for problem in sorted_problems(findings.problems):
        kind, policy = KINDS[problem.code], findings.policy(problem.code)
        gone = policy == "drop" and (kind.takes == "row" or problem.image_id not in kept)
        told_by_reader = problem.code.startswith("label-") or problem.code in _TOLD_BY_READERS
        if problem.code == "split-quarantined" or not (gone or told_by_reader):
            continue
        if gone or (policy == "keep" and kind.default == "fail"):
            done = "left out" if gone else kind.kept or "kept"
            unseen.append(replace(problem, code="settled-at-import", message=f"{problem.message}: {done}", box=None))
        else:
            unseen.append(replace(problem, box=None))
    return unseen


def name_of(path: Path) -> str:
    """Return what a data set is called: its folder, or its file where that has a name of its own."""
    path = path.resolve()
    named = path.parent.name if path.name in _NAMELESS else path.name if path.is_dir() else path.stem
    return re.sub(r"[^\w.-]+", "-", named).strip(".-") or "dataset"


def root_for(root: Path, file: Path) -> str:
    """Return how records in `file` name the data set folder: absolute if it was given so, else relative to them."""
    return root.as_posix() if root.is_absolute() else Path(os.path.relpath(root, file.parent)).as_posix()


def label_digest(records: Iterable[Record]) -> str:
    """Return a SHA-256 over digest, size and boxes of every image: equal for equal data, whatever the format."""
    images = [
        sha256_of([record.sha256, record.width, record.height, sorted(map(_box_values, record.image.boxes))])
        for record in records
    ]
    return sha256_of(sorted(images))


def is_records(path: Path) -> bool:
    """Return whether a file begins as `write_records` begins it."""
    try:
        _read_header(path)
    except (InputError, OSError):
        return False
    return True


def read_records(path: Path, *, read_image_size: ReadImageSize, findings: Findings) -> Source:  # noqa: ARG001
    """Open what `write_records` wrote; the lines are read as the images are taken.

    Raises:
        InputError: it is no such file, or of another schema.
        OSError: it cannot be opened.
    """
    header = _read_header(path)
    root = path.parent / header["root"]
    about = {name: str(text) for name, text in header["about"].items()}
    classes = tuple(map(str, header["classes"]))
    findings.problems += _problems_from(path, header)
    images = _read_images(path, root, header, findings)
    return Source("records", root, classes, images, header["images"], about)


def _record_values(record: Record, root: Path) -> dict[str, Any]:
    image = record.image
    lines = image.lines or (0,) * len(image.boxes)
    return {
        "image_id": image.image_id,
        "file": image.path.relative_to(root).as_posix(),
        "sha256": record.sha256,
        "width": record.width,
        "height": record.height,
        "split": image.split,
        "group": image.group,
        "labels": image.labels,
        "boxes": [[*_box_values(box), line] for box, line in zip(image.boxes, lines, strict=True)],
    }


def _box_values(box: Box) -> list[Any]:
    # Adding 0.0 makes one of the two zeros that a float has.
    return [box.class_name, box.x_min + 0.0, box.y_min + 0.0, box.x_max + 0.0, box.y_max + 0.0]


def _read_header(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        first = file.readline()
    try:
        header = json.loads(first)
        kind, version = header["kind"], header["schema_version"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(f"{path}:1 is no header of records", hint=_IMPORT_AGAIN) from error
    if kind != KIND or version != SCHEMA_VERSION:
        said = f"{path} holds {quoted(str(kind))} of schema version {version!r}, not {KIND} of {SCHEMA_VERSION}"
        raise InputError(said, hint=_IMPORT_AGAIN)
    types = {"root": str, "classes": list, "about": dict, "images": int, "problems": list, "sha256": str}
    for name, wanted in types.items():
        if not isinstance(header.get(name), wanted):
            raise InputError(f"{path}:1 has no usable {name!r}", hint=_IMPORT_AGAIN)
    if "\0" in header["root"] or not _is_writable(header):
        raise InputError(f"{path}:1 holds what no header can", hint=_IMPORT_AGAIN)
    return dict(header)


def _problems_from(path: Path, header: Mapping[str, Any]) -> list[Problem]:
    try:
        problems = [problem_from(values) for values in header["problems"]]
        if all(problem.code in KINDS for problem in problems):
            return problems
    except _DAMAGE as error:
        raise InputError(f"{path}:1 has no usable 'problems'", hint=_IMPORT_AGAIN) from error
    raise InputError(f"{path}:1 has problems of an unknown kind", hint=_IMPORT_AGAIN)


def _is_writable(header: Mapping[str, Any]) -> bool:
    try:
        canonical_json(header).encode()
    except ValueError:  # NaN, or half of a character
        return False
    return True


def _read_images(path: Path, root: Path, header: Mapping[str, Any], findings: Findings) -> Iterator[SourceImage]:
    enclosure = Enclosure(root)
    digest, count = _begin_digest(header), 0
    with path.open("rb") as file:
        file.readline()
        for number, line in enumerate(file, start=2):
            digest.update(line)
            count += 1
            try:
                image = _image_from(json.loads(line), root)
            except _DAMAGE as error:
                findings.add("label-malformed", f"the line is not as it was written: {error}", path.name, number)
                continue
            if _is_there(image, enclosure, path.name, number, findings):
                yield image
    if (count, digest.hexdigest()) != (header["images"], header["sha256"]):
        said = f"{count} lines that are not the {header['images']} that were written; import the data set again"
        findings.add("label-malformed", said, path.name)


def _is_there(image: SourceImage, enclosure: Enclosure, file: str, line: int, findings: Findings) -> bool:
    state = enclosure.state(str(image.path))
    if state == "file":
        return True
    code, what = (
        ("path-escapes", "leads out of the data set") if state == "outside" else ("image-missing", "is not there")
    )
    findings.add(code, f"image {quoted(image.image_id)} {what}", file, line)
    return False


_DAMAGE = (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError)
"""What a line that `write_records` did not write leads to."""


def _image_from(values: Mapping[str, Any], root: Path) -> SourceImage:
    """Return the image of one line.

    Raises:
        Exception: one of `_DAMAGE`.
    """
    texts = {name: _text(values, name) for name in ("image_id", "file", "sha256")}
    split, group, labels = values["split"], _text_or_none(values, "group"), _text_or_none(values, "labels")
    if split not in (None, *get_args(Split)):
        raise ValueError(f"split {quoted(str(split))}")
    if not _DIGEST.fullmatch(texts["sha256"]):
        raise ValueError(f"sha256 {quoted(texts['sha256'])}")
    rows = [_row_from(*row) for row in values["boxes"]]
    return SourceImage(
        texts["image_id"],
        root / texts["file"],
        tuple(box for box, _ in rows),
        labels,
        tuple(line for _, line in rows),
        split,
        group,
        texts["sha256"],
    )


def _row_from(name: object, *numbers: object) -> tuple[Box, int]:
    *corners, line = numbers
    if not isinstance(name, str) or printable(name) != name or type(line) is not int or len(corners) != 4:
        raise ValueError("a box is not [class, x_min, y_min, x_max, y_max, line]")
    floats = [float(corner) for corner in corners if type(corner) in (int, float)]  # type: ignore[arg-type]
    if len(floats) != 4 or not all(map(math.isfinite, floats)):
        raise ValueError(f"box {quoted(str(corners))} is not finite")
    return Box(name, *floats), line


def _text(values: Mapping[str, Any], name: str) -> str:
    text = values[name]
    if not isinstance(text, str) or not text or printable(text) != text:
        raise ValueError(f"{name} {quoted(str(text))}")
    return text


def _text_or_none(values: Mapping[str, Any], name: str) -> str | None:
    return None if values[name] is None else _text(values, name)


def _begin_digest(header: Mapping[str, Any]) -> hashlib._Hash:
    """Return a SHA-256 that has taken the header; a data set may be moved, so `root` is no part of it."""
    said = {name: value for name, value in header.items() if name not in ("root", "sha256")}
    return hashlib.sha256(canonical_json(said).encode())
