"""A data set on disk for every kind of problem: real files that show it, and where it is found.

Each function of `FLAWS` writes below a folder and returns the arguments of `headway data check`.
"""

from __future__ import annotations

import json
import shutil
import struct
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from PIL import Image

from headway.contracts.canonical import sha256_file
from headway.contracts.evidence import DETECTIONS, IMAGES
from headway.contracts.problem import Problem
from headway.data.readers.records import Record, write_records
from headway.data.source import Source, SourceImage
from headway.integrations.pyarrow import ParquetStore
from tests.data.sources import SIZE, voc_object, write_image, write_text, write_voc, write_yolo

Arguments = Sequence[str]
Make = Callable[[Path], Arguments]

GOOD = "0 0.25 0.25 0.3 0.3\n1 0.7 0.7 0.3 0.3\n"
STEMS = ("train/a", "train/b", "val/c", "test/d")
SET = ["set"]
_HASHES = ("0" * 32, "1" * 32)


@dataclass(frozen=True)
class Flaw:
    """How to make a problem, and where it is to be found ("" where that is no file)."""

    make: Make
    place: str


def write_sound(folder: Path, rows: Mapping[str, str] | None = None, **data: Any) -> Path:
    """Write a YOLO data set in which nothing fails, but for what `rows` ("split/stem" -> label text) bring."""
    return write_yolo(folder / "set", {**dict.fromkeys(STEMS, GOOD), **(rows or {})}, **data)


def row(text: str) -> Flaw:
    """A bad row below two good ones."""

    def make(folder: Path) -> Arguments:
        write_sound(folder, {"train/a": f"{GOOD}{text}\n"})
        return SET

    return Flaw(make, "labels/train/a.txt:3")


def image(change: Callable[[Path], None], name: str = "a.png") -> Flaw:
    """A bad image file; `change` gets its path."""

    def make(folder: Path) -> Arguments:
        root = write_sound(folder)
        (root / "images/train/a.png").unlink()
        change(root / "images/train" / name)
        return SET

    return Flaw(make, f"images/train/{name}")


def data_set(rows: Mapping[str, str], place: str = "", **data: Any) -> Flaw:
    """A set of other labels or another data.yaml."""

    def make(folder: Path) -> Arguments:
        write_sound(folder, rows, **data)
        return SET

    return Flaw(make, place)


def after(change: Callable[[Path], None], place: str = "") -> Flaw:
    """A sound set to which something is done; `change` gets its folder."""

    def make(folder: Path) -> Arguments:
        change(write_sound(folder))
        return SET

    return Flaw(make, place)


def own(rows: Mapping[str, str] | None, classes: Sequence[str], **prepare: Any) -> Flaw:
    """A set that params.yaml names, beside a registry of `classes`."""

    def make(folder: Path) -> Arguments:
        write_sound(folder, rows)
        registry: dict[str, Any] = {
            "schema_version": 1,
            "classes": {name: number for number, name in enumerate(classes)},
        }
        write_text(folder / "classes.yaml", yaml.safe_dump(registry, sort_keys=False))
        set_params(folder, source="set", classes="classes.yaml", ledger="splits.csv", **prepare)
        return []

    return Flaw(make, "")


def set_params(folder: Path, **prepare: Any) -> None:
    """Add to the prepare section of `folder/params.yaml`."""
    file = folder / "params.yaml"
    known: dict[str, Any] = yaml.safe_load(file.read_text()) if file.exists() else {"model": "detector"}
    known["prepare"] = {**known.get("prepare", {}), **prepare}
    file.write_text(yaml.safe_dump(known))


def smooth(path: Path, seed: int = 0, **options: Any) -> Path:
    """Write an image with large shapes, as photos have; noise alone has no near duplicates."""
    path.parent.mkdir(parents=True, exist_ok=True)
    grid = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    Image.fromarray(grid).resize((160, 120), Image.Resampling.BICUBIC).save(path, **options)
    return path


