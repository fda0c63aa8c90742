"""Headway's own records, on real files."""

from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from headway.contracts.canonical import sha256_file
from headway.data.readers.records import Record, is_records, label_digest, write_records
from headway.errors import InputError
from tests.data.readers.formats import HEIGHT, SETS, SPOILED, SPOILS, WIDTH, WRITERS, Row, read, spoil


def write(folder: Path, rows: dict[str, list[Row]], format: str = "coco", **change: Any) -> Path:
    """Write a set, read it, and write its records to `folder`/records.jsonl."""
    opened = read(format, WRITERS[format](folder / format, rows))
    path = folder / "records.jsonl"
    records = [
        replace(record, image=replace(record.image, **change)) if change else record
        for record in (Record(image, sha256_file(image.path), WIDTH, HEIGHT) for image in opened.images)
    ]
    write_records(path, opened.source, records, opened.source.classes, root=format)
    return path


def test_records_are_found_by_their_header(tmp_path: Path) -> None:
    assert is_records(write(tmp_path, SPOILED))


def test_split_group_labels_and_lines_come_back(tmp_path: Path) -> None:
    image = read("records", write(tmp_path, SPOILED, split="val", group="monday")).images[0]

    assert ("val", "monday", "annotations/instances_train.json") == (image.split, image.group, image.labels)
    assert len(image.boxes) == len(image.lines) and all(image.lines)


def test_images_carry_their_digest(tmp_path: Path) -> None:
    for image in read("records", write(tmp_path, SPOILED)).images:
        assert sha256_file(image.path) == image.sha256


def test_about_and_classes_come_back(tmp_path: Path) -> None:
    source = read("records", write(tmp_path, SPOILED)).source

    assert (("cup", "jar"), 2) == (source.classes, source.total)


def test_equal_data_give_equal_bytes(tmp_path: Path) -> None:
    assert write(tmp_path / "a", SPOILED).read_bytes() == write(tmp_path / "b", SPOILED).read_bytes()


def test_data_set_may_be_moved(tmp_path: Path) -> None:
    path = write(tmp_path, SPOILED)
    (tmp_path / "coco").rename(tmp_path / "elsewhere")
    path.write_text(path.read_text().replace('"root":"coco"', '"root":"elsewhere"'))

    assert [] == read("records", path).problems


def test_missing_image_is_a_problem(tmp_path: Path) -> None:
    path = write(tmp_path, SPOILED)
    (tmp_path / "coco/train/0.png").unlink()

    assert "records.jsonl:2" == read("records", path).one("image-missing").place


def test_link_that_leads_outside_is_a_problem(tmp_path: Path) -> None:
    path = write(tmp_path, SPOILED)
    (tmp_path / "coco/train/0.png").rename(tmp_path / "secret.png")
    (tmp_path / "coco/train/0.png").symlink_to(tmp_path / "secret.png")

    assert "records.jsonl:2" == read("records", path).one("path-escapes").place


def test_file_that_leads_outside_is_a_problem(tmp_path: Path) -> None:
    path = write(tmp_path, SPOILED)
    (tmp_path / "coco/train/0.png").rename(tmp_path / "0.png")
    path.write_text(path.read_text().replace('"file":"train/0.png"', '"file":"../0.png"'))

    assert "path-escapes" in read("records", path).codes


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('["cup",1.5,', '["cup",1.25,'),
        ('["cup",1.5,', '["cup",NaN,'),
        ('["cup",1.5,', '["cup",'),
        ('"split":"train"', '"split":"holdout"'),
        ('"sha256"', '"sha255"'),
        ('"classes":["cup","jar"]', '"classes":["jar","cup"]'),
        ('"boxes":[]', '"boxes":3'),
    ],
)
def test_edit_is_a_problem(before: str, after: str, tmp_path: Path) -> None:
    path = write(tmp_path, SPOILED, split="train")
    text = path.read_text()
    assert before in text
    head, _, lines = text.partition("\n")
    edited = (
        text.replace(before, after)
        if before in head and "classes" in before
        else f"{head}\n{lines.replace(before, after)}"
    )
    path.write_text(edited)

    assert "label-malformed" in read("records", path).codes


def test_missing_line_is_a_problem(tmp_path: Path) -> None:
    path = write(tmp_path, SPOILED)
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))

    assert "1 lines that are not the 2 that were written" in read("records", path).one("label-malformed").message


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "x"},
        {"schema_version": 2},
        {"classes": None},
        {"sha256": 3},
        {"root": "\0"},
        {"about": {"a": "\ud800"}},
    ],
)
def test_other_header_is_refused(change: dict[str, Any], tmp_path: Path) -> None:
    path = write(tmp_path, SPOILED)
    head, _, lines = path.read_text().partition("\n")
    path.write_text(f"{json.dumps(json.loads(head) | change)}\n{lines}")

    assert not is_records(path)
    with pytest.raises(InputError, match=r"records\.jsonl"):
        read("records", path)


@settings(deadline=None, max_examples=15)
@given(SETS)
def test_label_digest_is_that_of_the_data_whatever_the_format(rows: dict[str, list[Row]]) -> None:
    digests = set()
    with tempfile.TemporaryDirectory() as folder:
        for name in WRITERS:
            images = read(name, WRITERS[name](Path(folder, name), rows)).images
            digests.add(label_digest(Record(image, sha256_file(image.path), WIDTH, HEIGHT) for image in images))

    assert 1 == len(digests)


@settings(deadline=None, max_examples=25)
@given(SETS)
def test_boxes_that_are_written_are_read(rows: dict[str, list[Row]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        opened = read("records", write(Path(folder), rows))

    assert {name: tuple(row.box for row in found) for name, found in rows.items()} == {
        image.image_id: image.boxes for image in opened.images
    }
    assert [] == opened.problems


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    path = write(tmp_path_factory.mktemp("records"), SPOILED)
    return path, path.read_bytes()


@settings(deadline=None, max_examples=300)
@given(SPOILS)
def test_any_damage_is_a_problem_or_refused(whole: tuple[Path, bytes], damage: tuple[float, int | None]) -> None:
    path, content = whole
    path.write_bytes(content)
    sound = read("records", path)
    path.write_bytes(spoil(content, *damage))
    try:
        opened = read("records", path)
    except InputError:
        return
    assert opened.problems or sound.images == opened.images
