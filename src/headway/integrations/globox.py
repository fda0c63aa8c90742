"""globox: reads label formats that are rarer in training pipelines, CVAT, LabelMe, Open Images and VIA.

globox leaves out what is no rectangle without a word, and scales shares with plain floats. What it leaves out is
looked for here and reported; whatever else it stumbles over refuses the data set.
"""

from __future__ import annotations

import csv
import json
import math
import tempfile
import xml.etree.ElementTree as ElementTree
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headway.contracts.dataset import Box
from headway.errors import InputError
from headway.ports import ForeignFault, ForeignImage

if TYPE_CHECKING:
    from globox import Annotation

_IMAGE_SUFFIXES = {".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff"}
_CVAT_SHAPES = {"polygon", "polyline", "points", "ellipse", "mask", "cuboid", "skeleton"}
_VIA_LABELS = ("label", "label_id", "class", "class_name", "category", "name", "type")
"""Names of the region attribute that holds the class: whoever labels in VIA chooses it."""


def read_foreign(path: Path, format: str) -> list[ForeignImage]:
    """Read the labels of a file, or of every label file below a folder. Implements `ports.ReadForeign`.

    Raises:
        InputError: globox is not installed, or cannot read a file.
        OSError: a folder cannot be listed.
    """
    try:
        import globox  # noqa: F401
    except ImportError as error:
        raise InputError(
            f"{format} labels are read through globox, which is not installed",
            hint='run: pip install "headway[formats]"',
        ) from error
    suffix, read = _READERS[format]
    paths = [path] if path.is_file() else sorted(one for one in path.rglob(f"*{suffix}") if one.is_file())
    if not paths:
        raise InputError(f"{path} holds no {suffix} file with {format} labels", hint="name the file or its folder")
    images: list[ForeignImage] = []
    for one in paths:
        try:
            images += read(one)
        except (InputError, OSError):
            raise
        except Exception as error:  # globox lets through whatever its parsers and asserts raise
            reason = f"{error} is missing" if isinstance(error, KeyError) else str(error) or type(error).__name__
            raise InputError(f"{one} cannot be read as {format}: {reason}", hint="mend or export it anew") from error
    return images


def _read_cvat(path: Path) -> Iterator[ForeignImage]:
    from globox import Annotation

    for node in ElementTree.parse(path).getroot().iter("image"):  # noqa: S314  (expat bounds entities; globox does it too)
        annotation = Annotation.from_cvat(node)
        faults = [_left_out(child.tag) for child in node if child.tag in _CVAT_SHAPES]
        turned = [index for index, child in enumerate(node.iter("box")) if float(child.get("rotation", 0))]
        faults += [("label-polygon", "a turned box", index) for index in turned]
        yield _image(annotation, path, faults)


def _read_labelme(path: Path) -> Iterator[ForeignImage]:
    from globox import Annotation

    kinds = [shape["shape_type"] for shape in json.loads(path.read_text(encoding="utf-8"))["shapes"]]
    faults = [_left_out(kind) for kind in kinds if kind not in ("rectangle", "polygon")]
    read = [kind for kind in kinds if kind in ("rectangle", "polygon")]
    faults += [("label-polygon", "a polygon", index) for index, kind in enumerate(read) if kind == "polygon"]
    yield _image(Annotation.from_labelme(path, include_poly=True), path, faults)


def _read_via(path: Path) -> Iterator[ForeignImage]:
    from globox import Annotation

    content = json.loads(path.read_text(encoding="utf-8"))
    for entry in content.get("_via_img_metadata", content).values():
        kinds = [region["shape_attributes"]["name"] for region in entry["regions"]]
        faults = [_left_out(kind) for kind in kinds if kind != "rect"]
        annotation = Annotation.from_via_json(entry, label_key=_via_label(entry["regions"]))
        yield _image(annotation, path, faults)


def _via_label(regions: Iterable[Mapping[str, Any]]) -> str:
    """Return the attribute that every region has and that names its class."""
    keys = [set(region["region_attributes"]) for region in regions]
    shared = set.intersection(*keys) if keys else {_VIA_LABELS[0]}
    named = [key for key in _VIA_LABELS if key in shared] or sorted(shared)
    if not named:
        raise ValueError("regions share no attribute that could name their class")
    return named[0]


def _read_openimages(path: Path) -> Iterator[ForeignImage]:
    from globox import AnnotationSet

    files = {one.stem: one for one in path.parent.rglob("*") if one.suffix.lower() in _IMAGE_SUFFIXES}
    crowds: dict[str, list[bool]] = defaultdict(list)
    with path.open(newline="", encoding="utf-8-sig") as table, tempfile.TemporaryDirectory() as folder:
        # Open Images names images without a suffix; globox opens what is named to learn its size.
        renamed = Path(folder) / path.name
        with renamed.open("w", newline="") as copy:
            rows = csv.DictReader(table, strict=True)
            writer = csv.DictWriter(copy, rows.fieldnames or ())
            writer.writeheader()
            for row in rows:
                if row["ImageID"] not in files:
                    raise InputError(f"{path}:{rows.line_num}: image {row['ImageID']!r} is not there")
                row["ImageID"] = files[row["ImageID"]].relative_to(path.parent).as_posix()
                crowds[row["ImageID"]].append(row.get("IsGroupOf") == "1")
                writer.writerow(row)
        annotations = AnnotationSet.from_openimage(renamed, image_folder=path.parent)
    for annotation in annotations:
        groups = [index for index, is_group in enumerate(crowds[annotation.image_id]) if is_group]
        yield _image(annotation, path, [("label-crowd", "IsGroupOf: a group of objects", index) for index in groups])


def _left_out(kind: str) -> ForeignFault:
    return "label-malformed", f"{kind!r} is no box", None


def _image(annotation: Annotation, labels: Path, faults: Iterable[ForeignFault]) -> ForeignImage:
    boxes = []
    for found in annotation.boxes:
        corners = (float(found.xmin), float(found.ymin), float(found.xmax), float(found.ymax))
        if not all(map(math.isfinite, corners)):
            raise ValueError(f"a box of image {annotation.image_id!r} is not finite: {corners}")
        if not isinstance(found.label, str) or not found.label.strip():
            raise ValueError(f"a box of image {annotation.image_id!r} has no class but {found.label!r}")
        found.label.encode()  # JSON can say half of a character, which nothing could be written with
        boxes.append(Box(found.label, *corners))
    return ForeignImage(annotation.image_id, labels, tuple(boxes), tuple(faults))


_READERS: Mapping[str, tuple[str, Callable[[Path], Iterator[ForeignImage]]]] = {
    "cvat": (".xml", _read_cvat),
    "labelme": (".json", _read_labelme),
    "openimages": (".csv", _read_openimages),
    "via": (".json", _read_via),
}