def _sharp(seed: int = 50) -> Image.Image:
    width, height = SIZE
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8))


def _no_image(path: Path) -> None:
    write_text(path, "not an image")


def _rotated(path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    _sharp().save(path, exif=exif)


def _truncated(path: Path) -> None:
    write_image(path, seed=50)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _trailing(path: Path) -> None:
    write_image(path, seed=50)
    path.write_bytes(path.read_bytes() + b"\0\0")


def _misnamed(path: Path) -> None:
    _sharp().save(path, "PNG")


def _huge(path: Path) -> None:
    """Write a PNG that claims 30,000 x 30,000 pixels."""
    header = b"IHDR" + struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    chunks = [header, b"IDAT" + zlib.compress(b"\0" * 100), b"IEND"]
    body = b"".join(
        struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) for chunk in chunks
    )
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + body)


def _escape(path: Path) -> None:
    outside = write_image(path.parents[3] / "outside.png", seed=50)
    path.symlink_to(outside)


def _shown(level: int, spread: int = 0) -> Callable[[Path], None]:
    """Return what writes an image of this grey level, with noise of this spread."""

    def change(path: Path) -> None:
        noise = np.random.default_rng(50).integers(0, spread + 1, (SIZE[1], SIZE[0], 3))
        Image.fromarray((level + noise).astype(np.uint8)).save(path)

    return change


def _blurred(path: Path) -> None:
    slope = np.linspace(60, 200, SIZE[0] * 4)[None, :, None] + np.linspace(0, 40, SIZE[1] * 4)[:, None, None]
    Image.fromarray(np.broadcast_to(slope, (SIZE[1] * 4, SIZE[0] * 4, 3)).astype(np.uint8)).save(path)


def _grey_among_many(root: Path) -> None:
    _more(root)
    _sharp().convert("L").save(root / "images/train/a.png")


def _odd_among_many(root: Path) -> None:
    _more(root)
    write_image(root / "images/train/a.png", seed=50, size=(SIZE[0] * 4, SIZE[1] * 4))


def _crowded_among_many(root: Path) -> None:
    _more(root)
    rows = [f"0 0.{number:02} 0.5 0.1 0.2" for number in range(10, 90, 4)]
    write_text(root / "labels/train/a.txt", "\n".join(rows))


def _more(root: Path) -> None:
    for number in range(30):
        write_image(root / f"images/train/more{number:02}.png", seed=100 + number)
        write_text(root / f"labels/train/more{number:02}.txt", GOOD)


def _copy(source: str, target: str) -> Callable[[Path], None]:
    return lambda root: _copied(root / source, root / target)


def _copied(source: Path, target: Path) -> None:
    shutil.copyfile(source, target)


def _near(target: str) -> Callable[[Path], None]:
    def change(root: Path) -> None:
        smooth(root / "images/train/a.png", seed=7)
        (root / target).with_suffix(".png").unlink(missing_ok=True)
        smooth((root / target).with_suffix(".jpg"), seed=7, quality=80)

    return change


def _augmented(*splits: str) -> Flaw:
    names = {f"{split}/shelf_jpg.rf.{digits}": GOOD for split, digits in zip(splits, _HASHES, strict=True)}
    return data_set(names, f"images/train/shelf_jpg.rf.{_HASHES[0]}.png")


def _lists(train: str, val: str) -> Callable[[Path], None]:
    def change(root: Path) -> None:
        write_text(root / "train.txt", train)
        write_text(root / "val.txt", val)
        values = {"train": "train.txt", "val": "val.txt", "test": "images/test", "names": ["cup", "jar"]}
        write_text(root / "data.yaml", yaml.safe_dump(values))

    return change


