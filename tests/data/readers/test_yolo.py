"""The reader of Ultralytics YOLO data sets."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from headway.contracts.dataset import Box
from headway.contracts.problem import Problem
from headway.contracts.problems import KINDS
from headway.data.findings import Findings
from headway.data.readers.yolo import format_row, parse_row, read_yolo
from headway.data.readers.yolo_rows import read_rows
from headway.data.source import Source, SourceImage
from headway.errors import InputError
from headway.integrations.pillow.reading import read_image_size
from tests.data.sources import write_image, write_text, write_yolo

GOOD = "0 0.5 0.5 0.25 0.5\n"
BOX = Box("cup", 24.0, 12.0, 40.0, 36.0)
CLASSES = ("cup", "jar")


@dataclass(frozen=True)
class Read:
    """A source read to its end."""

    source: Source
    images: tuple[SourceImage, ...]
    findings: tuple[Problem, ...]

    @property
    def codes(self) -> list[str]:
        """Codes of the set as a whole, then those of the images."""
        found = [*self.findings, *(problem for image in self.images for problem in image.problems)]
        return [problem.code for problem in found]


def read(source: Path) -> Read:
    findings = Findings()
    opened = read_yolo(source, read_image_size=read_image_size, findings=findings)
    images = tuple(opened.images)
    return Read(opened, images, tuple(findings.problems))


def refusal(source: Path) -> str:
    with pytest.raises(InputError) as caught:
        read(source)
    return caught.value.message


def test_rows_become_pixels_and_keep_their_line(tmp_path: Path) -> None:
    image = read(write_yolo(tmp_path, {"train/a": f"\n{GOOD}"})).images[0]
    assert ((BOX,), "labels/train/a.txt", (2,), ()) == (image.boxes, image.labels, image.lines, image.problems)


def test_splits_and_ids_come_from_the_folders(tmp_path: Path) -> None:
    found = read(write_yolo(tmp_path, {"train/a": GOOD, "val/a": GOOD, "test/b": GOOD}))
    expected = [("test/b", "test"), ("train/a", "train"), ("val/a", "val")]
    assert expected == [(image.image_id, image.split) for image in found.images]
    assert ("yolo", tmp_path, CLASSES, 3) == (
        found.source.format,
        found.source.root,
        found.source.classes,
        found.source.total,
    )


def test_the_yaml_file_itself_can_be_named(tmp_path: Path) -> None:
    write_yolo(tmp_path, {"train/a": GOOD})
    assert read(tmp_path).images == read(tmp_path / "data.yaml").images


def test_images_are_read_only_when_they_are_asked_for(tmp_path: Path) -> None:
    write_yolo(tmp_path, {"train/a": GOOD, "train/b": GOOD})
    asked: list[str] = []

    def note(path: Path) -> tuple[int, int]:
        asked.append(path.name)
        return 64, 48

    images = iter(read_yolo(tmp_path, read_image_size=note, findings=Findings()).images)
    assert [] == asked
    next(images)
    assert ["a.png"] == asked


def test_roboflow_paths_are_found_beside_the_yaml(tmp_path: Path) -> None:
    for split in ("train", "valid"):
        write_image(tmp_path / f"set/{split}/images/a.jpg")
        write_text(tmp_path / f"set/{split}/labels/a.txt", GOOD)
    write_text(tmp_path / "set/data.yaml", "train: ../train/images\nval: ../valid/images\nnc: 1\nnames: ['cup']\n")
    images = read(tmp_path / "set").images
    assert [("train/a", "train", 1), ("valid/a", "val", 1)] == [(i.image_id, i.split, len(i.boxes)) for i in images]


def test_roboflow_paths_never_mean_a_folder_outside(tmp_path: Path) -> None:
    write_image(tmp_path / "train/images/other.jpg")
    test_roboflow_paths_are_found_beside_the_yaml(tmp_path)


def test_path_lists_of_folders_and_text_lists_are_followed(tmp_path: Path) -> None:
    root = tmp_path / "data"
    write_yolo(root, {"one/a": GOOD, "two/b": GOOD, "val/c": GOOD})
    write_text(root / "val.txt", "./images/val/c.png\n\n")
    content = {"path": "data", "train": ["images/one", "images/two"], "valid": "val.txt", "names": {0: "cup"}}
    write_text(tmp_path / "set.yaml", yaml.safe_dump(content))
    found = read(tmp_path / "set.yaml")
    assert ["data/one/a", "data/two/b", "data/val/c"] == [image.image_id for image in found.images]
    assert ["train", "train", "val"] == [image.split for image in found.images]
    assert [] == found.codes


def test_only_the_last_images_folder_becomes_labels(tmp_path: Path) -> None:
    write_image(tmp_path / "images/batch/images/a.png")
    write_text(tmp_path / "images/batch/labels/a.txt", GOOD)
    write_text(tmp_path / "data.yaml", "train: images\nnames: [cup]\n")
    image = read(tmp_path).images[0]
    assert ("images/batch/a", 1) == (image.image_id, len(image.boxes))


def test_labels_lie_beside_images_where_no_folder_is_called_images(tmp_path: Path) -> None:
    write_image(tmp_path / "frames/a.png")
    write_text(tmp_path / "frames/a.txt", GOOD)
    write_text(tmp_path / "data.yaml", "train: frames\nnames: [cup]\n")
    assert 1 == len(read(tmp_path).images[0].boxes)


@pytest.mark.parametrize("content", ["", "\n \n", "\ufeff"])
def test_empty_label_file_is_background_and_reported(tmp_path: Path, content: str) -> None:
    image = read(write_yolo(tmp_path, {"train/a": content})).images[0]
    problem = Problem("label-empty", "it holds no box", "labels/train/a.txt", image_id="train/a")
    assert ((), (problem,)) == (image.boxes, image.problems)


def test_missing_label_file_is_background_and_reported(tmp_path: Path) -> None:
    write_yolo(tmp_path, {"train/a": GOOD, "train/b": GOOD})
    (tmp_path / "labels/train/b.txt").unlink()
    image = read(tmp_path).images[1]
    problem = Problem("image-without-label", "there is no label file", "images/train/b.png", image_id="train/b")
    assert ((), None, (problem,)) == (image.boxes, image.labels, image.problems)


def test_label_without_image_is_reported(tmp_path: Path) -> None:
    write_yolo(tmp_path, {"train/a": GOOD})
    write_text(tmp_path / "labels/train/gone.txt", GOOD)
    write_text(tmp_path / "labels/train/deep/gone.txt", GOOD)
    write_text(tmp_path / "labels/train/classes.txt", "cup\njar\n")
    found = [(problem.code, problem.file) for problem in read(tmp_path).findings]
    expected = ["labels/train/deep/gone.txt", "labels/train/gone.txt"]
    assert [("label-without-image", file) for file in expected] == found


def test_label_of_an_image_that_a_list_leaves_out_is_no_orphan(tmp_path: Path) -> None:
    write_yolo(tmp_path, {"train/a": GOOD, "train/b": GOOD})
    write_text(tmp_path / "list.txt", "images/train/a.png\n")
    write_text(tmp_path / "data.yaml", "train: list.txt\nnames: [cup]\n")
    found = read(tmp_path)
    assert (1, []) == (len(found.images), found.codes)


def test_download_is_never_executed_but_reported(tmp_path: Path) -> None:
    marker = tmp_path / "executed"
    write_yolo(tmp_path, {"train/a": GOOD}, download=f"touch {marker}")
    expected = Problem("code-in-data", "download: is never executed", "data.yaml", 1)
    assert (expected,) == read(tmp_path).findings
    assert not marker.exists()


def test_yaml_that_asks_for_python_objects_is_refused(tmp_path: Path) -> None:
    write_yolo(tmp_path, {"train/a": GOOD})
    marker = tmp_path / "executed"
    write_text(tmp_path / "data.yaml", f"names: !!python/object/apply:os.system ['touch {marker}']\n")
    assert "could not determine a constructor" in refusal(tmp_path)
    assert not marker.exists()


def test_licence_and_origin_come_from_the_yaml(tmp_path: Path) -> None:
    roboflow = {"license": "CC BY 4.0", "version": 4, "url": "https://example.org/set"}
    write_yolo(tmp_path, {"train/a": GOOD}, roboflow=roboflow, description="Cups")
    expected = {"description": "Cups", "licence": "CC BY 4.0", "origin": "https://example.org/set", "version": "4"}
    assert expected == read(tmp_path).source.about


def test_licence_and_origin_come_from_the_readme_where_the_yaml_is_silent(tmp_path: Path) -> None:
    write_yolo(tmp_path, {"train/a": GOOD})
    write_text(tmp_path / "README.dataset.txt", "# cups\nhttps://example.org/set\n\nLicense: MIT\n")
    assert {"licence": "MIT", "origin": "https://example.org/set"} == read(tmp_path).source.about


@pytest.mark.parametrize(
    ("row", "code", "message"),
    [
        ("2 0.5 0.5 0.1 0.1", "class-unknown", "class id '2' is not one of 0 to 1"),
        ("-1 0.5 0.5 0.1 0.1", "class-unknown", "class id '-1' is not one of 0 to 1"),
        ("0.5 0.5 0.5 0.1 0.1", "class-unknown", "class id '0.5' is not one of 0 to 1"),
        ("0 nan 0.5 0.1 0.1", "label-not-finite", "'nan' is not finite"),
        ("0 0.5 inf 0.1 0.1", "label-not-finite", "'inf' is not finite"),
        ("0 0.5 1e999 0.1 0.1", "label-not-finite", "'1e999' is not finite"),
        ("0 1e308 0.5 1e308 0.1", "label-not-finite", "corners of '0 1e308 0.5 1e308 0.1' are not finite in pixels"),
        ("0 0.5 0.5 0.1 wide", "label-number", "'wide' is not a number"),
        ("cup 0.5 0.5 0.1 0.1", "label-number", "'cup' is not a number"),
        ("0 0.5 0.5 0.1 1_0", "label-number", "'1_0' is not a number"),
        ("0 0.5 0.5 0.1 0.1\0", "label-number", "'0.1\\x00' is not a number"),
        ("0 0.5 0.5", "label-fields", "3 fields instead of 5 (class x_centre y_centre width height) in '0 0.5 0.5'"),
        ("0 0 0 0 0 0 0 0", "label-fields", "8 fields instead of 5"),
    ],
)
def test_a_row_that_is_no_box_is_reported_with_its_line(tmp_path: Path, row: str, code: str, message: str) -> None:
    image = read(write_yolo(tmp_path, {"train/a": f"{GOOD}{row}\n{GOOD}"})).images[0]
    (problem,) = image.problems
    assert (code, "labels/train/a.txt", 2, "train/a", None) == (
        problem.code,
        problem.file,
        problem.line,
        problem.image_id,
        problem.box,
    )
    assert problem.message.startswith(message)
    assert ((BOX, BOX), (1, 3)) == (image.boxes, image.lines)


@pytest.mark.parametrize(
    ("row", "codes"),
    [
        ("0,0.5,0.5,0.25,0.5", ["label-separator"]),
        ("0, 0.5, 0.5, 0.25, 0.5", ["label-separator"]),
        ("0;0.5;0.5;0.25;0.5", ["label-separator"]),
        ("0\t0.5\t0.5\t0.25\t0.5", ["label-separator"]),
        ("0 0.5\t0.5,0.25;0.5", ["label-separator"]),
        ("0 0,5 0,5 0,25 0,5", ["label-separator"]),
        ("0;0,5;0,5;0,25;0,5", ["label-separator"]),
        ("0 0.5 0.5 0.25 0.5 0.9", ["label-extra-columns"]),
        ("0 0.5 0.5 0.25 0.5 sure", ["label-extra-columns"]),
        ("0,0.5,0.5,0.25,0.5,0.9", ["label-separator", "label-extra-columns"]),
        ("0 0.375 0.25 0.625 0.3 0.5 0.75", ["label-polygon"]),
        ("0 0.375 0.25 0.625 0.25 0.625 0.75 0.375 0.75", ["label-polygon"]),
    ],
)
def test_a_row_that_can_be_read_all_the_same_is_a_box_with_a_problem(
    tmp_path: Path, row: str, codes: list[str]
) -> None:
    image = read(write_yolo(tmp_path, {"train/a": f"1 0.5 0.5 0.1 0.1\n{row}\n"})).images[0]
    assert BOX == image.boxes[1]
    assert [(code, 2, 1) for code in codes] == [(one.code, one.line, one.box) for one in image.problems]


def test_spaces_at_both_ends_and_between_are_no_problem(tmp_path: Path) -> None:
    image = read(write_yolo(tmp_path, {"train/a": "  0  0.5 0.5 0.25   0.5  \n+0 .5 5e-1 0.25 0.5\n"})).images[0]
    assert ((BOX, BOX), ()) == (image.boxes, image.problems)


def test_class_ids_that_start_at_one_are_reported_once(tmp_path: Path) -> None:
    found = read(write_yolo(tmp_path, {"train/a": "1 0.5 0.5 0.1 0.1\n", "train/b": "2 0.5 0.5 0.1 0.1\n"}))
    assert ["class-ids-from-one", "class-unknown"] == found.codes


@pytest.mark.parametrize("rows", ["0 0.5 0.5 0.1 0.1\n2 0.5 0.5 0.1 0.1\n", "1 0.5 0.5 0.1 0.1\n"])
def test_other_class_ids_are_not_taken_to_start_at_one(tmp_path: Path, rows: str) -> None:
    assert "class-ids-from-one" not in read(write_yolo(tmp_path, {"train/a": rows})).codes


def test_rows_of_a_damaged_image_are_checked_and_are_no_boxes(tmp_path: Path) -> None:
    write_yolo(tmp_path, {"train/a": f"{GOOD}x\n0 0.5 0.5 0.1 0.1 0.9\n"})
    (tmp_path / "images/train/a.png").write_bytes(b"no image")
    image = read(tmp_path).images[0]
    expected = [("label-fields", 2, None), ("label-extra-columns", 3, None)]
    assert ((), ()) == (image.boxes, image.lines)
    assert expected == [(problem.code, problem.line, problem.box) for problem in image.problems]


def test_label_file_that_is_not_text_is_reported(tmp_path: Path) -> None:
    write_yolo(tmp_path, {"train/a": GOOD})
    (tmp_path / "labels/train/a.txt").write_bytes(b"0 0.5 \xff\xfe")
    problem = read(tmp_path).images[0].problems[0]
    assert ("label-encoding", "it is not UTF-8 text (invalid start byte)") == (problem.code, problem.message)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_byte_order_mark_and_any_line_ends_are_read(tmp_path: Path, end: str) -> None:
    write_yolo(tmp_path, {"train/a": GOOD})
    text = f"\ufeff0 0.5 0.5 0.25 0.5{end}1 0.5 0.5 0.25 0.5{end}"
    (tmp_path / "labels/train/a.txt").write_bytes(text.encode())
    image = read(tmp_path).images[0]
    assert ((1, 2), ()) == (image.lines, image.problems)


def test_an_image_listed_again_is_taken_once_and_reported(tmp_path: Path) -> None:
    write_yolo(tmp_path, {"train/a": GOOD})
    write_text(tmp_path / "data.yaml", "names: [cup]\ntrain: [images/train, images/../images]\n")
    found = read(tmp_path)
    expected = Problem("listed-twice", "images/train/a.png is listed again", "data.yaml", 2)
    assert (1, (expected,)) == (len(found.images), found.findings)


def test_an_image_of_two_splits_is_reported_and_stays_in_the_first(tmp_path: Path) -> None:
    write_yolo(tmp_path, {"train/a": GOOD})
    write_text(tmp_path / "data.yaml", "names: [cup]\ntrain: images/train\nval: images/train\n")
    found = read(tmp_path)
    expected = Problem("split-conflict", "images/train/a.png is listed in val, but in train too", "data.yaml", 3)
    assert (["train"], (expected,)) == ([image.split for image in found.images], found.findings)


def test_what_is_listed_and_not_there_is_reported_with_its_line(tmp_path: Path) -> None:
    write_yolo(tmp_path, {"train/a": GOOD})
    write_text(tmp_path / "list.txt", "images/train/a.png\nimages/train/gone.png\nlist.txt\n")
    write_text(tmp_path / "data.yaml", "names: [cup]\ntrain: list.txt\nval: [nowhere, data.yaml]\n")
    found = read(tmp_path)
    expected = [
        ("image-missing", "list.txt:2: 'images/train/gone.png' does not exist"),
        ("image-unreadable", "list.txt:3: 'list.txt' is not an image"),
        ("image-missing", "data.yaml:3: val: 'nowhere' does not exist"),
        ("image-missing", "data.yaml:3: val: 'data.yaml' is neither a folder nor a .txt list of images"),
    ]
    assert 1 == len(found.images)
    for (code, message), problem in zip(expected, found.findings, strict=True):
        assert code == problem.code
        assert str(problem).startswith(message)


def test_nothing_outside_of_the_folder_is_read(tmp_path: Path) -> None:
    write_yolo(tmp_path / "other", {"train/secret": GOOD})
    write_yolo(tmp_path / "set", {"train/a": GOOD, "train/b": GOOD, "train/c": GOOD})
    (tmp_path / "set/images/train/b.png").unlink()
    (tmp_path / "set/images/train/b.png").symlink_to("../../../other/images/train/secret.png")
    (tmp_path / "set/labels/train/c.txt").unlink()
    (tmp_path / "set/labels/train/c.txt").symlink_to("../../../other/labels/train/secret.txt")
    write_text(tmp_path / "set/list.txt", f"../other/images/train/secret.png\n{tmp_path}/other/data.yaml\n")
    content = {"train": ["images/train", "list.txt", "../other/images/train"], "names": ["cup"]}
    write_text(tmp_path / "set/data.yaml", yaml.safe_dump(content))
    found = read(tmp_path / "set")
    assert [("train/a", 1), ("train/c", 0)] == [(image.image_id, len(image.boxes)) for image in found.images]
    places = [
        problem.place for problem in (*found.findings, *found.images[1].problems) if problem.code == "path-escapes"
    ]
    expected = ["images/train/b.png", "list.txt:1", "list.txt:2", "data.yaml:6", "labels/train/c.txt"]
    assert expected == places


def test_a_link_inside_of_the_folder_is_followed(tmp_path: Path) -> None:
    write_yolo(tmp_path, {"train/a": GOOD})
    (tmp_path / "store").mkdir()
    for file in ("images/train/a.png", "labels/train/a.txt"):
        moved = (tmp_path / file).rename(tmp_path / "store" / Path(file).name)
        (tmp_path / file).symlink_to(moved)
    found = read(tmp_path)
    assert ((BOX,), []) == (found.images[0].boxes, found.codes)


def test_a_label_that_is_no_file_is_reported(tmp_path: Path) -> None:
    write_yolo(tmp_path, {"train/a": GOOD, "train/b": GOOD})
    for name in ("a", "b"):
        (tmp_path / f"labels/train/{name}.txt").unlink()
    (tmp_path / "labels/train/a.txt").mkdir()
    (tmp_path / "labels/train/b.txt").symlink_to("gone.txt")
    assert ["label-malformed", "label-malformed"] == read(tmp_path).codes


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("train: images/train\n", "names must list the classes, not None"),
        ("train: images/train\nnames: {0: cup, 2: jar}\n", "names must count its ids from 0 without a gap"),
        ("train: images/train\nnames: [cup, cup]\n", "data.yaml:2: names repeats 'cup'"),
        ("train: images/train\nnames: [yes, no]\n", "class 0 has no name but True; put it in quotes"),
        ("train: images/train\nnames: [cup, '']\n", "class 1 has no name but ''"),
        ('train: images/train\nnames: ["\\ud800"]\n', "class 0 has no name but '\\ud800'"),
        (f"train: images/train\nnames: [0x{'f' * 9999}]\n", "class 0 has no name but a int"),
        ("train: images/train\nnames: [cup]\nnc: 2\n", "names holds 1 classes, but nc is 2"),
        ("names: [cup]\n", "data.yaml names no image"),
        ("names: [cup]\ntrain: images/nothing\n", "data.yaml names no image"),
        ("train: [\n", "data.yaml:2: "),
        ("names: 2024-13-45\n", "is not a plain YAML mapping"),
        ("names: !!int ''\n", "is not a plain YAML mapping"),
        ("names: " + 1000 * "[", "is not a plain YAML mapping"),
        ("a: &a [cup]\nb: [*a, *a]\n", "data.yaml:2 uses a YAML alias (*a)"),
    ],
)
def test_bad_data_yaml_is_refused(tmp_path: Path, content: str, reason: str) -> None:
    write_yolo(tmp_path, {"train/a": GOOD})
    (tmp_path / "images/nothing").mkdir()
    write_text(tmp_path / "data.yaml", content)
    assert reason in refusal(tmp_path)


def test_a_folder_without_data_yaml_is_refused(tmp_path: Path) -> None:
    assert "holds no data.yaml" in refusal(tmp_path)


SIDES = st.integers(1, 10_000)
SHARES = st.floats(0.0, 1.0).map(lambda share: round(share, 12))


@st.composite
def boxes(draw: st.DrawFn) -> tuple[Box, int, int]:
    """Any box inside of an image of any size, and that size; corners are any doubles that are not next to nothing."""
    width, height = draw(SIDES), draw(SIDES)
    x = sorted(draw(SHARES) * width for _ in range(2))
    y = sorted(draw(SHARES) * height for _ in range(2))
    return Box(draw(st.sampled_from(CLASSES)), x[0], y[0], x[1], y[1]), width, height


@given(box_and_size=boxes())
def test_writing_and_reading_a_row_are_inverse(box_and_size: tuple[Box, int, int]) -> None:
    box, width, height = box_and_size
    assert box == parse_row(format_row(box, CLASSES.index(box.class_name), width, height), CLASSES, width, height)


@given(box_and_size=st.lists(boxes(), max_size=5).filter(lambda many: len({one[1:] for one in many}) < 2))
def test_writing_and_reading_a_file_are_inverse(box_and_size: list[tuple[Box, int, int]]) -> None:
    written = [format_row(box, CLASSES.index(box.class_name), width, height) for box, width, height in box_and_size]
    width, height = box_and_size[0][1:] if box_and_size else (1, 1)
    rows = read_rows("\n".join(written), CLASSES, width, height, set())
    assert ([box for box, _, _ in box_and_size], []) == (rows.boxes, rows.complaints)


def test_rows_are_written_no_longer_than_they_need_be() -> None:
    row = "0 0.512345 0.500001 0.25 0.333333"
    assert row == format_row(parse_row(row, CLASSES, 641, 479), 0, 641, 479)


DIGITS = st.from_regex(r"[0-9]{0,2}\.[0-9]{1,25}", fullmatch=True)


@given(fields=st.tuples(DIGITS, DIGITS, DIGITS, DIGITS), width=SIDES, height=SIDES)
def test_corners_are_the_doubles_nearest_to_what_the_digits_say(
    fields: tuple[str, str, str, str], width: int, height: int
) -> None:
    x, y, columns, rows = map(Fraction, fields)
    box = parse_row(" ".join(("1", *fields)), CLASSES, width, height)
    assert (float((x - columns / 2) * width), float((x + columns / 2) * width)) == (box.x_min, box.x_max)
    assert (float((y - rows / 2) * height), float((y + rows / 2) * height)) == (box.y_min, box.y_max)


FIELDS = st.sampled_from(["0", "1", "0.5", "-.5", "7", "nan", "x", "1e999", "0,5", ",", ";", "\t"])
HOSTILE = (
    st.lists(FIELDS, max_size=10).map(" ".join)
    | st.text()
    | st.text(alphabet="0123456789.eE+-nainf \t_,;\r\n")
    | st.text(alphabet="01. ,;\n")
)


def check_nothing_is_lost(text: str, boxes_of: tuple[Box, ...], lines: tuple[int, ...], problems: set[int]) -> None:
    """Assert that every line that holds anything is a box, or has a problem."""
    rows = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    expected = {number for number, row in enumerate(rows, start=1) if row.strip()}
    assert expected == set(lines) | problems
    assert len(boxes_of) == len(lines) == len(set(lines))


@given(text=HOSTILE)
def test_every_line_of_any_text_is_a_box_or_a_complaint(text: str) -> None:
    rows = read_rows(text, CLASSES, 640, 480, set())
    check_nothing_is_lost(text, tuple(rows.boxes), tuple(rows.lines), {line for _, _, line, _ in rows.complaints})
    assert {code for code, _, _, _ in rows.complaints} <= set(KINDS)
    assert "nan" not in str(rows.boxes)
    assert "inf" not in str(rows.boxes)


WRITTEN = (GOOD + "1 0.123456 0.654321 0.111111 0.222222\n" + GOOD).encode()


@st.composite
def damaged(draw: st.DrawFn, content: bytes) -> bytes:
    """`content` cut off, with a flipped bit, or with foreign bytes in it."""
    kind, where = draw(st.integers(0, 2)), draw(st.integers(0, len(content) - 1))
    if kind == 0:
        return content[:where]
    if kind == 1:
        return content[:where] + bytes([content[where] ^ 1 << draw(st.integers(0, 7))]) + content[where + 1 :]
    return content[:where] + draw(st.binary(max_size=20)) + content[where:]


@pytest.fixture(scope="module")
def one_image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_yolo(tmp_path_factory.mktemp("yolo"), {"train/a": GOOD})


@given(content=damaged(WRITTEN) | st.binary(max_size=200))
@settings(deadline=None)
def test_no_damage_to_a_label_loses_a_row_without_a_word(one_image: Path, content: bytes) -> None:
    (one_image / "labels/train/a.txt").write_bytes(content)
    (image,) = read(one_image).images
    codes = {problem.code for problem in image.problems}
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        assert {"label-encoding"} == codes
        return
    assert bool(text.strip()) != ("label-empty" in codes)
    lines = {problem.line for problem in image.problems if problem.line is not None}
    check_nothing_is_lost(text, image.boxes, image.lines, lines)


DATA_YAML = b"path: .\ntrain: images/train\nval: [images/train]\nnc: 2\nnames: {0: cup, 1: jar}\ndownload: 'touch x'\n"


@given(content=damaged(DATA_YAML) | st.binary(max_size=100) | HOSTILE.map(lambda text: text.encode(errors="ignore")))
@settings(deadline=None)
def test_no_data_yaml_leads_to_anything_but_a_problem_or_a_refusal(one_image: Path, content: bytes) -> None:
    whole = one_image / "data.yaml"
    kept = whole.read_bytes()
    whole.write_bytes(content)
    try:
        found = read(one_image)
    except InputError as error:
        assert error.message
    else:
        assert found.images or found.codes
    finally:
        whole.write_bytes(kept)


def test_grocery_shelf_is_read_in_full(shared_folder: Path) -> None:
    found = read(shared_folder / "datasets/grocery_shelf")
    splits = [image.split for image in found.images]
    assert (240, 23, 16) == (splits.count("train"), splits.count("val"), splits.count("test"))
    assert 3470 == sum(len(image.boxes) for image in found.images)
    assert 34 * ["label-empty"] == found.codes
    assert "CC BY 4.0" == found.source.about["licence"]
