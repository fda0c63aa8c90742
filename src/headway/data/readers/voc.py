"""Pascal VOC data sets: Annotations/*.xml, JPEGImages/, and ImageSets/Main/*.txt for the splits.

Format: http://host.robots.ox.ac.uk/pascal/VOC/voc2012/devkit_doc.pdf. Corners are kept as they are written:
VOC itself counts pixels from 1 and includes the last one, but most tools that write its XML today count from 0,
and a shift of a pixel that was wrong would be silent. Objects marked difficult are kept like all others.
"""

from __future__ import annotations

import xml.parsers.expat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from headway.contracts.dataset import Box, Split
from headway.data.findings import Findings
from headway.data.readers.files import IMAGE_SUFFIXES, find_files, parse_number, place, quoted
from headway.data.source import Source, SourceImage
from headway.errors import InputError
from headway.ports import Progress, ReadImageSize

_CORNERS = ("xmin", "ymin", "xmax", "ymax")
_SPLITS: dict[str, Split] = {"train": "train", "val": "val", "test": "test"}


@dataclass
class Element:
    """One XML element with the line on which it begins."""

    tag: str
    line: int
    text: str = ""
    children: list[Element] = field(default_factory=list)

    def all(self, tag: str) -> list[Element]:
        return [child for child in self.children if child.tag == tag]

    def first(self, tag: str) -> Element:
        """Return the first child `tag`, or an empty one."""
        return next(iter(self.all(tag)), Element(tag, self.line))

    def only(self, tag: str) -> Element:
        """Return the child `tag`.

        Raises:
            ValueError: there is none, or more than one.
        """
        found = self.all(tag)
        if len(found) != 1:
            raise ValueError(f"<{self.tag}> needs one <{tag}>, but has {len(found)}")
        return found[0]


@dataclass(frozen=True)
class _Annotation:
    """What one XML file says."""

    place: str
    key: str
    """Path below Annotations/, without suffix: the name that ImageSets lists."""
    file_name: str
    """<filename> without folders; empty when it is missing."""
    size: tuple[str, str]
    """Width and height as they are written; empty when they are missing."""
    boxes: tuple[Box, ...]
    box_places: tuple[str, ...]


def find_voc_folders(source: Path) -> list[Path]:
    """Return the folders, `source` itself or else those in it, that hold Annotations/ and JPEGImages/."""
    candidates = [source] if _is_voc(source) else sorted(source.iterdir())
    return [folder for folder in candidates if _is_voc(folder)]


def read_voc(source: Path, *, read_image_size: ReadImageSize, progress: Progress) -> Source:
    """Read a folder that holds, or whose one subfolder holds, Annotations/ and JPEGImages/.

    Classes are sorted by name. Places are relative to that folder. An image
    id is the image's path below JPEGImages/, less its suffix.

    Raises:
        InputError: an annotation, a split list or an image header cannot be read; every one of them is named.
    """
    folder, findings = _only_voc_folder(source), Findings()
    paths = find_files(folder / "Annotations", {".xml"})
    found = [_read_annotation(path, folder, findings) for path in progress(paths, label="reading labels")]
    images = {place(path, folder / "JPEGImages"): path for path in find_files(folder / "JPEGImages", IMAGE_SUFFIXES)}
    annotations = _match([annotation for annotation in found if annotation], images, findings)
    splits = _read_splits(folder, findings)
    source_images = []
    for name, path in images.items():
        annotation = annotations.get(name)
        if annotation is None:
            findings.problems.append(f"{place(path, folder)}: no annotation; taken as background")
        else:
            _check_size(path, annotation, read_image_size, findings)
        split = splits.pop(annotation.key if annotation else _without_suffix(name), None)
        source_images.append(_source_image(name, path, annotation, split))
    findings.refuse_faults(folder, "mend or remove these files; nothing is dropped silently")
    findings.problems += [f"ImageSets/Main: {quoted(key)} of {split} has no image" for key, split in splits.items()]
    classes = sorted({box.class_name for image in source_images for box in image.boxes})
    return Source("voc", tuple(classes), tuple(source_images), tuple(findings.problems), folder)


def parse_xml(content: bytes) -> Element:
    """Return the root element of `content`, with lines.

    A document type declaration is refused: it is what entity bombs and
    references to other files are written in, and VOC has no use for one.

    Raises:
        ValueError: `content` is not well-formed XML without a DTD.
    """
    parser = xml.parsers.expat.ParserCreate()
    document = Element("", 1)
    open_elements = [document]

    def start(tag: str, _attributes: dict[str, str]) -> None:
        element = Element(tag, parser.CurrentLineNumber)
        open_elements[-1].children.append(element)
        open_elements.append(element)

    def end(_tag: str) -> None:
        open_elements.pop()

    def text(characters: str) -> None:
        open_elements[-1].text += characters

    def doctype(*_declaration: object) -> None:
        raise ValueError(f"line {parser.CurrentLineNumber}: a DOCTYPE is refused")

    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = text, doctype
    try:
        parser.Parse(content, True)
    except (xml.parsers.expat.ExpatError, LookupError) as error:
        raise ValueError(f"not XML ({error})") from error
    return document.children[0]


