"""Which format a source has, judged by what lies there."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from headway.contracts.params.document import read_document
from headway.data.readers.voc import find_voc_folders
from headway.data.readers.yolo import find_data_yaml
from headway.errors import InputError

Format = Literal["shelves", "yolo", "voc"]


def detect_format(source: Path) -> Format:
    """Return the format of an existing file or folder.

    Raises:
        InputError: no format fits, or more than one.
    """
    if source.is_file():
        return _format_of_file(source)
    fitting: list[Format] = []
    if find_data_yaml(source):
        fitting.append("yolo")
    if find_voc_folders(source):
        fitting.append("voc")
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise InputError(
            f"{source} can be read as {' and as '.join(fitting)}", hint=f"set prepare.format to {' or '.join(fitting)}"
        )
    raise InputError(
        f"{source} holds no data set that Headway knows",
        hint="a folder needs a data.yaml (Ultralytics YOLO), or Annotations/ and JPEGImages/ (Pascal VOC)",
    )


def _format_of_file(source: Path) -> Format:
    if source.suffix not in {".yaml", ".yml"}:
        raise InputError(f"{source} is neither a folder nor a YAML file", hint="name the data set's folder")
    return "shelves" if "scene" in read_document(source).values else "yolo"
