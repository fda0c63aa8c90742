"""Pascal VOC data sets: Annotations/*.xml, JPEGImages/, and ImageSets/Main/*.txt for the splits.

Format: http://host.robots.ox.ac.uk/pascal/VOC/voc2012/devkit_doc.pdf. Corners are kept as they are written:
VOC itself counts pixels from 1 and includes the last one, but most tools that write its XML today count from 0,
and a shift of a pixel that was wrong would be silent. Objects marked difficult are kept like all others.
"""

from __future__ import annotations

import os
import xml.parsers.expat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from headway.contracts.dataset import Box, Split
from headway.contracts.problem import Problem
from headway.data.findings import Findings
from headway.data.readers.files import Enclosure, field_problem, find_files, parse_number, place, quoted
from headway.data.source import Source, SourceImage
from headway.errors import HeadwayError, InputError
from headway.ports import ReadImageSize

_CORNERS = ("xmin", "ymin", "xmax", "ymax")
_SPLITS: dict[str, Split] = {"train": "train", "val": "val", "test": "test"}
_HEAD_BYTES = 4096


class _MalformedError(ValueError):
    """Something that the format does not allow, with its code and line."""

    def __init__(self, message: str, line: int | None = None, code: str = "label-malformed") -> None:
        super().__init__(message)
        self.line = line
        self.code = code


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
            raise _MalformedError(f"<{self.tag}> needs one <{tag}>, but has {len(found)}")
        return found[0]


@dataclass
class _Annotation:
    """What one XML file says: width and height as they are written, every object as a box or a problem or both."""

    size: tuple[str, str] = ("", "")
    boxes: list[Box] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def find_voc_folders(source: Path) -> list[Path]:
    """Return the folders, `source` itself or else those in it, that hold Annotations/ and JPEGImages/."""
    candidates = [source] if _is_voc(source) else sorted(source.iterdir())
    return [folder for folder in candidates if _is_voc(folder)]


def read_voc(path: Path, *, read_image_size: ReadImageSize, findings: Findings) -> Source:
    """Open a folder that holds, or whose one subfolder holds, Annotations/ and JPEGImages/.

    Files are named relative to that folder. The format gives no order of classes. An
    image id is the image's path below JPEGImages/, less its suffix. An annotation
    belongs to the image that its <filename> names, or else to the one called like it.

    Raises:
        InputError: there is no such folder, or more than one.
        OSError: a folder cannot be listed.
    """
    folder = _only_voc_folder(path)
    enclosure = Enclosure(folder)
    found = enclosure.find_images(str(folder / "JPEGImages"), findings)
    images = {place(Path(image), folder / "JPEGImages"): Path(image) for image in found}
    annotations = _match(find_files(folder / "Annotations", {".xml"}), images, enclosure, findings)
    splits = _read_splits(folder, findings)
    return Source(
        format="voc",
        root=folder,
        classes=(),
        images=_read_images(images, annotations, splits, enclosure, read_image_size, findings),
        total=len(images),
    )


def parse_xml(content: bytes) -> Element:
    """Return the root element of `content`, with lines.

    A document type declaration is refused: it is what entity bombs and
    references to other files are written in, and VOC has no use for one.

    Raises:
        ValueError: `content` is not well-formed XML without a DTD.
    """
    parser = _parser()
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

    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, text
    try:
        parser.Parse(content, True)
    except xml.parsers.expat.ExpatError as error:
        raise _MalformedError(f"not XML ({error})", error.lineno) from error
    except (LookupError, ValueError) as error:
        raise error if isinstance(error, _MalformedError) else _MalformedError(f"not XML ({error})") from error
    return document.children[0]


def _parser() -> xml.parsers.expat.XMLParserType:
    parser = xml.parsers.expat.ParserCreate()

    def doctype(*_declaration: object) -> None:
        raise _MalformedError("a DOCTYPE is refused", parser.CurrentLineNumber)

    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = doctype
    return parser


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


def _match(
    annotations: Iterable[Path], images: Mapping[str, Path], enclosure: Enclosure, findings: Findings
) -> dict[str, Path]:
    """Return the annotation of each image: the one that names its file, or else the one called like it."""
    by_stem = {_without_suffix(name): name for name in images}
    folder = enclosure.root / "Annotations"
    matched: dict[str, Path] = {}
    for path in annotations:
        key = _without_suffix(place(path, folder))
        file_name = _read_file_name(path) if enclosure.state(str(path)) == "file" else ""
        named = str(PurePosixPath(key).parent / file_name)
        name = named if named in images else by_stem.get(key)
        if name is None:
            said = f"there is no image {quoted(file_name)}"
            findings.add("label-without-image", said, enclosure.place(str(path)))
        elif name in matched:
            said = f"{enclosure.place(str(matched[name]))} labels the same image {quoted(name)}; this one is not read"
            findings.add("label-malformed", said, enclosure.place(str(path)))
        else:
            matched[name] = path
    return matched


def _read_file_name(path: Path) -> str:
    """Return <filename> without folders, reading no further; empty when it is missing or what precedes is no XML."""
    parser = _parser()
    open_tags: list[str] = []
    found: list[str] = []
    whole = False

    def start(tag: str, _attributes: dict[str, str]) -> None:
        open_tags.append(tag)

    def end(_tag: str) -> None:
        nonlocal whole
        whole |= open_tags[1:] == ["filename"]
        open_tags.pop()

    def text(characters: str) -> None:
        if not whole and open_tags[1:] == ["filename"]:
            found.append(characters)

    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, text
    try:
        with path.open("rb") as file:
            while not whole and (block := file.read(_HEAD_BYTES)):
                parser.Parse(block)
    except (xml.parsers.expat.ExpatError, LookupError, ValueError):
        pass  # reading all of it says what is wrong
    return "".join(found).strip().replace("\\", "/").rpartition("/")[2]


