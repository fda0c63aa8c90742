"""Feeds damaged files to every label reader for a while: `make fuzz SECONDS=60`. Needs the extra `fuzz` (atheris).

A reader may refuse a file as a whole (InputError) or report problems. It fails when it raises anything else, hangs,
reports what no report can hold, or yields fewer boxes than there are well-formed rows and says nothing. The input
is then kept below runs/fuzz; run it again with --only READER --replay FILE.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import importlib.util
import io
import json
import math
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from PIL import Image

KEPT = Path("runs/fuzz")
SLOWEST_S = 10
"""One input may take so long; more is a hang."""
LONGEST_BYTES = 4096
SHOWN_LINES = 40
"""Of what a reader that failed has said."""
TOKENS = (
    *("nan", "inf", "-1", "1e999", "1e-999", "0x1", "1_0", "1,5", "\u0663", "99999999999999999999"),
    *(";", "\t", "\r", "\x00", "\ufeff", "../", "/etc", "a.png", "null", "true", "[]", "{}", "&x;", "<!DOCTYPE"),
)
"""What the fuzzer splices in beside the bytes that it makes up."""

_DONE = re.compile(r"Done (\d+) runs in (\d+) second")
_CHATTER = ("INFO:", "WARNING:", "#")
"""How lines begin in which libFuzzer tells of its progress."""
_NAMES = ("cup", "jar")
_DATA_YAML = b"train: images/train\nval:\nnames: [cup, jar]\n"
_LABELS = b"0 0.5 0.5 0.25 0.25\n1 0.25 0.5 0.125 0.5\n"
_CSV_HEADER = b"filename,width,height,class,xmin,ymin,xmax,ymax"
_RECORDS_HEADER = {"kind": "headway-records", "schema_version": 1, "format": "yolo", "root": ".", "about": {}}


@dataclass(frozen=True)
class Target:
    """One reader and the file that is damaged for it.

    Attributes:
        module, function: the reader, below headway.data.readers.
        opened: what the reader is given, relative to the data set's folder.
        damaged: file that is damaged.
        image: where the one image lies.
        seeds: sound contents to begin with.
        well_formed: counts the rows of a content that are beyond doubt, by other means than the reader's.
        others: files that stay sound.
    """

    module: str
    function: str
    opened: str
    damaged: str
    image: str
    seeds: Sequence[bytes]
    well_formed: Callable[[bytes], int]
    others: Mapping[str, bytes] = field(default_factory=dict)


def count_yolo_rows(content: bytes) -> int:
    """Count rows of a known class and four plain shares."""
    return len(re.findall(rb"(?m)^[01](?: 0\.\d{1,9}){4}$", content))


def count_ndjson_rows(content: bytes) -> int:
    """Count boxes of five finite numbers, of a known class, of the image that there is."""
    header, *lines = map(_json, content.split(b"\n"))
    names = header.get("class_names") if isinstance(header, dict) else None
    known = set(names) if isinstance(names, dict) else set()
    images = [line for line in lines if isinstance(line, dict) and line.get("file") == "a.png"]
    return sum(
        _are_numbers(row, 5) and str(row[0]) in known
        for image in images
        if isinstance(image.get("annotations"), dict) and isinstance(image["annotations"].get("boxes"), list)
        for row in image["annotations"]["boxes"]
    )


def count_coco_rows(content: bytes) -> int:
    """Count annotations of four finite numbers, of a known category, of the image that there is."""
    document = _json(content)
    if not isinstance(document, dict):
        return 0
    images = {one.get("id") for one in _objects(document, "images") if one.get("file_name") == "a.png"}
    categories = {one.get("id") for one in _objects(document, "categories") if isinstance(one.get("name"), str)}
    return sum(
        _are_numbers(one.get("bbox"), 4) and one.get("image_id") in images and one.get("category_id") in categories
        for one in _objects(document, "annotations")
        if type(one.get("image_id")) is int and type(one.get("category_id")) is int
    )


def count_voc_rows(content: bytes) -> int:
    """Count objects with a name and four corners."""
    try:
        root = ET.fromstring(content)
    except (ET.ParseError, ValueError, LookupError):
        return 0
    corners = ("bndbox/xmin", "bndbox/ymin", "bndbox/xmax", "bndbox/ymax")
    objects = root.findall("object") if root.tag == "annotation" else []
    return sum(
        bool(one.findtext("name", "").strip())
        and all(re.fullmatch(r"\d{1,6}(\.\d{1,6})?", one.findtext(corner, "")) for corner in corners)
        for one in objects
    )


def count_csv_rows(content: bytes) -> int:
    """Count rows of the image that there is, with a class and four plain numbers, under the seed's header."""
    header, *rows = content.replace(b"\r\n", b"\n").split(b"\n")
    row = re.compile(rb"a\.png,\d*,\d*,[a-z]+(?:,\d{1,6}(?:\.\d{1,6})?){4}")
    return sum(bool(row.fullmatch(line)) for line in rows) if header == _CSV_HEADER else 0


