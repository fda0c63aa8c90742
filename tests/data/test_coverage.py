"""Which splits and classes cannot be learnt or scored."""

from __future__ import annotations

from collections import Counter

import pytest

from headway.contracts.dataset import ALL_SPLITS, SPLITS, Split
from headway.contracts.problem import Problem
from headway.data.coverage import check_coverage
from headway.data.survey import Seen

BOTH = ("cup", "jar")


def checked(*images: tuple[Split, tuple[str, ...]], min_boxes: int = 1) -> list[tuple[str, str]]:
    seen = [
        Seen(str(number), "", "", None, None, "RGB", None, None, tuple(sorted(Counter(names).items())))
        for number, (_, names) in enumerate(images)
    ]
    splits = {str(number): split for number, (split, _) in enumerate(images)}
    problems = check_coverage(seen, splits, BOTH, min_boxes)
    assert [Problem(problem.code, problem.message) for problem in problems] == problems
    return [(problem.code, problem.message) for problem in problems]


def test_sound_splits_have_no_problem() -> None:
    assert [] == checked(("train", BOTH), ("val", BOTH), ("test", BOTH))


def test_splits_without_images_are_named() -> None:
    assert [
        ("split-empty", "val has no image, so nothing can be chosen by its score"),
        ("split-empty", "test has no image, so nothing can be scored"),
    ] == checked(("train", BOTH))


@pytest.mark.parametrize(
    ("bare", "message"),
    [
        ("train", "train has no box, so nothing can be learnt"),
        ("val", "val has no box, so nothing can be chosen by its score"),
        ("test", "test has no box, so nothing can be scored"),
    ],
)
def test_a_split_without_boxes_is_named(bare: Split, message: str) -> None:
    images: list[tuple[Split, tuple[str, ...]]] = [(split, () if split == bare else BOTH) for split in SPLITS]
    assert [("split-empty", message)] == checked(*images)


def test_an_image_without_a_split_does_not_count() -> None:
    seen = Seen("a", "", "", None, None, "RGB", None, None, (("cup", 1),))
    assert ["split-empty"] * 3 == [problem.code for problem in check_coverage([seen], {}, BOTH, 1)]


def test_class_that_exists_only_outside_train() -> None:
    found = checked(("train", ("cup",)), ("val", ("cup",)), ("test", BOTH), ("fresh", ("jar", "jar")))
    assert [("class-not-in-train", "class 'jar' has no box in train, but 1 in test and 2 in fresh")] == found


def test_class_that_cannot_be_scored() -> None:
    found = checked(("train", BOTH), ("val", ("cup",)), ("test", ("cup",)))
    assert [("class-not-scored", "class 'jar' has no box in val and test, so it is not scored there")] == found


def test_class_with_few_boxes_to_be_scored_by() -> None:
    found = checked(
        ("train", BOTH), ("val", ("cup", "cup", "jar")), ("test", ("cup", "cup", "jar", "jar")), min_boxes=2
    )
    assert [("class-rare", "class 'jar' has few boxes to be scored by: 1 in val, fewer than 2")] == found


def test_class_without_any_box_is_told_elsewhere() -> None:
    assert [] == checked(*[(split, ("cup",)) for split in ALL_SPLITS])