def _coco(annotations: Sequence[Mapping[str, Any]], file_name: str = "a.png") -> Make:
    def make(folder: Path) -> Arguments:
        root = folder / "set"
        write_image(root / "a.png")
        images = [{"id": 1, "file_name": file_name, "width": SIZE[0], "height": SIZE[1]}]
        rows = [{"id": number, "image_id": 1, "category_id": 1, **one} for number, one in enumerate(annotations)]
        categories = [{"id": 1, "name": "cup"}]
        content = {"images": images, "categories": categories, "annotations": rows}
        write_text(root / "instances.json", json.dumps(content, indent=0))
        return SET

    return make


def _broken_voc(folder: Path) -> Arguments:
    root = write_voc(folder / "set", {"a": voc_object("cup", 5, 5, 30, 30), "b": voc_object("cup", 5, 5, 30, 30)})
    write_text(root / "Annotations/a.xml", "<annotation>\n<object>\n</annotation>\n")
    return SET


def _voc_of_another_size(folder: Path) -> Arguments:
    root = write_voc(folder / "set", {"a": voc_object("cup", 5, 5, 30, 30)})
    write_image(root / "JPEGImages/a.png", size=(128, 96))
    return SET


def _changed_image(folder: Path) -> Arguments:
    root = write_sound(folder)
    imported = SourceImage("train/a", root / "images/train/a.png", split="train")
    record = Record(imported, "0" * 64, *SIZE)
    write_records(folder / "set.jsonl", Source("yolo", root, ("cup",), ()), [record], ("cup",), root="set")
    return ["set.jsonl"]


def _settled(folder: Path) -> Arguments:
    root = write_sound(folder)
    path = root / "images/train/a.png"
    record = Record(SourceImage("train/a", path, split="train"), sha256_file(path), *SIZE)
    left_out = Problem("settled-at-import", "cup box has no area: left out", "labels/train/a.txt", 2)
    write_records(folder / "set.jsonl", Source("yolo", root, ("cup",), ()), [record], ("cup",), [left_out], root="set")
    return ["set.jsonl"]


def _sessions(folder: Path) -> Arguments:
    write_sound(folder, {"train/monday-1": GOOD, "val/monday-2": GOOD})
    set_params(folder, group={"session": "(monday)"})
    return SET


def _repaired(folder: Path) -> Arguments:
    root = write_sound(folder)
    _copied(root / "images/test/d.png", root / "images/train/a.png")
    set_params(folder, given_splits="repair")
    return SET


def _predicted(*detections: tuple[int, float, float, float, float, float]) -> Make:
    """Rows of class id, score and corners, detected in the image train/a."""

    def make(folder: Path) -> Arguments:
        write_sound(folder, {"train/a": "0 0.5 0.5 0.5 0.5\n"})
        write_evidence(folder / "evidence", detections)
        return [*SET, "--predictions", "evidence"]

    return make


def write_evidence(folder: Path, rows: Sequence[tuple[int, float, float, float, float, float]]) -> None:
    """Write the evidence of a model that detected `rows` in the image train/a."""
    values = np.array(rows, dtype=np.float32).reshape(-1, 6)
    columns = dict(zip(("score", "x_min", "y_min", "x_max", "y_max"), values[:, 1:].T, strict=True))
    metadata = {"classes": json.dumps(["cup", "jar"])}
    store = ParquetStore()
    store.write(folder / IMAGES, {"image_id": np.array(["train/a"])}, metadata)
    ids = {"image_id": np.array(["train/a"] * len(rows), dtype=np.str_), "class_id": values[:, 0].astype(np.int32)}
    store.write(folder / DETECTIONS, {**ids, **columns}, metadata)


def _orphan(root: Path) -> None:
    write_text(root / "labels/train/orphan.txt", GOOD)


def _unlabelled(root: Path) -> None:
    (root / "labels/train/a.txt").unlink()


def _not_text(root: Path) -> None:
    (root / "labels/train/a.txt").write_bytes(b"\xff\xfe0 0.5 0.5 0.2 0.2\n")


def _same_name(root: Path) -> None:
    write_image(root / "images/train/a.jpg", seed=50)


CUP = [10, 10, 20, 20]

