"""What changed between two versions."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings

from headway.contracts.dataset import Box
from headway.contracts.problem import Problem
from headway.contracts.problems import sorted_problems
from headway.data.diff import (
    BoxChange,
    Count,
    DatasetDiff,
    ImagePair,
    Version,
    diff_datasets,
    match_boxes,
    match_images,
)
from tests.data.versions import CAN, image, version, versions

LEAK = Problem("leak-duplicate", "a (train) and b (test) are equal", "images/a", image_id="a", others=("b",))


def test_images_are_matched_by_their_bytes_before_their_id() -> None:
    old = [image("a", content="1"), image("b", content="2")]
    new = [image("a", content="2"), image("b", content="3"), image("c", content="1")]

    pairs = [(one.image_id, other.image_id) for one, other in match_images(old, new)]

    assert [("b", "a"), ("a", "c")] == pairs, "b's bytes are a's now; nothing of the old version is left for the new b"


def test_of_several_copies_the_one_with_the_same_id_is_matched() -> None:
    old = [image("a", content="1"), image("b", content="1")]

    assert [("b", "b")] == [(one.image_id, other.image_id) for one, other in match_images(old, old[1:])]


def test_images_added_removed_moved_renamed_and_replaced_are_told_apart() -> None:
    old = version(image("gone"), image("moved"), image("named", content="1"), image("touched", content="2"))
    new = version(
        image("new", CAN, split="val"),
        image("moved", split="test"),
        image("renamed", content="1"),
        image("touched", content="3"),
    )

    diff = diff_datasets(old, new)

    assert [("new", "val", 1)] == [(one.image_id, one.split, one.boxes) for one in diff.added]
    assert ["gone"] == [one.image_id for one in diff.removed]
    assert (ImagePair("moved", "moved", "train", "test"),) == diff.moved
    assert (ImagePair("named", "renamed", "train", "train"),) == diff.renamed
    assert (ImagePair("touched", "touched", "train", "train"),) == diff.replaced
    assert {"train": Count(4, 2), "val": Count(0, 1), "test": Count(0, 1)} == diff.images


def test_an_added_copy_names_the_image_whose_bytes_it_has() -> None:
    old = version(image("a", content="1", split="test"))
    new = version(image("a", content="1", split="test"), image("copy", content="1"))

    (copy,) = diff_datasets(old, new).copies_added

    assert ("copy", ["a"]) == (copy.image.image_id, [one.image_id for one in copy.originals])


def test_boxes_are_counted_for_each_class() -> None:
    diff = diff_datasets(version(image("a", CAN)), version(image("a", CAN), image("b", CAN, CAN)))

    assert {"can": Count(1, 3), "bottle": Count(0, 0), "jar": Count(0, 0)} == diff.boxes


def test_new_gone_and_renumbered_classes_are_told_apart() -> None:
    diff = diff_datasets(version(classes=("can", "jar", "box")), version(classes=("jar", "can", "bag")))

    assert (("bag",), ("box",), ("jar", "can")) == (diff.new_classes, diff.gone_classes, diff.renumbered_classes)
    assert {"jar": (1, 0), "can": (0, 1), "bag": (None, 2), "box": (2, None)} == diff.class_ids


@pytest.mark.parametrize(
    ("now", "kind"),
    [
        (replace(CAN, class_name="jar"), "class"),
        (replace(CAN, x_max=31.0), "moved"),
        (replace(CAN, x_max=31.0, class_name="jar"), "class"),
    ],
)
def test_a_label_at_the_same_place_is_the_same_object(now: Box, kind: str) -> None:
    (change,) = match_boxes(image("a", CAN), image("a", now))

    assert (kind, CAN, now) == (change.kind, change.before, change.now)


def test_labels_that_hardly_overlap_are_two_objects() -> None:
    far = replace(CAN, x_min=25.0, x_max=45.0)

    assert [BoxChange("a", None, far), BoxChange("a", CAN, None)] == match_boxes(image("a", CAN), image("a", far))


def test_of_equal_boxes_only_the_surplus_is_a_change() -> None:
    assert [BoxChange("a", CAN, None)] == match_boxes(image("a", CAN, CAN), image("a", CAN))


def test_labels_are_compared_on_images_of_equal_bytes_only() -> None:
    diff = diff_datasets(version(image("a", CAN, content="1")), version(image("a", content="2")))

    assert () == diff.relabelled


def test_a_problem_that_only_moved_to_another_line_is_the_same() -> None:
    old = Problem("box-tiny", "3 px2", "labels/a.txt", 3, image_id="a")
    diff = diff_datasets(version(problems=(old,)), version(problems=(replace(old, line=9), LEAK)))

    assert ((LEAK,), ()) == (diff.problems_added, diff.problems_removed)
    assert {"box-tiny": Count(1, 1), "leak-duplicate": Count(0, 1)} == diff.problems


@settings(max_examples=60)
@given(versions)
def test_nothing_changed_between_a_version_and_itself(one: Version) -> None:
    diff = diff_datasets(one, one)

    assert diff.empty
    assert not any((diff.added, diff.removed, diff.moved, diff.renamed, diff.replaced, diff.relabelled, diff.class_ids))


@settings(max_examples=60)
@given(versions, versions)
def test_the_way_back_mirrors_the_way_there(one: Version, other: Version) -> None:
    assert comparable(diff_datasets(other, one)) == comparable(mirrored(diff_datasets(one, other)))


@settings(max_examples=60)
@given(versions, versions)
def test_every_image_is_added_removed_or_in_both(one: Version, other: Version) -> None:
    diff = diff_datasets(one, other)
    before, now = ({record.image_id for record in side.dataset.records} for side in (one, other))

    assert len(now) - len(before) == len(diff.added) - len(diff.removed)
    assert {entry.image_id for entry in diff.added} <= now
    assert {entry.image_id for entry in diff.removed} <= before


@settings(max_examples=60)
@given(versions, versions)
def test_an_empty_diff_means_equal_data(one: Version, other: Version) -> None:
    assert diff_datasets(one, other).empty == (
        one.dataset.digest == other.dataset.digest and without_lines(one.problems) == without_lines(other.problems)
    )


def without_lines(problems: tuple[Problem, ...]) -> list[Problem]:
    return sorted_problems(replace(one, line=None) for one in problems)


def mirrored(diff: DatasetDiff) -> DatasetDiff:
    """Return the diff with before and now swapped."""
    id_before = {pair.id_now: pair.id_before for pair in diff.renamed}
    return replace(
        diff,
        digest_before=diff.digest_now,
        digest_now=diff.digest_before,
        images={name: Count(count.now, count.before) for name, count in diff.images.items()},
        boxes={name: Count(count.now, count.before) for name, count in diff.boxes.items()},
        class_ids={name: (now, before) for name, (before, now) in diff.class_ids.items()},
        added=diff.removed,
        removed=diff.added,
        copies_added=diff.copies_removed,
        copies_removed=diff.copies_added,
        moved=tuple(map(swapped, diff.moved)),
        renamed=tuple(map(swapped, diff.renamed)),
        replaced=tuple(map(swapped, diff.replaced)),
        relabelled=tuple(
            BoxChange(id_before.get(one.image_id, one.image_id), one.now, one.before) for one in diff.relabelled
        ),
        problems={code: Count(count.now, count.before) for code, count in diff.problems.items()},
        problems_added=diff.problems_removed,
        problems_removed=diff.problems_added,
    )


def swapped(pair: ImagePair) -> ImagePair:
    return ImagePair(pair.id_now, pair.id_before, pair.split_now, pair.split_before)


def comparable(diff: DatasetDiff) -> DatasetDiff:
    """Return the diff with lists, whose order follows the ids now, in an order of their own."""
    return replace(
        diff,
        moved=tuple(sorted(diff.moved, key=repr)),
        renamed=tuple(sorted(diff.renamed, key=repr)),
        replaced=tuple(sorted(diff.replaced, key=repr)),
        relabelled=tuple(sorted(diff.relabelled, key=repr)),
    )
