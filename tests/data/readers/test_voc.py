"""The reader of Pascal VOC data sets."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headway.contracts.dataset import Box
from headway.contracts.problem import Problem
from headway.data.findings import Findings
from headway.data.readers.voc import parse_xml, read_voc
from headway.data.source import Source, SourceImage
from headway.errors import InputError
from headway.integrations.pillow.reading import read_image_size
from tests.data.sources import voc_object, write_image, write_text, write_voc

CUP = voc_object("cup", 1, 2, 30, 40)


@dataclass(frozen=True)
class Read:
    """A source read to its end."""

    source: Source
    images: tuple[SourceImage, ...]
    findings: tuple[Problem, ...]

    @property
    def problems(self) -> list[tuple[str, str]]:
        """Code and text of the problems of the set as a whole, then of those of the images."""
        found = [*self.findings, *(problem for image in self.images for problem in image.problems)]
        return [(problem.code, str(problem)) for problem in found]


def read(source: Path) -> Read:
    findings = Findings()
    opened = read_voc(source, read_image_size=read_image_size, findings=findings)
    images = tuple(opened.images)
    return Read(opened, images, tuple(findings.problems))


def test_corners_are_kept_as_they_are_written(tmp_path: Path) -> None:
    image = read(write_voc(tmp_path / "set", {"a": voc_object("cup", 1, 2.125, "3e1", 40)})).images[0]
    assert (Box("cup", 1.0, 2.125, 30.0, 40.0),) == image.boxes
    assert ("Annotations/a.xml", (4,), ()) == (image.labels, image.lines, image.problems)


def test_the_format_gives_no_order_of_classes(tmp_path: Path) -> None:
    source = read(write_voc(tmp_path / "set", {"a": CUP})).source
    assert ("voc", tmp_path / "set", (), 1) == (source.format, source.root, source.classes, source.total)


def test_the_folder_is_found_one_level_below(tmp_path: Path) -> None:
    write_voc(tmp_path / "outer/inner", {"a": CUP})
    assert read(tmp_path / "outer/inner").images == read(tmp_path / "outer").images


def test_several_sets_in_one_folder_are_refused(tmp_path: Path) -> None:
    write_voc(tmp_path / "one", {"a": CUP})
    write_voc(tmp_path / "two", {"a": CUP})
    with pytest.raises(InputError, match="holds 2 VOC data sets: one, two"):
        read(tmp_path)


def test_a_folder_without_annotations_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds Annotations/ and JPEGImages/"):
        read(tmp_path)


def test_lists_give_the_splits(tmp_path: Path) -> None:
    splits = {"train": ["a"], "val": ["b"], "trainval": ["a", "b", "d"], "test": ["c"]}
    images = read(write_voc(tmp_path / "set", dict.fromkeys("abcd", CUP), splits)).images
    assert ["train", "val", "test", None] == [image.split for image in images]


def test_trainval_without_train_and_val_is_train(tmp_path: Path) -> None:
    splits = {"trainval": ["a", "b"], "test": ["c"]}
    images = read(write_voc(tmp_path / "set", dict.fromkeys("abc", CUP), splits)).images
    assert ["train", "train", "test"] == [image.split for image in images]


def test_name_in_two_lists_is_reported_and_stays_in_the_first(tmp_path: Path) -> None:
    found = read(write_voc(tmp_path / "set", {"a": CUP}, {"train": ["a"], "test": ["a"]}))
    said = "ImageSets/Main/test.txt:1: 'a' is listed in test, but in train too (ImageSets/Main/train.txt:1)"
    assert [("split-conflict", said)] == found.problems
    assert "train" == found.images[0].split


def test_name_listed_twice_in_one_list_is_reported(tmp_path: Path) -> None:
    found = read(write_voc(tmp_path / "set", {"a": CUP}, {"train": ["a", "a"]}))
    assert [("listed-twice", "ImageSets/Main/train.txt:2: 'a' is listed again")] == found.problems


def test_listed_name_without_image_is_reported(tmp_path: Path) -> None:
    found = read(write_voc(tmp_path / "set", {"a": CUP}, {"train": ["a", "gone"]}))
    assert [("image-missing", "ImageSets/Main/train.txt:2: 'gone' of train has no image")] == found.problems


def test_list_that_is_not_text_is_reported(tmp_path: Path) -> None:
    write_voc(tmp_path / "set", {"a": CUP}, {"train": ["a"]})
    (tmp_path / "set/ImageSets/Main/train.txt").write_bytes(b"\xff")
    said = "ImageSets/Main/train.txt: it is not UTF-8 text (invalid start byte)"
    assert [("label-encoding", said)] == read(tmp_path / "set").problems


def test_image_is_found_by_filename_before_the_name_of_the_annotation(tmp_path: Path) -> None:
    folder = write_voc(tmp_path / "set", {"a": CUP})
    (folder / "Annotations/a.xml").rename(folder / "Annotations/other.xml")
    image = read(folder).images[0]
    assert ("a", "Annotations/other.xml", 1) == (image.image_id, image.labels, len(image.boxes))


def test_annotations_that_name_each_other_s_image_go_where_they_say(tmp_path: Path) -> None:
    folder = write_voc(tmp_path / "set", {"a": CUP, "b": CUP})
    one, two = folder / "Annotations/a.xml", folder / "Annotations/b.xml"
    text = one.read_text(encoding="utf-8")
    one.write_text(two.read_text(encoding="utf-8"), encoding="utf-8")
    two.write_text(text, encoding="utf-8")
    assert ["Annotations/b.xml", "Annotations/a.xml"] == [image.labels for image in read(folder).images]


@pytest.mark.parametrize(
    "head",
    [
        "",
        "<filename/>",
        "<filename>a.jpeg</filename>",
        "<filename>../../elsewhere/c.png</filename>",
        "<filename>.</filename>",
        "<filename>..</filename>",
        "<source><filename>b.png</filename></source>",
    ],
)
def test_annotation_falls_back_to_its_own_name(tmp_path: Path, head: str) -> None:
    folder = write_voc(tmp_path / "set", {"a": CUP, "b": CUP})
    (folder / "Annotations/b.xml").unlink()
    write_text(folder / "Annotations/a.xml", f"<annotation>{head}{CUP}</annotation>")
    assert ["Annotations/a.xml", None] == [image.labels for image in read(folder).images]


def test_filename_is_found_however_late_it_comes(tmp_path: Path) -> None:
    folder = write_voc(tmp_path / "set", {"a": CUP})
    text = f"<annotation>{300 * CUP}<filename>C:\\photos\\a.png</filename></annotation>"
    (folder / "Annotations/a.xml").unlink()
    write_text(folder / "Annotations/other.xml", text)
    assert 300 == len(read(folder).images[0].boxes)


def test_image_without_annotation_is_background_and_reported(tmp_path: Path) -> None:
    folder = write_voc(tmp_path / "set", {"a": CUP})
    write_image(folder / "JPEGImages/b.png")
    found = read(folder)
    assert ((), None) == (found.images[1].boxes, found.images[1].labels)
    assert [("image-without-label", "JPEGImages/b.png: there is no annotation")] == found.problems


def test_annotation_without_an_object_is_reported(tmp_path: Path) -> None:
    found = read(write_voc(tmp_path / "set", {"a": ""}))
    assert [("label-empty", "Annotations/a.xml: it holds no object")] == found.problems


def test_annotation_without_image_is_reported(tmp_path: Path) -> None:
    folder = write_voc(tmp_path / "set", {"a": CUP, "b": CUP})
    (folder / "JPEGImages/b.png").unlink()
    assert [("label-without-image", "Annotations/b.xml: there is no image 'b.png'")] == read(folder).problems


def test_second_annotation_of_one_image_is_reported(tmp_path: Path) -> None:
    folder = write_voc(tmp_path / "set", {"a": CUP})
    write_text(folder / "Annotations/b.xml", (folder / "Annotations/a.xml").read_text(encoding="utf-8"))
    said = "Annotations/b.xml: Annotations/a.xml labels the same image 'a.png'; this one is not read"
    assert [("label-malformed", said)] == read(folder).problems


def test_size_that_does_not_fit_the_image_is_reported(tmp_path: Path) -> None:
    folder = write_voc(tmp_path / "set", {"a": CUP})
    write_image(folder / "JPEGImages/a.png", size=(32, 32))
    said = "Annotations/a.xml: it says '64 x 48' pixels, but the image has 32 x 32"
    assert [("label-image-size", said)] == read(folder).problems


def test_boxes_of_a_damaged_image_are_still_read(tmp_path: Path) -> None:
    folder = write_voc(tmp_path / "set", {"a": CUP})
    (folder / "JPEGImages/a.png").write_bytes(b"no image")
    found = read(folder)
    assert (1, []) == (len(found.images[0].boxes), found.problems)


@pytest.mark.parametrize(
    ("annotation", "code", "reason"),
    [
        ("<annotation>\n<object>", "label-malformed", ":2: not XML (no element found: line 2, column 8)"),
        ("", "label-malformed", ":1: not XML"),
        ('<?xml version="1.0" encoding="klingon"?><annotation/>', "label-malformed", ": not XML (unknown encoding"),
        ("<html/>", "label-malformed", ":1: the root is 'html', not 'annotation'"),
        ("<!DOCTYPE a SYSTEM 'file:///etc/passwd'><annotation/>", "label-malformed", ":1: a DOCTYPE is refused"),
        ("<!DOCTYPE a [<!ENTITY b 'c'>]><annotation>&b;</annotation>", "label-malformed", ":1: a DOCTYPE is refused"),
        ("<annotation>\n<object><name>cup</name></object></annotation>", "label-malformed", ":2: <object> needs one"),
        (f"<annotation>{voc_object('', 1, 1, 2, 2)}</annotation>", "label-malformed", ":1: <name> is empty"),
        (
            f"<annotation>{voc_object('cup', 'nan', 1, 2, 2)}</annotation>",
            "label-not-finite",
            ":1: 'nan' is not finite",
        ),
        (f"<annotation>{voc_object('cup', '1px', 1, 2, 2)}</annotation>", "label-number", ":1: '1px' is not a number"),
    ],
)
def test_bad_annotation_is_reported_with_its_line(tmp_path: Path, annotation: str, code: str, reason: str) -> None:
    folder = write_voc(tmp_path / "set", {"a": CUP})
    write_text(folder / "Annotations/a.xml", annotation)
    found = read(folder)
    ((found_code, message),) = found.problems
    assert code == found_code
    assert message.startswith(f"Annotations/a.xml{reason}")
    assert () == found.images[0].boxes


def test_every_bad_object_is_named_and_the_good_ones_are_kept(tmp_path: Path) -> None:
    found = read(write_voc(tmp_path / "set", {"a": f"<object/>\n{CUP}\n<object/>"}))
    assert [4, 6] == [problem.line for problem in found.images[0].problems]
    assert (5,) == found.images[0].lines


def test_nothing_outside_of_the_folder_is_read(tmp_path: Path) -> None:
    secret = write_voc(tmp_path / "other", {"secret": CUP})
    folder = write_voc(tmp_path / "set", {"a": CUP, "b": CUP}, {"train": ["a"]})
    links = {
        "JPEGImages/a.png": "JPEGImages/secret.png",
        "Annotations/b.xml": "Annotations/secret.xml",
        "ImageSets/Main/train.txt": "Annotations/secret.xml",
    }
    for link, target in links.items():
        (folder / link).unlink()
        (folder / link).symlink_to(secret / target)
    found = read(folder)
    assert [("b", 0)] == [(image.image_id, len(image.boxes)) for image in found.images]
    escaping = [text.partition(":")[0] for code, text in found.problems if code == "path-escapes"]
    assert sorted(links) == sorted(escaping)


@given(content=st.binary() | st.text(alphabet="<>/!?&;ab ='\"[]").map(str.encode))
def test_any_bytes_are_xml_or_refused(content: bytes) -> None:
    try:
        element = parse_xml(content)
    except ValueError:
        return
    assert element.tag


OBJECTS = 3


@pytest.fixture(scope="module")
def one_image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_voc(tmp_path_factory.mktemp("voc") / "set", {"a": f"{CUP}\n" * OBJECTS})


@given(data=st.data())
@settings(deadline=None)
def test_no_damage_to_an_annotation_loses_an_object_without_a_word(one_image: Path, data: st.DataObject) -> None:
    path = one_image / "Annotations/a.xml"
    whole = path.read_bytes()
    where = data.draw(st.integers(0, len(whole) - 1))
    bit = data.draw(st.integers(0, 7) | st.none())
    cut = whole[:where] if bit is None else whole[:where] + bytes([whole[where] ^ 1 << bit]) + whole[where + 1 :]
    path.write_bytes(cut)
    try:
        found = read(one_image)
    finally:
        path.write_bytes(whole)
    # A flipped bit in <object> makes it another element, which VOC allows; the damage shows in its end tag.
    assert OBJECTS == len(found.images[0].boxes) or found.problems


def test_bccd_equals_its_own_csv(shared_folder: Path) -> None:
    folder = shared_folder / "datasets/bccd"
    with (folder / "test.csv").open(encoding="utf-8") as file:
        corners = ("xmin", "ymin", "xmax", "ymax")
        expected = sorted(
            (row["filename"].removesuffix(".jpg"), row["cell_type"], *(float(row[corner]) for corner in corners))
            for row in csv.DictReader(file)
        )
    boxes = [
        (image.image_id, box.class_name, box.x_min, box.y_min, box.x_max, box.y_max)
        for image in read(folder).images
        for box in image.boxes
    ]
    assert expected == sorted(boxes)
    assert 4888 == len(boxes)


def test_bccd_has_its_splits_and_no_problem_of_reading(shared_folder: Path) -> None:
    found = read(shared_folder / "datasets/bccd")
    splits = [image.split for image in found.images]
    assert (364, 205, 87, 72) == (len(splits), splits.count("train"), splits.count("val"), splits.count("test"))
    assert [] == found.problems