def count_record_rows(content: bytes) -> int:
    """Count the boxes of every line."""
    lines = [_json(line) for line in content.split(b"\n")[1:]]
    return sum(len(line["boxes"]) for line in lines if isinstance(line, dict) and isinstance(line.get("boxes"), list))


def _seeds_of_json() -> tuple[bytes, bytes, bytes]:
    """Return sound NDJSON, COCO and records."""
    boxes = [[0, 0.5, 0.5, 0.25, 0.25], [1, 0.25, 0.5, 0.125, 0.5]]
    image = {"type": "image", "file": "a.png", "width": 64, "height": 48, "split": "train"}
    header = {"type": "dataset", "task": "detect", "class_names": {"0": "cup", "1": "jar"}}
    ndjson = "\n".join(map(json.dumps, (header, {**image, "annotations": {"boxes": boxes}})))
    coco = {
        "images": [{"id": 1, "file_name": "a.png", "width": 64, "height": 48}],
        "categories": [{"id": number, "name": name} for number, name in enumerate(_NAMES)],
        "annotations": [
            {"id": 1, "image_id": 1, "category_id": 0, "bbox": [8, 8.5, 16, 12], "iscrowd": 0},
            {"id": 2, "image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4], "segmentation": [[1, 2, 4, 2, 4, 6]]},
        ],
    }
    values = {"image_id": "a", "file": "a.png", "sha256": "0" * 64, "width": 64, "height": 48}
    values |= {"split": "train", "group": None, "labels": "a.txt", "boxes": [["cup", 8.0, 8.5, 16.0, 12.0, 1]]}
    line = json.dumps(values)
    digest = hashlib.sha256(f"{line}\n".encode()).hexdigest()
    records = json.dumps({**_RECORDS_HEADER, "classes": list(_NAMES), "images": 1, "sha256": digest})
    return ndjson.encode(), json.dumps(coco).encode(), f"{records}\n{line}\n".encode()


_NDJSON, _COCO, _RECORDS = _seeds_of_json()
_VOC = b"""<annotation><filename>a.png</filename><size><width>64</width><height>48</height><depth>3</depth></size>
<object><name>cup</name><bndbox><xmin>8</xmin><ymin>8.5</ymin><xmax>16</xmax><ymax>12</ymax></bndbox></object>
<object><name>jar</name><difficult>1</difficult>
<bndbox><xmin>1</xmin><ymin>2</ymin><xmax>3</xmax><ymax>4</ymax></bndbox></object></annotation>
"""
_CSV = b"\n".join([_CSV_HEADER, b"a.png,64,48,cup,8,8.5,16,12", b"a.png,64,48,jar,1,2,3,4", b""])

TARGETS: Mapping[str, Target] = {
    "yolo": Target(
        "yolo", "read_yolo", "data.yaml", "labels/train/a.txt", "images/train/a.png",
        (_LABELS, b"1 0.1 0.1 0.3 0.1 0.3 0.4\r\n0;0,5;0,5;0,25;0,25\n\n"), count_yolo_rows, {"data.yaml": _DATA_YAML},
    ),
    "data.yaml": Target(
        "yolo", "read_yolo", "data.yaml", "data.yaml", "images/train/a.png",
        (_DATA_YAML, b"path: .\ntrain: [../train/images, images]\nnc: 2\nnames:\n  0: cup\n  1: jar\ndownload: x\n"),
        lambda _content: count_yolo_rows(_LABELS), {"labels/train/a.txt": _LABELS},
    ),
    "ndjson": Target("ndjson", "read_ndjson", "a.ndjson", "a.ndjson", "a.png", (_NDJSON,), count_ndjson_rows),
    "coco": Target("coco", "read_coco", "a.json", "a.json", "a.png", (_COCO,), count_coco_rows),
    "voc": Target("voc", "read_voc", ".", "Annotations/a.xml", "JPEGImages/a.png", (_VOC,), count_voc_rows),
    "csv": Target("csv_table", "read_csv", "a.csv", "a.csv", "a.png", (_CSV,), count_csv_rows),
    "records": Target("records", "read_records", "a.jsonl", "a.jsonl", "a.png", (_RECORDS,), count_record_rows),
}  # fmt: skip


def main() -> int:
    """Give every reader its share of the time; 1 when one of them failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=60, help="of all readers together")
    parser.add_argument("--only", choices=TARGETS, help="one reader")
    parser.add_argument("--replay", type=Path, help="run this input once, through the reader that --only names")
    parser.add_argument("--worker", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if importlib.util.find_spec("atheris") is None:
        parser.error("atheris is not there; run: .venv/bin/pip install --constraint constraints.txt --editable .[fuzz]")
    if options.replay and not options.only:
        parser.error("--replay needs --only")
    if options.worker:
        work(options.only, options.worker, options.seconds, options.replay)
    names = [options.only] if options.only else list(TARGETS)
    print(f"{'reader':<10} {'executions':>10} {'seconds':>8}")
    return 1 if False in [start(name, max(1, options.seconds // len(names)), options.replay) for name in names] else 0


def start(name: str, seconds: int, replay: Path | None) -> bool:
    """Fuzz one reader in a process of its own and print its line; return whether it held."""
    KEPT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, __file__, "--only", name, "--worker", folder, "--seconds", str(seconds)]
        command += ["--replay", str(replay)] if replay else []
        result = subprocess.run(command, capture_output=True, text=True, errors="replace")
    said = result.stderr + result.stdout
    done = _DONE.search(said)
    runs, took = done.groups() if done else ("", "")
    print(f"{name:<10} {runs:>10} {took:>8}{'' if result.returncode == 0 else '  FAILED'}", flush=True)
    if result.returncode != 0:
        told = [line for line in said.splitlines() if not line.startswith(_CHATTER)]
        print("\n".join(told[-SHOWN_LINES:]))
    return result.returncode == 0


def work(name: str, folder: Path, seconds: int, replay: Path | None) -> NoReturn:
    """Fuzz one reader until its time is up; libFuzzer ends the process."""
    import atheris

    target = TARGETS[name]
    with atheris.instrument_imports(include=["headway.data.readers"]):
        module = importlib.import_module(f"headway.data.readers.{target.module}")
    data, corpus, words = folder / "data", folder / "corpus", folder / "words.txt"
    lay_out(target, data)
    corpus.mkdir()
    for number, seed in enumerate(target.seeds):
        (corpus / str(number)).write_bytes(seed)
    words.write_text("".join(f'"{_escaped(token)}"\n' for token in TOKENS))
    flags = [f"-timeout={SLOWEST_S}", f"-max_len={LONGEST_BYTES}", f"-dict={words}", f"-max_total_time={seconds}"]
    flags += [f"-artifact_prefix={KEPT}/{name}-", str(replay or corpus)]
    atheris.Setup([sys.argv[0], *flags], lambda content: try_input(target, module, data, content))
    atheris.Fuzz()
    sys.exit(0)


def lay_out(target: Target, data: Path) -> None:
    """Write the sound part of the data set: one real image and the files that are not damaged."""
    picture = io.BytesIO()
    Image.new("RGB", (64, 48), (90, 120, 150)).save(picture, "PNG")
    files = {**target.others, target.image: picture.getvalue(), target.damaged: target.seeds[0]}
    for name, content in files.items():
        (data / name).parent.mkdir(parents=True, exist_ok=True)
        (data / name).write_bytes(content)


def try_input(target: Target, module: Any, data: Path, content: bytes) -> None:
    """Read one damaged file.

    Raises:
        AssertionError: something was dropped silently, or reported in a way that no report can hold.
        Exception: whatever the reader raises, but for InputError.
    """
    from headway.contracts.problem import problem_values
    from headway.contracts.problems import KINDS
    from headway.data.findings import Findings
    from headway.errors import InputError
    from headway.integrations.pillow.reading import read_image_size

    (data / target.damaged).write_bytes(content)
    findings = Findings()
    try:
        source = getattr(module, target.function)(
            data / target.opened, read_image_size=read_image_size, findings=findings
        )
        images = list(source.images)
    except InputError:
        return
    problems = [*findings.problems, *(problem for image in images for problem in image.problems)]
    for problem in problems:
        assert problem.code in KINDS, problem
        assert json.dumps(problem_values(problem), ensure_ascii=False).encode(), problem
    for image in images:
        assert len(image.boxes) == len(image.lines), image
        assert all(problem.box is None or problem.box < len(image.boxes) for problem in image.problems), image
        for box in image.boxes:
            assert all(map(math.isfinite, (box.x_min, box.y_min, box.x_max, box.y_max))), box
    boxes, rows = sum(len(image.boxes) for image in images), target.well_formed(content)
    assert problems or boxes >= rows, f"{rows} well-formed rows, {boxes} boxes, and no problem"


def _json(content: bytes) -> Any:
    """Return a JSON value; None where there is none."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def _objects(document: dict[str, Any], key: str) -> list[dict[str, Any]]:
    """Return the objects of a list that have ids that can be compared."""
    values = document.get(key)
    objects = [value for value in values if isinstance(value, dict)] if isinstance(values, list) else []
    return [value for value in objects if type(value.get("id")) is int]


def _are_numbers(values: object, count: int) -> bool:
    return (
        isinstance(values, list)
        and len(values) == count
        and all(type(value) in (int, float) and abs(value) < 1e6 for value in values)
    )


def _escaped(token: str) -> str:
    """Return a token as libFuzzer's dictionaries write it."""
    return "".join(f"\\x{byte:02x}" for byte in token.encode())


if __name__ == "__main__":
    sys.exit(main())