def _is_voc(folder: Path) -> bool:
    return (folder / "Annotations").is_dir() and (folder / "JPEGImages").is_dir()


def _only_voc_folder(source: Path) -> Path:
    folders = find_voc_folders(source) if source.is_dir() else []
    if len(folders) == 1:
        return folders[0]
    if folders:
        names = ", ".join(folder.name for folder in folders)
        raise InputError(f"{source} holds {len(folders)} VOC data sets: {names}", hint="set prepare.source to one")
    raise InputError(
        f"neither {source} nor a folder in it holds Annotations/ and JPEGImages/", hint="name the folder that does"
    )


def _read_annotation(path: Path, folder: Path, findings: Findings) -> _Annotation | None:
    where = place(path, folder)
    try:
        root = parse_xml(path.read_bytes())
    except ValueError as error:
        findings.faults.append(f"{where}: {error}")
        return None
    if root.tag != "annotation":
        findings.faults.append(f"{where}:{root.line}: the root is {quoted(root.tag)}, not 'annotation'")
        return None
    boxes, places = [], []
    for element in root.all("object"):
        try:
            boxes.append(_read_box(element))
            places.append(f"{where}:{element.line}")
        except ValueError as error:
            findings.faults.append(f"{where}:{element.line}: {error}")
    size = root.first("size")
    return _Annotation(
        place=where,
        key=_without_suffix(place(path, folder / "Annotations")),
        file_name=root.first("filename").text.strip().replace("\\", "/").rpartition("/")[2],
        size=(size.first("width").text.strip(), size.first("height").text.strip()),
        boxes=tuple(boxes),
        box_places=tuple(places),
    )


def _read_box(element: Element) -> Box:
    corners = element.only("bndbox")
    x_min, y_min, x_max, y_max = (parse_number(corners.only(tag).text.strip()) for tag in _CORNERS)
    name = element.only("name").text.strip()
    if not name:
        raise ValueError("<name> is empty")
    return Box(name, x_min, y_min, x_max, y_max)


def _match(annotations: list[_Annotation], images: Mapping[str, Path], findings: Findings) -> dict[str, _Annotation]:
    """Return the annotation of each image: the one that names its file, or else the one called like it."""
    by_stem = {_without_suffix(name): name for name in images}
    matched: dict[str, _Annotation] = {}
    for annotation in annotations:
        named = str(PurePosixPath(annotation.key).parent / annotation.file_name)
        name = named if named in images else by_stem.get(annotation.key)
        if name is None:
            findings.problems.append(f"{annotation.place}: no image {quoted(annotation.file_name)}; left out")
        elif name in matched:
            findings.faults.append(f"{annotation.place}: {matched[name].place} names the same image {quoted(name)}")
        else:
            matched[name] = annotation
    return matched


def _read_splits(folder: Path, findings: Findings) -> dict[str, Split]:
    """Return the split of each annotation key that ImageSets/Main lists; trainval counts without train and val."""
    lists = {name: path for name in (*_SPLITS, "trainval") if (path := folder / f"ImageSets/Main/{name}.txt").is_file()}
    if "train" in lists or "val" in lists:
        lists.pop("trainval", None)
    splits: dict[str, Split] = {}
    for name, path in lists.items():
        split = _SPLITS.get(name, "train")
        try:
            lines = path.read_text(encoding="utf-8-sig").splitlines()
        except UnicodeDecodeError as error:
            findings.faults.append(f"{place(path, folder)}: not UTF-8 text ({error.reason})")
            continue
        for number, line in enumerate(lines, start=1):
            key = line.strip()
            if key and splits.setdefault(key, split) != split:
                findings.faults.append(f"{place(path, folder)}:{number}: {quoted(key)} is listed in {splits[key]} too")
    return splits


def _check_size(path: Path, annotation: _Annotation, read_image_size: ReadImageSize, findings: Findings) -> None:
    """Report an annotation that was made for an image of another size; 0 or nothing means that it does not say."""
    try:
        width, height = read_image_size(path)
    except InputError as error:
        findings.faults.append(error.message)
        return
    written = annotation.size
    if not {"", "0"} & set(written) and written != (str(width), str(height)):
        said = " x ".join(written)
        findings.problems.append(f"{annotation.place}: says {said} pixels, but the image has {width} x {height}")


def _source_image(name: str, path: Path, annotation: _Annotation | None, split: Split | None) -> SourceImage:
    boxes, places = (annotation.boxes, annotation.box_places) if annotation else ((), ())
    return SourceImage(_without_suffix(name), path, boxes, places, split)


def _without_suffix(name: str) -> str:
    return str(PurePosixPath(name).with_suffix(""))