def _read_splits(folder: Path, findings: Findings) -> dict[str, tuple[Split, str, int]]:
    """Return the split of each annotation key that ImageSets/Main lists, and where; trainval only without the two."""
    lists = {name: path for name in (*_SPLITS, "trainval") if (path := folder / f"ImageSets/Main/{name}.txt").is_file()}
    if "train" in lists or "val" in lists:
        lists.pop("trainval", None)
    splits: dict[str, tuple[Split, str, int]] = {}
    enclosure = Enclosure(folder)
    for name, path in lists.items():
        split, file = _SPLITS.get(name, "train"), place(path, folder)
        if enclosure.escapes(str(path)):
            findings.add("path-escapes", "it leads out of the data set and is not read", file)
            continue
        try:
            lines = path.read_text(encoding="utf-8-sig").split("\n")
        except UnicodeDecodeError as error:
            findings.add("label-encoding", f"it is not UTF-8 text ({error.reason})", file)
            continue
        for number, line in enumerate(lines, start=1):
            if not (key := line.strip()):
                continue
            known = splits.setdefault(key, (split, file, number))
            if known[0] != split:
                said = f"{quoted(key)} is listed in {split}, but in {known[0]} too ({known[1]}:{known[2]})"
                findings.add("split-conflict", said, file, number)
            elif known != (split, file, number):
                findings.add("listed-twice", f"{quoted(key)} is listed again", file, number)
    return splits


def _read_images(
    images: Mapping[str, Path],
    annotations: Mapping[str, Path],
    splits: dict[str, tuple[Split, str, int]],
    enclosure: Enclosure,
    read_image_size: ReadImageSize,
    findings: Findings,
) -> Iterator[SourceImage]:
    for image_id, name in sorted((_without_suffix(name), name) for name in images):
        path, annotation_path = images[name], annotations.get(name)
        key = _without_suffix(place(annotation_path, enclosure.root / "Annotations")) if annotation_path else image_id
        split, _, _ = splits.pop(key, (None, "", 0))
        if annotation_path is None:
            labels, annotation = None, _Annotation()
            said = "there is no annotation"
            annotation.problems.append(Problem("image-without-label", said, enclosure.place(str(path))))
        else:
            labels = enclosure.place(str(annotation_path))
            annotation = _read_annotation(annotation_path, labels, enclosure)
            _check_size(path, annotation, labels, read_image_size)
        yield SourceImage(
            image_id=image_id,
            path=path,
            boxes=tuple(annotation.boxes),
            labels=labels,
            lines=tuple(annotation.lines),
            split=split,
            problems=tuple(replace(problem, image_id=image_id) for problem in annotation.problems),
        )
    for key, (listed, file, line) in splits.items():
        findings.add("image-missing", f"{quoted(key)} of {listed} has no image", file, line)


def _read_annotation(path: Path, labels: str, enclosure: Enclosure) -> _Annotation:
    annotation = _Annotation()

    def note(code: str, message: str, line: int | None = None) -> None:
        annotation.problems.append(Problem(code, message, labels, line))

    state = enclosure.state(str(path))
    if state != "file":
        outside = state == "outside"
        said = "it leads out of the data set and is not read" if outside else "it is no file, or a link to nothing"
        note("path-escapes" if outside else "label-malformed", said)
        return annotation
    try:
        root = parse_xml(path.read_bytes())
    except _MalformedError as error:
        note(error.code, str(error), error.line)
        return annotation
    if root.tag != "annotation":
        note("label-malformed", f"the root is {quoted(root.tag)}, not 'annotation'", root.line)
        return annotation
    for element in root.all("object"):
        try:
            annotation.boxes.append(_read_box(element))
            annotation.lines.append(element.line)
        except _MalformedError as error:
            note(error.code, str(error), element.line)
    size = root.first("size")
    annotation.size = size.first("width").text.strip(), size.first("height").text.strip()
    if not root.all("object"):
        note("label-empty", "it holds no object")
    return annotation


def _read_box(element: Element) -> Box:
    corners = element.only("bndbox")
    x_min, y_min, x_max, y_max = (_read_corner(corners.only(tag).text.strip()) for tag in _CORNERS)
    name = element.only("name").text.strip()
    if not name:
        raise _MalformedError("<name> is empty")
    return Box(name, x_min, y_min, x_max, y_max)


def _read_corner(text: str) -> float:
    try:
        return parse_number(text)
    except ValueError as error:
        code, sentence = field_problem(text)
        raise _MalformedError(sentence, code=code) from error


def _check_size(path: Path, annotation: _Annotation, labels: str, read_image_size: ReadImageSize) -> None:
    """Note an annotation that was made for an image of another size; 0 or nothing means that it does not say."""
    if {"", "0"} & set(annotation.size):
        return
    try:
        width, height = read_image_size(path)
    except (HeadwayError, OSError):
        return  # whoever looks at the image itself says what is wrong with it
    if annotation.size != (str(width), str(height)):
        said = f"it says {quoted(' x '.join(annotation.size))} pixels, but the image has {width} x {height}"
        annotation.problems.append(Problem("label-image-size", said, labels))


def _without_suffix(name: str) -> str:
    return os.path.splitext(name)[0]  # noqa: PTH122
