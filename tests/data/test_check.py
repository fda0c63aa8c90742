"""What is refused, what is reported, and what is float noise."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.contracts.dataset import SPLITS, Box, ImageRecord, Split
from headway.data.check import box_fault, check_ids, check_splits, clip_noise, keep_good_boxes
from headway.data.findings import Findings
from headway.data.source import Source, SourceImage

WIDTH, HEIGHT = 640, 480


def box(x_min: float, y_min: float, x_max: float, y_max: float, name: str = "cup") -> Box:
    return Box(name, x_min, y_min, x_max, y_max)


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (box(504, 337, 504, 337), "cup box (504, 337, 504, 337) has no area"),
        (box(10, 10, 20, 10), "cup box (10, 10, 20, 10) has no area"),
        (box(20, 10, 10, 20), "cup box (20, 10, 10, 20) has no area"),
        (box(-5, 10, 20, 20), "cup box (-5, 10, 20, 20) reaches out of the image (640 x 480)"),
        (box(10, 10, 20, 480.5), "cup box (10, 10, 20, 480.5) reaches out of the image (640 x 480)"),
        (box(700, 10, 720, 20), "cup box (700, 10, 720, 20) reaches out of the image (640 x 480)"),
    ],
)
def test_bad_box_is_named_with_its_corners(bad: Box, reason: str) -> None:
    assert reason == box_fault(bad, WIDTH, HEIGHT)


def test_box_that_fills_the_image_is_good() -> None:
    assert box_fault(box(0, 0, WIDTH, HEIGHT), WIDTH, HEIGHT) is None


def test_noise_outside_the_image_is_clipped() -> None:
    noisy = box(-1e-9, -1e-4, WIDTH + 1e-3, HEIGHT + 1e-12)
    assert box_fault(noisy, WIDTH, HEIGHT) is None
    assert box(0, 0, WIDTH, HEIGHT) == clip_noise(noisy, WIDTH, HEIGHT)


@given(corners=st.tuples(*[st.floats(-2000, 2000)] * 4))
def test_a_kept_box_lies_inside_and_has_area(corners: tuple[float, float, float, float]) -> None:
    candidate = box(*corners)
    if box_fault(candidate, WIDTH, HEIGHT) is None:
        kept = clip_noise(candidate, WIDTH, HEIGHT)
        assert 0 <= kept.x_min < kept.x_max <= WIDTH
        assert 0 <= kept.y_min < kept.y_max <= HEIGHT


def image(*boxes: Box, image_id: str = "a") -> SourceImage:
    places = tuple(f"a.txt:{line}" for line, _ in enumerate(boxes, start=1))
    return SourceImage(image_id, Path(f"{image_id}.png"), boxes, places, None)


def test_fail_names_each_bad_box_as_a_fault() -> None:
    findings = Findings()
    keep_good_boxes(image(box(0, 0, 9, 9), box(5, 5, 5, 5)), (WIDTH, HEIGHT), findings, drop=False)
    assert ["a.txt:2: cup box (5, 5, 5, 5) has no area"] == findings.faults


def test_drop_keeps_the_good_boxes_and_reports_the_others() -> None:
    findings = Findings()
    kept = keep_good_boxes(image(box(5, 5, 5, 5), box(0, 0, 9, 9)), (WIDTH, HEIGHT), findings, drop=True)
    assert (box(0, 0, 9, 9),) == kept
    assert Findings(problems=["a.txt:1: cup box (5, 5, 5, 5) has no area; dropped"]) == findings


def test_empty_source_is_a_fault() -> None:
    findings = Findings()
    check_ids(Source("yolo", ("cup",), ()), findings)
    assert ["no image was found"] == findings.faults


def test_shared_ids_are_a_fault() -> None:
    findings = Findings()
    check_ids(Source("yolo", ("cup",), (image(), image(image_id="b"), image())), findings)
    assert ["2 images have the id 'a': a.png, a.png; rename all but one"] == findings.faults


def record(split: Split, *names: str) -> ImageRecord:
    boxes = tuple(box(0, 0, 9, 9, name) for name in names)
    return ImageRecord(f"{split}/a", "", "", WIDTH, HEIGHT, split, boxes, "")


def checked(*records: ImageRecord) -> Findings:
    findings = Findings()
    check_splits(records, ("cup", "jar"), findings)
    return findings


def test_sound_splits_have_no_findings() -> None:
    both = ("cup", "jar")
    assert Findings() == checked(record("train", *both), record("val", *both), record("test", *both))


def test_empty_splits_are_faults() -> None:
    assert ["val has no image", "test has no image"] == checked(record("train", "cup", "jar")).faults


@pytest.mark.parametrize(
    ("bare", "fault"),
    [
        ("train", "train has no box, so nothing can be learnt"),
        ("val", "val has no box, so nothing can be chosen by its score"),
        ("test", "test has no box, so nothing can be scored"),
    ],
)
def test_a_split_without_boxes_is_a_fault(bare: Split, fault: str) -> None:
    records = [record(split) if split == bare else record(split, "cup", "jar") for split in SPLITS]
    assert [fault] == checked(*records).faults


def test_class_that_exists_only_outside_train_is_a_fault() -> None:
    findings = checked(record("train", "cup"), record("val", "cup"), record("test", "cup", "jar"))
    assert ["class 'jar' has no box in train, but 1 in test"] == findings.faults


def test_class_that_cannot_be_scored_is_reported() -> None:
    findings = checked(record("train", "cup", "jar"), record("val", "cup"), record("test", "cup"))
    assert ["class 'jar' has no box in val and test, so it is not scored there"] == findings.problems


def test_class_without_boxes_is_reported() -> None:
    findings = checked(record("train", "cup"), record("val", "cup"), record("test", "cup"))
    assert Findings(problems=["class 'jar' has no box at all"]) == findings
