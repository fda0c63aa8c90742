"""Which format a source has, judged by what lies there, and the reader that opens it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from headway.contracts.params.document import read_document
from headway.data.findings import Findings
from headway.data.readers.coco import find_coco_files, is_coco, read_coco
from headway.data.readers.csv_table import find_csv_files, is_box_table, read_csv
from headway.data.readers.foreign import read_foreign_source
from headway.data.readers.ndjson import find_ndjson_file, read_ndjson
from headway.data.readers.records import is_records, read_records
from headway.data.readers.voc import find_voc_folders, read_voc
from headway.data.readers.yolo import find_data_yaml, read_yolo
from headway.data.source import Source
from headway.errors import InputError
from headway.ports import ReadForeign, ReadImageSize

_HEAD_BYTES = 1 << 16
_FOREIGN_PATTERNS = tuple(f"{folder}*{suffix}" for suffix in (".xml", ".json", ".csv") for folder in ("", "*/"))
_KNOWN = (
    "a folder needs a data.yaml (Ultralytics YOLO), Annotations/ and JPEGImages/ (Pascal VOC), one .ndjson file, "
    "COCO .json files, or a .csv table of boxes; name another format with --format"
)


class Reader(Protocol):
    """Opens a source of one format."""

    def __call__(self, path: Path, *, read_image_size: ReadImageSize, findings: Findings) -> Source: ...


READERS: Mapping[str, Reader] = {
    "yolo": read_yolo,
    "voc": read_voc,
    "coco": read_coco,
    "ndjson": read_ndjson,
    "csv": read_csv,
    "records": read_records,
}
FOREIGN_FORMATS = ("cvat", "labelme", "openimages", "via")


def open_source(
    path: Path,
    format: str,
    *,
    read_image_size: ReadImageSize,
    findings: Findings,
    read_foreign: ReadForeign | None = None,
) -> Source:
    """Open `path` as `format`; "auto" looks at what lies there.

    Images are read as they are asked for, and `findings` grows meanwhile.

    Raises:
        InputError: nothing can be read there as this format, or no library is at hand for it.
        OSError: something cannot be listed or opened.
    """
    chosen = detect_format(path) if format == "auto" else format
    if reader := READERS.get(chosen):
        return reader(path, read_image_size=read_image_size, findings=findings)
    if chosen in FOREIGN_FORMATS and read_foreign is not None:
        return read_foreign_source(path, chosen, read=read_foreign, findings=findings)
    formats = ", ".join((*READERS, *FOREIGN_FORMATS))
    raise InputError(f"{path} cannot be opened as {chosen!r}", hint=f"formats that can be opened: {formats}")


def detect_format(source: Path) -> str:
    """Return the format of an existing file or folder.

    A CSV table counts only where nothing else is found: it often lies beside what it was made from.

    Raises:
        InputError: no format fits, or more than one.
    """
    if source.is_file():
        return _format_of_file(source)
    fitting = []
    if find_data_yaml(source):
        fitting.append("yolo")
    if find_voc_folders(source):
        fitting.append("voc")
    if find_ndjson_file(source):
        fitting.append("ndjson")
    if any(map(is_coco, find_coco_files(source))):
        fitting.append("coco")
    if not fitting:
        fitting = _lesser_formats(source)
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise InputError(
            f"{source} can be read as {' and as '.join(fitting)}", hint=f"set prepare.format to {' or '.join(fitting)}"
        )
    raise InputError(f"{source} holds no data set that Headway knows", hint=_KNOWN)


def _lesser_formats(folder: Path) -> list[str]:
    if find_csv_files(folder):
        return ["csv"]
    if any(map(is_records, folder.glob("*.jsonl"))):
        return ["records"]
    files = (path for pattern in _FOREIGN_PATTERNS for path in sorted(folder.glob(pattern)) if path.is_file())
    return next(([found] for path in files if (found := _foreign_format(path))), [])


def _format_of_file(source: Path) -> str:
    suffix = source.suffix.lower()
    if suffix in {".yaml", ".yml"}:
        return "shelves" if "scene" in read_document(source).values else "yolo"
    if suffix in {".ndjson", ".jsonl"}:
        return "records" if is_records(source) else "ndjson"
    if suffix == ".json" and is_coco(source):
        return "coco"
    if found := _foreign_format(source):
        return found
    if suffix in {".csv", ".tsv", ".txt"} and is_box_table(source):
        return "csv"
    raise InputError(f"{source} is no data set that Headway knows", hint=f"name the data set's folder: {_KNOWN}")


def _foreign_format(file: Path) -> str | None:
    """Return which format of a general library a file begins like."""
    with file.open("rb") as opened:
        head = opened.read(_HEAD_BYTES)
    suffix = file.suffix.lower()
    if suffix == ".xml":
        return "cvat" if b"<annotations" in head else None
    if suffix == ".json":
        if b'"_via_' in head or b'"regions"' in head:
            return "via"
        return "labelme" if b'"shapes"' in head else None
    if suffix == ".csv":
        header = {name.strip() for name in head.partition(b"\n")[0].split(b",")}
        return "openimages" if {b"ImageID", b"LabelName", b"XMin"} <= header else None
    return None