FLAWS: Mapping[str, Flaw] = {
    "path-escapes": image(_escape),
    "code-in-data": data_set({}, "data.yaml:1", download="touch gotcha"),
    "image-missing": Flaw(_coco([{"bbox": CUP}], file_name="gone.png"), "instances.json:3"),
    "image-unreadable": image(_no_image),
    "image-truncated": image(_truncated, "a.jpg"),
    "image-huge": image(_huge),
    "image-changed": Flaw(_changed_image, "images/train/a.png"),
    "settled-at-import": Flaw(_settled, "labels/train/a.txt:2"),
    "image-id-clash": after(_same_name, "images/train/a.jpg"),
    "image-trailing-bytes": image(_trailing, "a.jpg"),
    "image-type": image(_misnamed, "a.jpg"),
    "image-orientation": image(_rotated, "a.jpg"),
    "image-colour-mode": after(_grey_among_many, "images/train/a.png"),
    "label-encoding": after(_not_text, "labels/train/a.txt"),
    "label-malformed": Flaw(_broken_voc, "Annotations/a.xml:3"),
    "label-fields": row("0 0.5 0.5"),
    "label-extra-columns": row("0 0.5 0.5 0.2 0.2 0.9"),
    "label-separator": row("0,0.5,0.5,0.2,0.2"),
    "label-number": row("0 half 0.5 0.2 0.2"),
    "label-not-finite": row("0 nan 0.5 0.2 0.2"),
    "label-polygon": row("0 0.1 0.1 0.5 0.1 0.5 0.6"),
    "label-crowd": Flaw(_coco([{"bbox": CUP}, {"bbox": CUP, "iscrowd": 1}]), "instances.json:28"),
    "label-image-size": Flaw(_voc_of_another_size, "Annotations/a.xml"),
    "label-empty": data_set({"train/e": ""}, "labels/train/e.txt"),
    "image-without-label": after(_unlabelled, "images/train/a.png"),
    "label-without-image": after(_orphan, "labels/train/orphan.txt"),
    "listed-twice": after(_lists("images/train/a.png\nimages/train/a.png\n", "images/val/c.png\n"), "train.txt:2"),
    "box-no-area": row("0 0.5 0.5 0 0.2"),
    "box-off-image": row("0 1.5 0.5 0.2 0.2"),
    "box-outside": row("0 0.95 0.5 0.2 0.2"),
    "box-tiny": row("0 0.5 0.5 0.02 0.02"),
    "box-duplicate": row("0 0.25 0.25 0.3 0.3"),
    "box-near-duplicate": row("0 0.25 0.25 0.3 0.301"),
    "box-two-classes": row("1 0.25 0.25 0.3 0.3"),
    "class-unknown": row("2 0.5 0.5 0.2 0.2"),
    "class-ids-from-one": data_set(dict.fromkeys(STEMS, "1 0.5 0.5 0.2 0.2\n2 0.2 0.2 0.2 0.2\n")),
    "class-order-changed": own(None, ("jar", "cup")),
    "class-new": own(None, ("cup",)),
    "class-unseen": data_set({}, names=["cup", "jar", "lid"]),
    "class-not-in-train": data_set({"train/a": "0 0.5 0.5 0.2 0.2\n", "train/b": "0 0.5 0.5 0.2 0.2\n"}),
    "class-not-scored": data_set({"val/c": "0 0.5 0.5 0.2 0.2\n", "test/d": "0 0.5 0.5 0.2 0.2\n"}),
    "class-rare": data_set({}),
    "image-duplicate": after(_copy("images/train/a.png", "images/train/b.png"), "images/train/b.png"),
    "image-near-duplicate": after(_near("images/train/b"), "images/train/b.jpg"),
    "image-similar": after(_near("images/train/b"), "images/train/a.png"),
    "image-augmented": _augmented("train", "train"),
    "split-conflict": after(_lists("images/train/a.png\nimages/val/c.png\n", "images/val/c.png\n"), "val.txt:1"),
    "split-empty": data_set({"train/a": "", "train/b": ""}),
    "leak-duplicate": after(_copy("images/test/d.png", "images/train/a.png"), "images/train/a.png"),
    "leak-near-duplicate": after(_near("images/test/d"), "images/train/a.png"),
    "leak-augmented": _augmented("train", "test"),
    "leak-group": Flaw(_sessions, "images/train/monday-1.png"),
    "split-quarantined": Flaw(_repaired, "images/train/a.png"),
    "image-dark": image(_shown(0, spread=30)),
    "image-blurred": image(_blurred),
    "image-blank": image(_shown(128)),
    "image-odd-size": after(_odd_among_many, "images/train/a.png"),
    "image-many-boxes": after(_crowded_among_many, "images/train/a.png"),
    "suspect-missing": Flaw(_predicted((0, 0.9, 16, 12, 48, 36), (1, 0.8, 50, 38, 62, 46)), "labels/train/a.txt"),
    "suspect-class": Flaw(_predicted((1, 0.9, 16, 12, 48, 36)), "labels/train/a.txt:1"),
    "suspect-box": Flaw(_predicted((0, 0.9, 50, 38, 62, 46)), "labels/train/a.txt:1"),
}
"""A flaw for each code of `contracts.problems.KINDS`."""

ULTRALYTICS: Mapping[str, tuple[str, Flaw]] = {
    # kept silently
    "zero width": ("box-no-area", row("0 0.5 0.5 0 0.2")),
    "zero height": ("box-no-area", row("0 0.5 0.5 0.2 0")),
    "tiny box": ("box-tiny", FLAWS["box-tiny"]),
    "box half outside": ("box-outside", row("0 1.0 0.5 0.2 0.2")),
    "box centre at 1.009": ("box-outside", row("0 1.009 0.5 0.2 0.2")),
    "near-duplicate boxes": ("box-near-duplicate", row("0 0.25 0.25 0.3 0.303")),
    "same box with two classes": ("box-two-classes", FLAWS["box-two-classes"]),
    "all-black image": ("image-blank", image(_shown(0))),
    # the whole image dropped
    "one coordinate > 1.01 among good rows": ("box-outside", row("0 1.05 0.5 0.2 0.2")),
    "NaN": ("label-not-finite", FLAWS["label-not-finite"]),
    "class id >= nc": ("class-unknown", FLAWS["class-unknown"]),
    "extra confidence column": ("label-extra-columns", FLAWS["label-extra-columns"]),
    "commas": ("label-separator", FLAWS["label-separator"]),
    "truncated JPEG": ("image-truncated", image(_truncated, "a.jpg")),
    "truncated PNG": ("image-truncated", image(_truncated, "a.png")),
    # taken as background, removed, rewritten
    "label file missing": ("image-without-label", FLAWS["image-without-label"]),
    "exact duplicate rows": ("box-duplicate", FLAWS["box-duplicate"]),
    "JPEG not ending in its end marker": ("image-trailing-bytes", FLAWS["image-trailing-bytes"]),
    # never looked at
    "leakage between splits": ("leak-near-duplicate", FLAWS["leak-near-duplicate"]),
    "duplicates between splits": ("leak-duplicate", FLAWS["leak-duplicate"]),
    "orphan labels": ("label-without-image", FLAWS["label-without-image"]),
    "class never seen": ("class-unseen", FLAWS["class-unseen"]),
    "changed class order between versions": ("class-order-changed", FLAWS["class-order-changed"]),
    "label noise": ("suspect-class", FLAWS["suspect-class"]),
    "size outliers": ("image-odd-size", FLAWS["image-odd-size"]),
    "count outliers": ("image-many-boxes", FLAWS["image-many-boxes"]),
    # what data.yaml can do
    "download: is executed": ("code-in-data", FLAWS["code-in-data"]),
}
"""What Ultralytics 8.4.190 keeps, drops, changes or never looks at, as tried: the code that each has here."""
